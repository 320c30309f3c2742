"""Search over incidents, chats and what was said: of what the asker may see, and of nothing else.

Every query begins with what `permissions` lets the asker see: what is another's is never found and then left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from sessions_app import permissions, rate_limits, snippets
from sessions_app.actors import Actor
from sessions_app.errors import Refused
from sessions_app.models import ChatSession, Incident, Indicator, Message
from sessions_app.search_index import Scopes, TooSlow, bounded, newest
from sessions_app.search_index.sources import INCIDENTS, INDICATORS, MESSAGES, SESSIONS, Checked, Source, holds
from sessions_app.snippets import Snippet

Kind = Literal["incident", "session", "message"]
LONGEST = 200
MOST_WORDS = 8
MOST = 50
# Of incidents and of chats beside messages: the rest of a page is for what was said.
MOST_OF_A_KIND = 10

IN_TITLE, WORDS_IN_TITLE, PHRASE, WORDS = 1.0, 0.8, 0.6, 0.4


@dataclass(frozen=True)
class Query:
    """What is looked for: all of it is text, nothing in it is an order."""

    phrase: str
    words: tuple[str, ...]
    scopes: Scopes

    @classmethod
    def parse(cls, text: str, by: Actor) -> Query:
        words = text.replace("\x00", " ")[:LONGEST].split()
        kept = tuple(dict.fromkeys(words))[:MOST_WORDS]
        homes = permissions.organizations_of(by).values_list("pk", flat=True) if kept else ()
        return cls(" ".join(words), kept, Scopes(tuple(homes), by.user_id if by.in_person else None))

    @property
    def marked(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.phrase, *self.words)))


@dataclass(frozen=True)
class Hit:
    kind: Kind
    id: UUID
    title: Snippet
    snippet: Snippet
    score: float
    at: datetime
    session_id: UUID | None
    incident_id: UUID | None
    # Whose room the session is: an incident's page shows its war room and no other session.
    in_war_room: bool = False
    speaker: str = ""


@dataclass(frozen=True)
class Found:
    """An id and how well it fits."""

    id: UUID
    score: float


def find(text: str, *, by: Actor, kind: Kind | None = None, limit: int = MOST) -> list[Hit]:
    """The best first: the whole phrase, and titles, before single words; the newest of what fits alike."""
    query = Query.parse(text, by)
    if not query.words:
        return []
    rate_limits.require("searches", f"{by.kind}:{by.id}")
    try:
        with bounded():
            hits = _of_every_kind(query, by, limit) if kind is None else _SEARCHES[kind](query, by, limit)
    except TooSlow as error:
        raise Refused(
            "SERVICE_UNAVAILABLE", _("This search took too long. More or longer words are found faster.")
        ) from error
    return sorted(hits, key=lambda hit: (hit.score, hit.at), reverse=True)[:limit]


def _of_every_kind(query: Query, by: Actor, limit: int) -> list[Hit]:
    few = min(limit, MOST_OF_A_KIND)
    return [*_incidents(query, by, few), *_sessions(query, by, few), *_messages(query, by, limit)]


def _incidents(query: Query, by: Actor, limit: int) -> list[Hit]:
    mine = permissions.visible_incidents(by)
    found = [*_titled(INCIDENTS, query, mine, limit), *_anywhere(INCIDENTS, query, mine, limit)]
    found += _with_indicator(query, by, limit)
    best = _once(found)[:limit]
    rows = mine.in_bulk([each.id for each in best])
    return [_incident(rows[each.id], each.score, query) for each in best]


def _with_indicator(query: Query, by: Actor, limit: int) -> list[Found]:
    """Incidents in which an address, a name or a hash like this was seen."""
    seen = Indicator.objects.filter(incident__in=permissions.visible_incidents(by))
    ids = newest(INDICATORS, [query.phrase], seen, scopes=query.scopes, limit=limit)
    incidents = Indicator.objects.filter(pk__in=ids).values_list("incident_id", flat=True)
    return [Found(incident_id, WORDS) for incident_id in incidents]


def _sessions(query: Query, by: Actor, limit: int) -> list[Hit]:
    """Chats; an incident's war room is found as the incident."""
    mine = permissions.visible_sessions(by).filter(war_room_of=None)
    found = _once(_titled(SESSIONS, query, mine, limit))[:limit]
    rows = mine.in_bulk([each.id for each in found])
    return [_session(rows[each.id], each.score, query) for each in found]


def _messages(query: Query, by: Actor, limit: int) -> list[Hit]:
    rooms = permissions.visible_sessions(by).values("pk")
    mine = Message.objects.alias(room=Checked(F("session_id"))).filter(room__in=rooms)
    found = _once(_anywhere(MESSAGES, query, mine, limit))[:limit]
    rows = mine.select_related("session__incident", "session__agent").in_bulk([each.id for each in found])
    return [_message(rows[each.id], each.score, query) for each in found]


def _titled(source: Source, query: Query, mine: QuerySet[Any], limit: int) -> Iterable[Found]:
    titled = mine.filter(holds("title", query.phrase))
    yield from (Found(pk, IN_TITLE) for pk in newest(source, [query.phrase], titled, scopes=query.scopes, limit=limit))
    if len(query.words) > 1:
        for word in query.words:
            mine = mine.filter(holds("title", word))
        yield from (
            Found(pk, WORDS_IN_TITLE) for pk in newest(source, query.words, mine, scopes=query.scopes, limit=limit)
        )


def _anywhere(source: Source, query: Query, mine: QuerySet[Any], limit: int) -> Iterable[Found]:
    yield from (Found(pk, PHRASE) for pk in newest(source, [query.phrase], mine, scopes=query.scopes, limit=limit))
    if len(query.words) > 1:
        yield from (Found(pk, WORDS) for pk in newest(source, query.words, mine, scopes=query.scopes, limit=limit))


def _once(found: Iterable[Found]) -> list[Found]:
    """Each as well as it fits best: what fits better comes first."""
    kept: dict[UUID, Found] = {}
    for each in found:
        kept.setdefault(each.id, each)
    return list(kept.values())


def _incident(row: Incident, score: float, query: Query) -> Hit:
    told = "\n".join(filter(None, (row.description, row.summary)))
    if not snippets.marks(told, query.marked):
        told = " ".join(row.indicators.filter(holds("value", query.phrase)).values_list("value", flat=True)[:5]) or told
    return Hit(
        "incident", row.pk, _title(row.title, query), snippets.around(told, query.marked), score, row.opened_at,
        session_id=row.room_id, incident_id=row.pk, in_war_room=True,
    )  # fmt: skip


def _session(row: ChatSession, score: float, query: Query) -> Hit:
    return Hit(
        "session", row.pk, _title(row.title, query), Snippet("", []), score, row.last_active_at,
        session_id=row.pk, incident_id=row.incident_id,
    )  # fmt: skip


def _message(row: Message, score: float, query: Query) -> Hit:
    incident = row.session.incident
    in_war_room = incident is not None and incident.room_id == row.session_id
    place = incident.title if incident and in_war_room else row.session.title
    return Hit(
        "message", row.pk, Snippet(place, []), snippets.around(row.content, query.marked), score, row.created_at,
        session_id=row.session_id, incident_id=row.session.incident_id, in_war_room=in_war_room,
        speaker=row.sender_name,
    )  # fmt: skip


def _title(text: str, query: Query) -> Snippet:
    return Snippet(text, snippets.marks(text, query.marked))


_SEARCHES = {"incident": _incidents, "session": _sessions, "message": _messages}
