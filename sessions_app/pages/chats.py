"""Chats: the sessions outside an incident as a list, and each as a room like the war room."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.errors import Invalid, NotFound, Refused
from sessions_app.models import ChatSession, Organization
from sessions_app.pages import doors, forms_with_files, room
from sessions_app.pages.doors import actor_of, form_with_files, page
from sessions_app.services import messages, sessions
from sessions_app.vocabulary import MessageSend

PAGE = 30
KINDS = {"agent": gettext_lazy("Agent"), "engineer_chat": gettext_lazy("Private")}
NUMBERS = {"temperature": float, "top_p": float, "max_tokens": int}


class NewChat(forms.Form):
    agent = forms.UUIDField()
    title = forms.CharField(required=False, max_length=200)
    content = forms.CharField(required=False, max_length=32_000)


@dataclass(frozen=True)
class Filters:
    q: str = ""
    status: str = ""
    mine: bool = False
    before: UUID | None = None

    @classmethod
    def parse(cls, asked: QueryDict) -> "Filters":
        """Read what is known; a value nobody offers only came from a link."""
        status = asked.get("status", "")
        return cls(
            q=asked.get("q", "").strip()[:200].replace("\x00", ""),
            status=status if status in ChatSession.Status.values else "",
            mine=asked.get("whose") == "mine",
            before=doors.uuid_of(asked.get("before", "")),
        )

    def __bool__(self) -> bool:
        return bool(self.q or self.status or self.mine)

    def chats(self, by: Actor) -> list[Any]:
        """One page and one more, newest first."""
        found = permissions.visible_sessions(by).filter(incident=None, title__icontains=self.q)
        wanted = {"status": self.status, "owner": by.user if self.mine else None, "pk__lt": self.before}
        found = found.filter(**{name: value for name, value in wanted.items() if value})
        return list(found.select_related("agent", "owner").order_by("-pk")[: PAGE + 1])

    def link(self, before: UUID) -> str:
        kept = {"q": self.q, "status": self.status, "whose": "mine" if self.mine else ""}
        return urlencode({**{name: value for name, value in kept.items() if value}, "before": before})


@require_GET
@page
def chat_list(request: HttpRequest) -> HttpResponse:
    return _list(request, NewChat())


@require_POST
@page
def start(request: HttpRequest) -> HttpResponse:
    form = NewChat(request.POST)
    if not form.is_valid():
        return _list(request, form, status=400)
    by, told = actor_of(request), form.cleaned_data
    chat = sessions.create(
        organization=_home_of(told["agent"], by), agent_id=told["agent"], title=told["title"], activate=True, by=by
    )
    _post(chat, told["content"], by)
    return redirect("chat", chat.pk)


@require_GET
@page
def chat(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The room of a chat; an incident's war room is looked at where the incident is."""
    session = _named(request, session_id)
    if session.incident is not None and session.incident.room_id == session.pk:
        return redirect(f"{reverse('war-room', args=[session.incident_id])}?{request.GET.urlencode()}".rstrip("?"))
    return _room(request, session)


def _room(request: HttpRequest, session: ChatSession, *, words: str = "", status: int = 200) -> HttpResponse:
    by = actor_of(request)
    context = room.of_session(session, by=by, look=room.Look.asked(request.GET), evidence=[], urls={})
    may_end = not session.over and permissions.may(by, "end_session", session.organization_id)
    told = {"session": session, "title": title_of(session), "kind": KINDS[session.category], "may_end": may_end}
    return render(request, "chats/room.html", {**context, **told, "words": words}, status=status)


@form_with_files
@require_POST
def post(request: HttpRequest, session_id: UUID) -> HttpResponse:
    session = _named(request, session_id)
    try:
        return forms_with_files.say(request, session, then=redirect("chat", session.pk))
    except Refused as error:
        if error.code != "ROUND_LIMIT_REACHED":
            raise
        # The form is read and its token known by now; what was asked is given back, to be taken to a new chat.
        notices.error(request, _("Nothing was changed. {why}").format(why=error.detail))
        return _room(request, session, words=request.POST.get("content", ""), status=error.entry.status)


@require_POST
@page
def configure(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The composer's form without JavaScript; what it leaves empty is unset."""
    session = _named(request, session_id)
    sessions.change(session_id=session.pk, changes={"config": config_of(request.POST)}, by=actor_of(request))
    return doors.back(request)


@require_POST
@page
def end(request: HttpRequest, session_id: UUID) -> HttpResponse:
    session = sessions.end(session_id=_named(request, session_id).pk, by=actor_of(request))
    return redirect("chat", session.pk)


def config_of(form: QueryDict) -> dict[str, Any]:
    provider, _tab, model = form.get("choice", "").partition("\t")
    chosen: dict[str, Any] = {"provider": provider, "model": model} if model else {}
    for name, kind in NUMBERS.items():
        if text := form.get(name, "").strip():
            try:
                chosen[name] = kind(text)
            except ValueError:
                raise Invalid(_("{name} must be a number.").format(name=name), details={"field": name}) from None
    return chosen


def title_of(session: ChatSession) -> str:
    if session.title:
        return session.title
    return _("Chat with {agent}").format(agent=session.agent.name) if session.agent else _("A chat")


def _post(session: ChatSession, content: str, by: Actor) -> None:
    if text := content.strip()[:32_000].replace("\x00", ""):
        messages.post(session_id=session.pk, body=MessageSend(content=text), by=by)


def _list(request: HttpRequest, form: NewChat, *, status: int = 200) -> HttpResponse:
    by, filters = actor_of(request), Filters.parse(request.GET)
    found = filters.chats(by)
    for each in found:
        each.kind, each.shown_title = KINDS[each.category], title_of(each)
    agents = [agent for home in _homes(by) for agent in sessions.agents_to_ask(home)]
    context = {
        "chats": found[:PAGE], "next_page": filters.link(found[PAGE - 1].pk) if len(found) > PAGE else "",
        "filters": filters, "filtered": bool(filters), "statuses": ChatSession.Status.choices, "form": form,
        "agents": agents, "may_start": bool(agents),
    }  # fmt: skip
    return render(request, "chats/list.html", context, status=status)


def _homes(by: Actor) -> list[Organization]:
    theirs = permissions.organizations_of(by).order_by("pk")
    return [home for home in theirs if permissions.may(by, "start_session", home.pk)]


def _home_of(agent_id: UUID, by: Actor) -> Organization:
    """An agent says where its chats belong."""
    for home in _homes(by):
        if sessions.agents_to_ask(home).filter(pk=agent_id).exists():
            return home
    raise NotFound(code="AGENT_NOT_FOUND")


def _named(request: HttpRequest, session_id: UUID) -> ChatSession:
    found = permissions.visible_sessions(actor_of(request)).select_related("agent", "incident")
    session = found.filter(pk=session_id).first()
    if session is None:
        raise NotFound(code="SESSION_NOT_FOUND")
    return session
