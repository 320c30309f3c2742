"""Engineer chats: a person asks in private about an incident; each question is a round, and a run answers it."""

import hashlib
import re
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from agents_app.models import Run
from agents_app.services import conversation_log, replies, runs
from sessions_app import actors, markdown, permissions
from sessions_app.actors import Actor
from sessions_app.drafts import Draft
from sessions_app.errors import Conflict, Invalid, NotFound, Refused
from sessions_app.models import ChatSession, Incident, Message
from sessions_app.services import audit, incidents, messages, sessions
from sessions_app.services.messages import Posted
from sessions_app.transactions import refusable
from sessions_app.vocabulary import MessageSend

ENGINEER_CHAT = ChatSession.Category.ENGINEER_CHAT
# `@AI question` in a room; the word ends there, so that `@AIR` is no one we know.
ADDRESSED = re.compile(r"\s*@AI(?![\w-])[,:]?\s*", re.IGNORECASE)
PATH_REASON = "an engineer chat"
TITLE = "Private chat: "


# --- Asking -----------------------------------------------------------------------------------------------------------
def send(draft: Draft, *, incident_id: UUID | None, session_id: UUID | None, cause: UUID | None = None) -> Posted:
    """Ask in one's own chat: the one named, else the newest that is open, else a new one."""
    by = draft.by
    # Whether they may still ask is judged where it is posted, under the session's lock.
    chat = session_id or _open_on(incident_id, by)
    if chat is None:
        return _begin_with(incident_for(incident_id, by), draft, cause=cause)
    return _post(chat, draft, incident_id=incident_id, cause=cause)


def begin(*, incident: Incident, by: Actor, title: str = "", cause: UUID | None = None) -> ChatSession:
    """Open a new chat of one's own on an incident; its title tells nothing of what is said in it."""
    permissions.require(by, "ask_privately", incident)
    chat = sessions.create(
        organization=incident.organization, incident_id=incident.pk, category=ENGINEER_CHAT,
        title=title or f"{TITLE}{incident.title}"[:200], activate=True, by=by, cause=cause,
    )  # fmt: skip
    conversation_log.note("begun", chat)
    return chat


def incident_for(incident_id: UUID | None, by: Actor) -> Incident:
    """An incident that the actor may ask about."""
    incident = Incident.objects.select_related("organization").filter(pk__in=[incident_id]).first()
    if incident is None:
        raise NotFound(_("There is no such incident."))
    permissions.require(by, "ask_privately", incident)
    return incident


def own(by: Actor, incident: Incident | None = None) -> QuerySet[ChatSession]:
    """The actor's engineer chats, newest first."""
    mine = permissions.visible_sessions(by).filter(category=ENGINEER_CHAT, owner=by.user)
    return (mine if incident is None else mine.filter(incident=incident)).select_related("agent").order_by("-pk")


# --- What posting asks here -------------------------------------------------------------------------------------------
def elsewhere(session_id: UUID, draft: Draft, *, cause: UUID | None) -> tuple[Message, dict[str, Any]] | None:
    """`@AI ...` in a room of an incident is a question in the writer's own chat; the room never hears of it."""
    body, by = draft.body, draft.by
    if not (match := ADDRESSED.match(body.content)):
        return None
    room = permissions.visible_sessions(by).filter(pk=session_id, category=ChatSession.Category.AGENT).first()
    if room is None or room.incident_id is None:
        return None
    question = body.content[match.end() :]
    if not question.strip():
        raise Invalid(_("Ask something after @AI, such as: @AI what do we know about this address?"))
    asked = body.model_copy(update={"content": question, "execution_mode": "auto", "on_busy": "queue"})
    redrafted = Draft(asked, markdown.render(question), by)
    posted = send(redrafted, incident_id=room.incident_id, session_id=None, cause=cause)
    return posted.message, posted.extra


def before_post(session: ChatSession, body: MessageSend, by: Actor) -> dict[str, Any]:
    """Take a round, or say that there are none left."""
    if session.category != ENGINEER_CHAT or by.kind != "user":
        return {}
    if body.execution_mode not in ("auto", "direct"):
        raise Invalid(_("A private chat is answered directly; it has no modes."), details={"field": "execution_mode"})
    if session.rounds_used >= settings.ENGINEER_CHAT_MAX_ROUNDS:
        refused = _no_rounds(session)
        refused.trace = partial(conversation_log.note, "limit_reached", session)  # what is refused is rolled back
        raise refused
    session.rounds_used += 1  # written with the session's head
    return {"round": session.rounds_used}


def on_post(message: Message, body: MessageSend, by: Actor) -> dict[str, Any] | None:
    """Queue the answer and note the question, in the transaction of the post."""
    session = message.session
    if session.category != ENGINEER_CHAT or by.kind != "user":
        return None
    agent = replies.answering(session)
    if agent is None:
        raise Refused("AGENT_NOT_AVAILABLE", _("Nobody answers here: the organisation has no assistant."))
    reserved = replies.reserve(session, message, body, by)
    replies.make_room(session, body, by)
    run = runs.start(
        session=session, agent=agent, mode=Run.Mode.DIRECT, by=by, prompt=message, config=body.config,
        reserved=reserved, path=Run.Path.DIRECT_LLM, path_reason=PATH_REASON,
    )  # fmt: skip
    _note_message(message, by=by)
    conversation_log.note("asked", session, message=str(message.pk), run=str(run.pk))
    left = settings.ENGINEER_CHAT_MAX_ROUNDS - session.rounds_used
    return {"run_id": str(run.pk), "round": session.rounds_used, "rounds_left": max(0, left)}


# --- When the answer is there, or is not ------------------------------------------------------------------------------
def on_end(run: Run, by: Actor) -> None:
    """Say in the chat what failed and how to go on; keep a hash of what was said. The run is held."""
    if run.session.category != ENGINEER_CHAT:
        return
    if run.status == Run.Status.FAILED:
        _say_what_failed(run)
    for message in run.messages.order_by("seq"):
        _note_message(message, by=actors.SYSTEM)
    tries = Run.objects.filter(prompt=run.prompt_id).count() if run.prompt_id else 1
    what = "answered" if run.status == Run.Status.SUCCEEDED else run.status
    conversation_log.note(what, run.session, run=str(run.pk), tries=tries, error_code=run.error_code)


def _say_what_failed(run: Run) -> None:
    content = f"There is no answer: {run.error} Your question is kept; it can be tried again and costs no round."
    messages.say(
        session=run.session, speaker=actors.SYSTEM, content=content, message_type=Message.Type.ERROR, run_id=run.pk,
        round=run.prompt.round if run.prompt else None,
        metadata={"error_code": run.error_code, "retry_run_id": str(run.pk)},
    )  # fmt: skip


# --- Showing one to the room ------------------------------------------------------------------------------------------
@transaction.atomic
def share(*, message_id: UUID, by: Actor) -> tuple[Message, bool]:
    """Put a message of one's own chat into the incident's room, in one's own name; once. True if it is new there."""
    message, room = _to_share(message_id, by)
    session = sessions.locked(room.pk, by=by, verb="share")
    if there := message.copies.filter(session=session).first():
        return there, False
    sessions.require_open(session)
    origin = {"message_id": str(message.pk), "category": ENGINEER_CHAT.value, "said_by": message.sender_name,
              "sender_type": message.sender_type, "said_at": message.created_at.isoformat()}  # fmt: skip
    told = messages.say(
        session=session, speaker=by, content=message.content, html=message.html, metadata={"shared_from": origin},
        shared_from_id=message.pk,
    )  # fmt: skip
    replies.tell_crew(session, told)
    conversation_log.note("shared", message.session, message=str(message.pk))
    return told, True


def _to_share(message_id: UUID, by: Actor) -> tuple[Message, ChatSession]:
    message = Message.objects.select_related("session__incident__room").filter(pk=message_id).first()
    if message is None or not permissions.sees(by, message):
        raise NotFound(_("There is no such message."))
    permissions.require(by, "share", message)
    incident = message.session.incident
    if message.session.category != ENGINEER_CHAT or incident is None or incident.room is None:
        raise Conflict(_("Only a message of your private chat on an incident can be shared."))
    if message.message_type != Message.Type.TEXT or not message.content:
        raise Conflict(_("There is nothing in this message to share."))
    return message, incident.room


# --- Steps ------------------------------------------------------------------------------------------------------------
@refusable()
def _begin_with(incident: Incident, draft: Draft, *, cause: UUID | None) -> Posted:
    """A chat and its first question, or neither; of two at once the second finds the chat of the first."""
    incidents.lock(incident.pk)
    chat = _open_on(incident.pk, draft.by) or begin(incident=incident, by=draft.by).pk
    return _post(chat, draft, incident_id=incident.pk, cause=cause)


def _open_on(incident_id: UUID | None, by: Actor) -> UUID | None:
    mine = ChatSession.objects.filter(category=ENGINEER_CHAT, owner=by.user, incident=incident_id)
    found = mine.filter(status=ChatSession.Status.ACTIVE).order_by("-pk") if by.in_person else mine.none()
    newest: UUID | None = found.values_list("pk", flat=True).first()
    return newest


def _post(chat: UUID, draft: Draft, *, incident_id: UUID | None, cause: UUID | None) -> Posted:
    own_chat = partial(_require_own, incident_id=incident_id, by=draft.by)
    posted = messages.deliver(draft, session_id=chat, cause=cause, only=own_chat)
    return Posted(posted.message, {"session_id": str(chat), **posted.extra})


def _require_own(chat: ChatSession, *, incident_id: UUID | None, by: Actor) -> None:
    mine = by.in_person and chat.owner_id == by.user_id
    if chat.category != ENGINEER_CHAT or not mine or incident_id not in (None, chat.incident_id):
        raise NotFound(code="SESSION_NOT_FOUND")


def _no_rounds(session: ChatSession) -> Refused:
    most = settings.ENGINEER_CHAT_MAX_ROUNDS
    told = _("This chat has had its {most} rounds. Begin a new one to go on; this one stays readable.")
    return Refused(
        "ROUND_LIMIT_REACHED", told.format(most=most), details={"session_id": str(session.pk), "rounds": most}
    )


def _note_message(message: Message, *, by: Actor) -> None:
    """The audit trail proves what was said without holding it."""
    digest = hashlib.sha256(message.content.encode()).hexdigest()
    detail = {
        "session_id": str(message.session_id),
        "sender_type": message.sender_type,
        "sha256": digest,
    }
    audit.append(
        organization_id=message.session.organization_id, actor=by, action="engineer_chat.message", thing=message,
        detail=detail,
    )  # fmt: skip
