"""The admin: agents, providers and rules of tools; and what was run, to be looked at."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agents_app.models import (
    Agent,
    Approval,
    BlockedIndicator,
    DefaultModel,
    Grant,
    Provider,
    Question,
    Quota,
    Run,
    Runbook,
    ToolCall,
    ToolPolicy,
    UsageRecord,
)
from agents_app.services import configuring, providers, quota_standing, quotas
from sessions_app.administration import RecordAdmin, ScopedAdmin
from sessions_app.errors import Refused

OF_ORGANIZATION = ("organization", admin.RelatedOnlyFieldListFilter)
SEEN = ("has_key", "state", "latency", "last_error")


class AgentForm(forms.ModelForm):
    """Says in the form what a run would only find out when it starts."""

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not self.errors:
            agent = Agent(**{name: told[name] for name in ("organization", "name", "provider", "model", "config")})
            try:
                configuring.decide(agent, session={})
            except Refused as refused:
                field = refused.details.get("field")
                self.add_error("model" if field == "model" else "config", refused.detail)
        return told


class ProviderForm(forms.ModelForm):
    key = forms.CharField(
        required=False, strip=True, widget=forms.PasswordInput(attrs={"autocomplete": "off"}), max_length=500,
        help_text=_("A key of this provider's own. It is kept encrypted and never shown; empty leaves what there is."),
    )  # fmt: skip
    forget_key = forms.BooleanField(required=False, help_text=_("Forget the key that is kept."))


@admin.register(Agent)
class AgentAdmin(ScopedAdmin):
    form = AgentForm
    addable = changeable = True
    list_display = ("name", "role", "organization", "provider", "model", "enabled")
    list_filter = ("role", "enabled", OF_ORGANIZATION)
    list_select_related = ("organization", "provider")
    search_fields = ("name",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "provider":
            kwargs["queryset"] = _own_and_shared(request, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Provider)
class ProviderAdmin(ScopedAdmin):
    """Where models come from: an address and the name of a secret, so only superusers say it."""

    changeable = True
    form = ProviderForm
    list_display = ("name", "kind", "model_type", "organization", "default_model", "enabled", "state", "latency",
                    "last_error")  # fmt: skip
    list_filter = ("kind", "enabled", OF_ORGANIZATION)
    list_select_related = ("organization", "health")
    search_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # An address of one's own with the name of somebody's key would send that key there.
        fixed = ("organization", "name", "kind", "model_type", "base_url", "key_variable")
        # A form takes what it declares from whoever posts it, shown or not, unless it is named here.
        return SEEN if request.user.is_superuser else (*fixed, *ProviderForm.declared_fields, *SEEN)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        told = ["organization", "name", "kind", "model_type", "base_url", "key_variable"]
        own = ["key", "forget_key"] if request.user.is_superuser else []
        return [*told, *own, "offered", "default_model", "config", "enabled", *SEEN]

    @admin.display(description=_("state"))
    def state(self, provider: Provider) -> str:
        health = getattr(provider, "health", None)
        return health.detail if health else gettext("Nobody has looked yet.")

    @admin.display(description=_("latency"))
    def latency(self, provider: Provider) -> str:
        health = getattr(provider, "health", None)
        return f"{health.latency_ms} ms" if health and health.latency_ms is not None else "-"

    @admin.display(description=_("last error"))
    def last_error(self, provider: Provider) -> str:
        health = getattr(provider, "health", None)
        return (
            f"{health.last_error} ({health.last_error_at:%Y-%m-%d %H:%M} UTC)" if health and health.last_error else "-"
        )

    @admin.display(description=_("key of its own"), boolean=True)
    def has_key(self, provider: Provider) -> bool:
        return bool(provider.sealed_key)

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        told = form.cleaned_data
        if told.get("key") or told.get("forget_key"):
            providers.set_key(obj, told.get("key", ""))


@admin.register(DefaultModel)
class DefaultModelAdmin(ScopedAdmin):
    """What agents of an organisation use that name no provider."""

    addable = changeable = deletable = True
    list_display = ("organization", "provider", "model")
    list_select_related = ("organization", "provider")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "provider":
            kwargs["queryset"] = _own_and_shared(request, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(ToolPolicy)
class ToolPolicyAdmin(ScopedAdmin):
    addable = changeable = deletable = True
    list_display = ("tool", "agent", "effect", "organization", "requester_may_decide", "note")
    list_filter = ("effect", OF_ORGANIZATION)
    list_select_related = ("organization", "agent")
    search_fields = ("tool", "note")


@admin.register(Runbook)
class RunbookAdmin(ScopedAdmin):
    """The organisation's own, beside those that come with the product."""

    addable = changeable = deletable = True
    list_display = ("title", "techniques", "enabled", "organization")
    list_filter = ("enabled", OF_ORGANIZATION)
    list_select_related = ("organization",)
    search_fields = ("title", "words", "techniques")


@admin.register(Quota)
class QuotaAdmin(ScopedAdmin):
    """Limits of the whole organisation, of each person, and of single people; nobody is exempt."""

    addable = changeable = deletable = True
    list_display = ("__str__", "used_now", "begins_anew", "organization")
    list_filter = ("quota_type", "period", "whose", OF_ORGANIZATION)
    list_select_related = ("organization", "user")
    fields = ("organization", "whose", "user", "quota_type", "period", "limit", "used_now", "begins_anew")
    readonly_fields = ("used_now", "begins_anew")

    @admin.display(description=_("used now"))
    def used_now(self, quota: Quota) -> str:
        return quota_standing.most_used(quota) if not quota._state.adding else "-"

    @admin.display(description=_("begins anew"))
    def begins_anew(self, quota: Quota) -> str:
        return f"{quota_standing.resets_at(quota):%Y-%m-%d %H:%M} UTC" if not quota._state.adding else "-"

    def save_model(self, request: HttpRequest, obj: Quota, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            quotas.recount(obj)


@admin.register(UsageRecord)
class UsageRecordAdmin(RecordAdmin):
    session_path = "run__session"
    list_display = ("created_at", "organization", "user", "agent_name", "provider_name", "model", "input_tokens",
                    "output_tokens", "estimated", "cost")  # fmt: skip
    list_filter = ("model", "bucket", OF_ORGANIZATION)
    list_select_related = ("organization", "user")


@admin.register(Run)
class RunAdmin(RecordAdmin):
    organization_path = "session__organization"
    session_path = "session"
    list_display = ("id", "session", "agent", "mode", "status", "waiting_for", "error_code", "created_at", "ended_at")
    list_filter = ("mode", "status", "tier")
    list_select_related = ("session", "agent")
    exclude = ("checkpoint",)


@admin.register(ToolCall)
class ToolCallAdmin(RecordAdmin):
    organization_path = "run__session__organization"
    session_path = "run__session"
    list_display = ("tool", "agent_name", "state", "run", "created_at", "ended_at")
    list_filter = ("tool", "state")
    list_select_related = ("run",)


@admin.register(Approval)
class ApprovalAdmin(RecordAdmin):
    session_path = "session"
    list_display = ("tool", "agent_name", "level", "status", "risk", "organization", "decided_by", "decided_at")
    list_filter = ("status", "level", "risk", OF_ORGANIZATION)
    list_select_related = ("organization", "decided_by")


@admin.register(Grant)
class GrantAdmin(RecordAdmin):
    organization_path = "session__organization"
    session_path = "session"
    list_display = ("tool", "agent_name", "session", "uses_left", "expires_at", "given_by", "revoked_at")
    list_select_related = ("session", "given_by")


@admin.register(Question)
class QuestionAdmin(RecordAdmin):
    organization_path = "session__organization"
    session_path = "session"
    list_display = ("asked_by", "session", "status", "answered_by", "expires_at")
    list_filter = ("status",)
    list_select_related = ("session", "answered_by")


@admin.register(BlockedIndicator)
class BlockedIndicatorAdmin(RecordAdmin):
    list_display = ("indicator", "kind", "organization", "until", "unblocked_at", "created_at")
    list_filter = ("kind", OF_ORGANIZATION)
    list_select_related = ("organization",)
    search_fields = ("indicator",)


def _own_and_shared(request: HttpRequest, site: admin.AdminSite) -> QuerySet[Provider]:
    own = site.get_model_admin(Provider).get_queryset(request)
    return Provider.objects.filter(Q(organization=None) | Q(pk__in=own.values("pk")))
