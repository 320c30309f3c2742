"""Where an app above plugs in: this app never imports it. Filled once, in `apps.ready()`.

- `elsewhere`: called by `services.messages.deliver` before anything, with (session id, draft, cause); a message that it
  returns (and fields for the acknowledgement) was posted somewhere else, such as `@AI ...` in a war room, and the room
  hears nothing of it.
- `before_post`: called by `services.messages.deliver` inside its transaction, before the message is written, with
  (session, body, by); may refuse; may return fields of the message, such as its round.
- `on_post`: called by `services.messages.deliver` inside its transaction with (message, body, by); may refuse, and then
  everything is rolled back; may return fields for the acknowledgement, such as `run_id`.
- `on_open`: called by `services.incidents.declare` inside its transaction with (incident, by).
- `on_close`: called inside the transaction that resolves or closes an incident, or ends a session, with (session, by).
- `on_config`: called with (session, config) where a session takes a config, before it is stored (the session may be new
  and not yet stored either); refuses what it can't do, such as a provider nobody has. A message's config is judged by
  `on_post`, which starts the run.
- `busy`: function(session) -> whether agents have something unfinished there; such a session does not expire.
- `prepared`: socket command name -> function(body, by) -> what the command gets as its body: made before the
  transaction, and for a repeat not at all.
- `commands`: socket command name -> function(body, session, by, cause) -> fields of the acknowledgement.
- `snapshot_parts`: name -> function(session) -> JSON value, added to the snapshot of a session.
- `page_parts`: name -> function(session, by) -> value, for the page of a room: what only who looks at it needs.
- `incident_counts`: name -> function(incident ids) -> {incident id: number}, shown in the list of incidents.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol
from uuid import UUID

from sessions_app.actors import Actor
from sessions_app.drafts import Draft
from sessions_app.models import ChatSession, Incident, Message
from sessions_app.vocabulary import MessageSend


class OnPost(Protocol):
    def __call__(self, message: Message, body: MessageSend, by: Actor) -> dict[str, Any] | None: ...


class Preparation(Protocol):
    def __call__(self, body: Any, *, by: Actor) -> Any: ...


class Elsewhere(Protocol):
    def __call__(
        self, session_id: UUID, draft: Draft, *, cause: UUID | None
    ) -> tuple[Message, dict[str, Any]] | None: ...


class Command(Protocol):
    def __call__(self, body: Any, *, session: ChatSession | None, by: Actor, cause: UUID | None) -> dict[str, Any]: ...


elsewhere: list[Elsewhere] = []
before_post: list[Callable[[ChatSession, MessageSend, Actor], dict[str, Any]]] = []
on_post: list[OnPost] = []
on_open: list[Callable[[Incident, Actor], None]] = []
on_close: list[Callable[[ChatSession, Actor], None]] = []
on_config: list[Callable[[ChatSession, dict[str, Any]], None]] = []
busy: list[Callable[[ChatSession], bool]] = []
prepared: dict[str, Preparation] = {}
commands: dict[str, Command] = {}
snapshot_parts: dict[str, Callable[[ChatSession], Any]] = {}
page_parts: dict[str, Callable[[ChatSession, Actor], Any]] = {}
incident_counts: dict[str, Callable[[Iterable[UUID]], dict[UUID, int]]] = {}
