"""What every admin page shares: an organisation's admin sees, picks and changes only what is its own.

Rights come from memberships, not from Django's permission rows: the role admin changes, admin and auditor look.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import Field, Model, Q, QuerySet
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse

from sessions_app import actors
from sessions_app.models import ChatSession, Membership, Organization, Role, User
from sessions_app.services import audit

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin  # takes a parameter in the stubs only

# Model -> how its rows lead to their organisation. A model that is not here is for superusers.
SCOPES: dict[type[Model], str] = {Organization: "pk", User: "memberships__organization"}
SECRETS = ("password", "secret_hash", "token_hash", "sealed_key")


def organizations(user: User, *roles: Role) -> QuerySet[Organization]:
    """Where a staff member has one of these roles."""
    theirs = Membership.objects.filter(user=user, active=True, role__in=roles)
    return Organization.objects.filter(pk__in=theirs.values("organization"))


class ScopedAdmin(ModelAdmin):
    """Rows and choices of the staff member's organisations. A superuser sees all but other people's engineer chats."""

    organization_path: ClassVar[str] = "organization"
    # How rows lead to a chat session, where they do; what is said in engineer chats is for auditors.
    session_path: ClassVar[str] = ""
    addable: ClassVar[bool] = False
    changeable: ClassVar[bool] = False
    deletable: ClassVar[bool] = False
    show_full_result_count = False

    def __init__(self, model: type[Model], site: admin.AdminSite) -> None:
        super().__init__(model, site)
        SCOPES.setdefault(model, self.organization_path)

    # --- Rows ---
    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = _within(super().get_queryset(request), self.model, request, Role.ADMIN, Role.AUDITOR)
        return rows.filter(self._not_private(_user(request))) if self.session_path or self._of_sessions else rows

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        # A filter on a hash would tell it digit by digit.
        if any(part in SECRETS for part in lookup.split("__")):
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    @property
    def _of_sessions(self) -> bool:
        return self.model is ChatSession

    def _not_private(self, user: User) -> Q:
        to_session = f"{self.session_path}__" if self.session_path else ""
        public = ~Q(**{f"{to_session}category": ChatSession.Category.ENGINEER_CHAT})
        return public | Q(**{f"{to_session}organization__in": organizations(user, Role.AUDITOR)})

    # --- Choices ---
    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> "ModelChoiceField[Any]":
        kwargs.setdefault("queryset", choices(db_field, request))
        if db_field.name == "organization" and not _user(request).is_superuser:
            kwargs["empty_label"] = None  # most have one: it is chosen already
        return cast("ModelChoiceField[Any]", super().formfield_for_foreignkey(db_field, request, **kwargs))

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> "ModelMultipleChoiceField[Any]":
        kwargs.setdefault("queryset", choices(db_field, request))
        return cast("ModelMultipleChoiceField[Any]", super().formfield_for_manytomany(db_field, request, **kwargs))

    # --- Rights ---
    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allowed(request, obj, Role.ADMIN, Role.AUDITOR)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.addable and self._allowed(request, None, Role.ADMIN)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.changeable and self._allowed(request, obj, Role.ADMIN)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and self._allowed(request, obj, Role.ADMIN)

    def _allowed(self, request: HttpRequest, obj: Any, *roles: Role) -> bool:
        user = _user(request)
        if not (user.is_active and user.is_staff):
            return False
        if user.is_superuser:
            return True
        where = organizations(user, *roles)
        if obj is None:
            return where.exists()
        return where.filter(pk__in=[one.pk for one in homes_of(obj)]).exists()

    # --- What was done here is audited like what is done elsewhere ---
    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit(request, obj, "added", {})
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._audit(request, obj, "changed", {"fields": _changed(message)})
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            self._audit(request, obj, "deleted", {"name": str(obj)})
        return super().log_deletions(request, queryset)

    def _audit(self, request: HttpRequest, obj: Model, verb: str, detail: dict[str, Any]) -> None:
        action = f"{obj._meta.model_name}.{verb}"
        for home in sorted(homes_of(obj), key=lambda one: one.pk):
            audit.append(
                organization_id=home.pk, actor=actors.person(_user(request)), action=action, thing=obj, detail=detail
            )


class RecordAdmin(ScopedAdmin):
    """What happened: to be looked at, never changed."""

    ordering: ClassVar[Any] = ("-pk",)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            self._note_look(request, self.get_object(request, unquote(object_id)))
        return super().change_view(request, object_id, *args, **kwargs)

    def _note_look(self, request: HttpRequest, row: Any) -> None:
        """An auditor may read what was said in private, and leaves a trace."""
        session = row
        for step in filter(None, self.session_path.split("__") if row else ()):
            session = getattr(session, step, None)
        if isinstance(session, ChatSession) and session.category == ChatSession.Category.ENGINEER_CHAT:
            by = actors.person(_user(request))
            detail = {"session_id": str(session.pk)}
            audit.append(
                organization_id=session.organization_id, actor=by, action="engineer_chat.read", thing=row, detail=detail
            )


def choices(db_field: "Field[Any, Any]", request: HttpRequest) -> QuerySet[Any]:
    """What a foreign key may point to; a posted id from elsewhere is no valid choice."""
    model = cast("type[Model]", db_field.remote_field.model)  # type: ignore[union-attr]
    return _within(model._default_manager.all(), model, request, Role.ADMIN)  # what an auditor sees is not for writing


def homes_of(row: Any) -> Iterable[Organization]:
    """The organisations a row belongs to; none for what all share."""
    if isinstance(row, User):
        return Organization.objects.filter(memberships__user=row, memberships__active=True)
    for step in SCOPES[type(row)].split("__"):
        row = row if step == "pk" or row is None else getattr(row, step)
    return [row] if row is not None else []


def _within(rows: QuerySet[Any], model: type[Model], request: HttpRequest, *roles: Role) -> QuerySet[Any]:
    """Those of the organisations where this person has one of the roles."""
    user = _user(request)
    if user.is_superuser:
        return rows
    path = SCOPES.get(model)
    if path is None:
        return rows.none()
    mine = model._default_manager.filter(**{f"{path}__in": organizations(user, *roles)})
    # By a subquery: a join over memberships would give a person once for each.
    return rows.filter(pk__in=mine.values("pk"))


def _changed(message: Any) -> list[str]:
    """The names of the fields; not their values, which may be secret."""
    parts = message if isinstance(message, list) else []
    return [name for part in parts if isinstance(part, dict) for name in part.get("changed", {}).get("fields", [])]


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
