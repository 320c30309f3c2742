"""The admin: people, keys and organisations; and the records, to be looked at."""

from typing import Any, cast

import axes.utils
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from sessions_app import actors
from sessions_app.administration import RecordAdmin, ScopedAdmin, choices, organizations
from sessions_app.models import (
    Alert,
    ApiKey,
    AuditEntry,
    ChatSession,
    Event,
    Evidence,
    Incident,
    Membership,
    Message,
    Organization,
    Role,
    User,
)
from sessions_app.permissions import PRIVATE_ENTRIES
from sessions_app.services import accounts, indicators, participants

admin.site.site_header = admin.site.site_title = "Warroom"
# Rights come from memberships, so groups would only mislead; and the tokens' pages show whole refresh tokens.
admin.site.unregister([BlacklistedToken, Group, OutstandingToken])

OF_ORGANIZATION = ("organization", admin.RelatedOnlyFieldListFilter)
# What makes somebody one who runs the installation: superusers say it, and no organisation's admin.
OF_THE_INSTALLATION = frozenset({"is_staff", "is_superuser"})


@admin.register(Organization)
class OrganizationAdmin(ScopedAdmin):
    organization_path = "pk"
    changeable = True
    list_display = ("name", "slug", "created_at")
    fields = ("name", "slug", "own_networks", "known_names", "blocklist_generation", "engineer_chat_retention_days")
    search_fields = ("name", "slug")

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and {"own_networks", "known_names"} & set(form.changed_data):
            indicators.judge_again(organization=obj, by=actors.person(cast(User, request.user)))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Its name is masked in what the models of all others say: none is to name itself after their words.
        return () if request.user.is_superuser else ("name", "slug")


class NewPerson(AdminUserCreationForm):
    """A new person, and where they belong from the start: without that nobody could see them here."""

    organization = forms.ModelChoiceField(Organization.objects.none())
    role = forms.ChoiceField(choices=Role.choices)


@admin.register(User)
class PersonAdmin(ScopedAdmin, UserAdmin):
    organization_path = "memberships__organization"
    addable = changeable = True
    add_form = NewPerson
    list_display = ("username", "name", "email", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff")
    search_fields = ("username", "name", "email")
    ordering = ("username",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("name", "email", "is_active", "last_login", "date_joined")}),
        (_("Installation"), {"fields": ("is_staff", "is_superuser")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "name", "usable_password", "password1", "password2", "organization", "role")}),
    )
    readonly_fields = ("last_login", "date_joined")
    actions = ("unlock",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who belongs elsewhere too, or runs the installation, is not one organisation's to change."""
        if not super().has_change_permission(request, obj):
            return False
        if obj is None or request.user.is_superuser:
            return True
        mine = set(organizations(request.user, Role.ADMIN).values_list("pk", flat=True))  # type: ignore[arg-type]
        theirs = set(Membership.objects.filter(user=obj).values_list("organization", flat=True))
        return theirs <= mine and not obj.is_superuser

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return found
        # By what is asked in them: their headings are other words in each language.
        return [part for part in found if OF_THE_INSTALLATION.isdisjoint(part[1]["fields"])]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            field = Membership._meta.get_field("organization")
            form.base_fields["organization"] = forms.ModelChoiceField(choices(field, request))
        return form

    @admin.action(description=_("Let the selected people sign in again"), permissions=["change"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End the lock-out of who guessed a password wrong too often."""
        for person in (one for one in queryset if self.has_change_permission(request, one)):
            axes.utils.reset(username=person.username)
            self.log_change(request, person, [{"changed": {"fields": ["sign-in unlocked"]}}])
        self.message_user(request, "They can sign in again.")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            told = form.cleaned_data
            Membership.objects.create(user=obj, organization=told["organization"], role=told["role"])


@admin.register(Membership)
class MembershipAdmin(ScopedAdmin):
    addable = changeable = deletable = True
    list_display = ("user", "organization", "role", "active")
    list_filter = ("role", "active", OF_ORGANIZATION)
    list_select_related = ("user", "organization")
    search_fields = ("user__username", "user__name")
    fields = ("organization", "user", "role", "active")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # To move a membership is to end one and begin another.
        return ("organization", "user") if obj else ()

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.active:
            self._depart(request, obj)

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        super().delete_model(request, obj)
        self._depart(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for membership in queryset:
            self.delete_model(request, membership)

    def _depart(self, request: HttpRequest, ended: Membership) -> None:
        by = actors.person(cast(User, request.user))
        participants.depart(user=ended.user, organization_id=ended.organization_id, by=by)


class KeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=ApiKey.Scope.choices, initial=[ApiKey.Scope.INGEST, ApiKey.Scope.READ],
        widget=forms.CheckboxSelectMultiple, help_text=_("A key never approves, answers, or reads private chats."),
    )  # fmt: skip

    class Meta:
        model = ApiKey
        fields = ("organization", "name", "scopes", "expires_at", "revoked_at")


@admin.register(ApiKey)
class ApiKeyAdmin(ScopedAdmin):
    addable = changeable = True
    form = KeyForm
    list_display = ("name", "prefix", "organization", "may", "expires_at", "revoked_at", "last_used_at")
    list_filter = (OF_ORGANIZATION,)
    list_select_related = ("organization",)
    search_fields = ("name", "prefix")
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Who may only look would see the list as it is stored.
        scopes = "scopes" if self.has_change_permission(request, obj) else "may"
        asked = ("organization", "name", scopes, "expires_at")
        return (*asked, "revoked_at", "prefix", "created_by", "created_at", "last_used_at") if obj else asked

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("organization", "prefix", "created_by", "created_at", "last_used_at", "may") if obj else ()

    @admin.display(description=_("May"))
    def may(self, key: ApiKey) -> str:
        return key.in_words()

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            return super().save_model(request, obj, form, change)
        secret = accounts.fill_key(obj, by=request.user)  # type: ignore[arg-type]
        messages.warning(
            request, _("The key of {name}, shown this once: {secret}").format(name=obj.name, secret=secret)
        )

    @admin.action(description=_("Revoke the selected keys"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset.filter(revoked_at=None):
            key.revoked_at = timezone.now()
            key.save(update_fields=["revoked_at"])
            self.log_change(request, key, [{"changed": {"fields": ["revoked_at"]}}])
        self.message_user(request, "The keys are revoked.")


@admin.register(Incident)
class IncidentAdmin(RecordAdmin):
    list_display = ("title", "severity", "status", "organization", "alert_count", "opened_at", "closed_at")
    list_filter = ("severity", "status", OF_ORGANIZATION)
    list_select_related = ("organization",)
    search_fields = ("title",)


@admin.register(ChatSession)
class ChatSessionAdmin(RecordAdmin):
    list_display = ("__str__", "category", "status", "organization", "owner", "head", "last_active_at")
    list_filter = ("category", "status", OF_ORGANIZATION)
    list_select_related = ("organization", "owner")
    search_fields = ("title",)


@admin.register(Message)
class MessageAdmin(RecordAdmin):
    organization_path = "session__organization"
    session_path = "session"
    list_display = ("session", "seq", "sender_type", "sender_name", "message_type", "status", "created_at")
    list_filter = ("sender_type", "message_type", "status")
    list_select_related = ("session",)
    exclude = ("html",)


@admin.register(Event)
class EventAdmin(RecordAdmin):
    organization_path = "session__organization"
    session_path = "session"
    list_display = ("session", "seq", "type", "actor_kind", "actor_name", "ts")
    list_filter = ("type",)
    list_select_related = ("session",)


@admin.register(Alert)
class AlertAdmin(RecordAdmin):
    list_display = ("title", "source", "severity", "status", "count", "organization", "received_at")
    list_filter = ("source", "severity", "status", OF_ORGANIZATION)
    list_select_related = ("organization",)
    search_fields = ("title",)


@admin.register(Evidence)
class EvidenceAdmin(RecordAdmin):
    organization_path = "incident__organization"
    list_display = ("filename", "incident", "size", "sha256", "uploaded_by", "created_at")
    list_select_related = ("incident", "uploaded_by")
    search_fields = ("filename", "sha256")
    exclude = ("line_index",)


@admin.register(AuditEntry)
class AuditEntryAdmin(RecordAdmin):
    """The trail; entries that tell of somebody's engineer chat are for auditors."""

    list_display = ("seq", "chain", "organization", "at", "actor_name", "action", "object_type", "object_id")
    list_filter = ("action", OF_ORGANIZATION)
    list_select_related = ("organization",)
    search_fields = ("action", "actor_name", "object_id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        mine = organizations(cast(User, request.user), Role.AUDITOR)
        return super().get_queryset(request).filter(~PRIVATE_ENTRIES | Q(organization__in=mine))
