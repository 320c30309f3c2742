"""Who may do what. Every door asks here: REST, socket, pages, admin, agents' tools."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from sessions_app.actors import Actor
from sessions_app.errors import Denied, Invalid, NotFound
from sessions_app.models import ApiKey, AuditEntry, ChatSession, Incident, Membership, Organization, Role

EVERYBODY = frozenset(Role)
RESPONDERS = frozenset({Role.RESPONDER, Role.APPROVER, Role.COMMANDER})
APPROVERS = frozenset({Role.APPROVER, Role.COMMANDER})
COMMANDERS = frozenset({Role.COMMANDER})
ADMINS = frozenset({Role.ADMIN})

# Entries of the audit trail that tell of an engineer chat.
PRIVATE_ACTION = "engineer_chat."
PRIVATE_ENTRIES = Q(action__startswith=PRIVATE_ACTION)

# verb -> roles that may, and the scope a program's key needs for it (None: never by a key).
_RULES: dict[str, tuple[frozenset[Role], ApiKey.Scope | None]] = {}


def define(verb: str, roles: Iterable[Role], *, scope: ApiKey.Scope | None = None) -> None:
    """Say who may do a verb; an app that adds verbs says it when it gets ready."""
    _RULES[verb] = (frozenset(roles), scope)


define("see", EVERYBODY, scope=ApiKey.Scope.READ)
define("ingest", RESPONDERS | ADMINS, scope=ApiKey.Scope.INGEST)
define("declare", RESPONDERS, scope=ApiKey.Scope.WRITE)
define("change_incident", RESPONDERS)
define("close_incident", COMMANDERS | APPROVERS)
# It ends one incident and the work of its agents, as closing it does.
define("merge_incident", COMMANDERS | APPROVERS)
define("post", RESPONDERS, scope=ApiKey.Scope.WRITE)
define("start_session", RESPONDERS, scope=ApiKey.Scope.WRITE)
define("end_session", RESPONDERS, scope=ApiKey.Scope.WRITE)
define("attach_evidence", RESPONDERS, scope=ApiKey.Scope.WRITE)
# Who looked at evidence, and when: for those who work with it, and who audits.
define("see_custody", RESPONDERS | ADMINS | {Role.AUDITOR})
define("add_indicator", RESPONDERS, scope=ApiKey.Scope.WRITE)
define("write_report", RESPONDERS)
define("see_audit", {Role.ADMIN, Role.AUDITOR})
define("give_feedback", RESPONDERS)
define("share", RESPONDERS)
# What was said in private: an auditor may look, and each look is an entry of the audit trail.
define("audit_private", {Role.AUDITOR})


def role_in(actor: Actor, organization_id: UUID) -> Role | None:
    """Read the actor's role now; a membership that ended a moment ago counts no more."""
    if actor.user is None or not actor.user.is_active:
        return None
    role = (
        Membership.objects.filter(user=actor.user, organization_id=organization_id, active=True, user__is_active=True)
        .values_list("role", flat=True)
        .first()
    )
    return Role(role) if role else None


def roles_of(user_ids: Iterable[UUID]) -> dict[tuple[UUID, UUID], Role]:
    """The same for many people at once: their roles by person and organisation."""
    rows = Membership.objects.filter(user__in=list(user_ids), active=True, user__is_active=True)
    return {(user, home): Role(role) for user, home, role in rows.values_list("user_id", "organization_id", "role")}


def sees_by(role: Role | None, actor: Actor, thing: Model) -> bool:
    """Whether the actor may see it, by a role that has been read before."""
    organization_id = _organization_id(thing)
    return _sees(actor, thing, organization_id, role) and _may(actor, "see", organization_id, role)


def organizations_of(actor: Actor) -> QuerySet[Organization]:
    """The organisations whose things the actor may see."""
    if actor.key is not None:
        return Organization.objects.filter(pk=actor.key.organization_id)
    if actor.user is None:
        return Organization.objects.none()
    return Organization.objects.filter(
        memberships__user=actor.user, memberships__active=True, memberships__user__is_active=True
    )


def organization_for(actor: Actor, named: UUID | None) -> Organization:
    """Where a request that makes something means to make it; with several memberships it must say."""
    if named is not None:
        home = organizations_of(actor).filter(pk=named).first()
        if home is None:
            raise NotFound(_("There is no such organisation."))
        return home
    homes = list(organizations_of(actor).order_by("slug")[:2])
    if len(homes) > 1:
        raise Invalid(_("You belong to several organisations; name one."), details={"field": "organization_id"})
    if not homes:
        raise Denied(_("You belong to no organisation."))
    return homes[0]


def may_read(actor: Actor) -> bool:
    """People read by membership; a program's key needs the scope."""
    return actor.key is None or ApiKey.Scope.READ in actor.key.scopes


def may(actor: Actor, verb: str, organization_id: UUID) -> bool:
    """Agents and the system act through services that judged them before; people and keys are judged here."""
    return _may(actor, verb, organization_id, _role_of_person(actor, organization_id))


def require(actor: Actor, verb: str, thing: Model, *, missing: str = "NOT_FOUND") -> None:
    """Pass, or raise NotFound for what is another's and Denied for what the role does not allow."""
    organization_id = _organization_id(thing)
    role = _role_of_person(actor, organization_id)
    if not _sees(actor, thing, organization_id, role):
        raise NotFound(code=missing)
    if not _may(actor, verb, organization_id, role):
        key, role_says = _("This key does not allow this ({verb})."), _("Your role does not allow this ({verb}).")
        raise Denied((key if actor.key else role_says).format(verb=verb.replace("_", " ")))


def sees(actor: Actor, thing: Model) -> bool:
    """Whether the thing exists as far as the actor is concerned."""
    organization_id = _organization_id(thing)
    return _sees(actor, thing, organization_id, _role_of_person(actor, organization_id))


def visible_sessions(actor: Actor) -> QuerySet[ChatSession]:
    """Sessions the actor may see: the organisation's, engineer chats only by their owner."""
    theirs = Q(owner=actor.user) if actor.in_person else Q(pk=None)
    return ChatSession.objects.filter(organization__in=organizations_of(actor)).filter(
        Q(category=ChatSession.Category.AGENT) | theirs
    )


def auditable_sessions(actor: Actor) -> QuerySet[ChatSession]:
    """Engineer chats that the actor may read as an auditor."""
    homes = [home.pk for home in organizations_of(actor) if actor.in_person and may(actor, "audit_private", home.pk)]
    return ChatSession.objects.filter(category=ChatSession.Category.ENGINEER_CHAT, organization__in=homes)


def visible_audit(actor: Actor, organization: Organization) -> QuerySet[AuditEntry]:
    """The audit trail as the actor may read it: that somebody has an engineer chat is for auditors only."""
    entries = AuditEntry.objects.filter(organization=organization)
    return entries if may(actor, "audit_private", organization.pk) else entries.exclude(PRIVATE_ENTRIES)


def visible_incidents(actor: Actor) -> QuerySet[Incident]:
    return Incident.objects.filter(organization__in=organizations_of(actor))


def _role_of_person(actor: Actor, organization_id: UUID) -> Role | None:
    """Read once for all that is judged by it; keys, agents and the system have none."""
    return role_in(actor, organization_id) if actor.kind == "user" and actor.key is None else None


def _may(actor: Actor, verb: str, organization_id: UUID, role: Role | None) -> bool:
    roles, scope = _RULES[verb]
    if actor.key is not None:
        return actor.key.organization_id == organization_id and scope is not None and scope in actor.key.scopes
    return actor.kind != "user" or role in roles


def _sees(actor: Actor, thing: Model, organization_id: UUID, role: Role | None) -> bool:
    if actor.key is not None:
        visible = actor.key.organization_id == organization_id  # a key that may not read is refused, not blind
    elif actor.kind != "user":
        return True
    else:
        visible = role is not None
    return visible and not _private_to_another(actor, thing)


def _private_to_another(actor: Actor, thing: Model) -> bool:
    session = _session(thing)
    return session is not None and private(session) and (not actor.in_person or session.owner_id != actor.user_id)


def private(thing: Model) -> bool:
    """Whether the thing is, or is part of, an engineer chat."""
    session = _session(thing)
    return session is not None and session.category == ChatSession.Category.ENGINEER_CHAT


def _session(thing: Any) -> ChatSession | None:
    """A session, that of a thing of one, or that of a run's thing."""
    if isinstance(thing, ChatSession):
        return thing
    found = getattr(thing, "session", None) or getattr(getattr(thing, "run", None), "session", None)
    return found if isinstance(found, ChatSession) else None


def _organization_id(thing: Any) -> UUID:
    """An organisation, a thing of one, or a thing of a session or incident of one."""
    if isinstance(thing, Organization):
        return thing.pk
    if (own := getattr(thing, "organization_id", None)) is not None:
        return own
    return _organization_id(getattr(thing, "session", None) or thing.incident)
