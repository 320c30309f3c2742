"""The war room's forms without a socket: a plain form posts here, and the same services decide."""

import json
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from pydantic import BaseModel, ValidationError

from agents_app.models import Approval
from agents_app.services import approvals, engineer_chats, grants, outcomes, questions
from sessions_app.actors import Actor
from sessions_app.errors import Invalid, NotFound, Refused
from sessions_app.models import Incident
from sessions_app.pages.doors import actor_of, back, page
from sessions_app.services import messages as talk
from sessions_app.vocabulary import Decision, MessageSend, OutcomeDecide, QuestionAnswer

Body = TypeVar("Body", bound=BaseModel)


@require_POST
@page
def decide_approval(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    sent: dict[str, Any] = {name: request.POST.get(name, "") for name in ("version", "digest", "decision", "feedback")}
    if sent["decision"] == "reject" and not sent["feedback"].strip() and "without_words" not in request.POST:
        raise Invalid(_("Say why you reject it, or tick that you do so without words."))
    edited = _edited(request.POST.get("edited_args", ""))
    if sent["decision"] == "approve":
        sent |= {"edited_args": edited, "grant": _grant_wish(request.POST, approval_id, edited)}
    decision = _parse(Decision, sent)
    approval = approvals.decide(approval_id=approval_id, decision=decision, by=actor_of(request))
    messages.success(request, _stored(approval))
    return back(request)


@require_POST
@page
def take_back_grant(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    grant = grants.revoke(grant_id=grant_id, by=actor_of(request))
    messages.success(request, _("{tool} is asked for again from now on.").format(tool=grant.tool))
    return back(request)


@require_POST
@page
def answer_question(request: HttpRequest, question_id: UUID) -> HttpResponse:
    option = request.POST.get("option")
    content = option or request.POST.get("content", "").strip()
    body = _parse(QuestionAnswer, {"question_id": question_id, "content": content, "option": option})
    questions.answer(body=body, by=actor_of(request))
    messages.success(request, _("Your answer is stored and has reached the agent."))
    return back(request)


@require_POST
@page
def settle_outcome(request: HttpRequest, tool_call_id: UUID) -> HttpResponse:
    sent = {name: request.POST.get(name, "") for name in ("outcome", "note")}
    body = _parse(OutcomeDecide, {"tool_call_id": tool_call_id, **sent})
    outcomes.decide(tool_call_id=body.tool_call_id, outcome=body.outcome, note=body.note, by=actor_of(request))
    messages.success(request, _("What became of the call is stored, and the agent goes on."))
    return back(request)


def _stored(approval: Approval) -> str:
    told = _("{tool}: your decision is stored; the request is {status}.")
    return told.format(tool=approval.tool, status=approval.get_status_display().lower())


@page
def engineer_chat_list(request: HttpRequest, incident_id: UUID) -> HttpResponse:
    """One's private chats on an incident; a question posted here goes on with the newest, or into a new one."""
    by = actor_of(request)
    incident = engineer_chats.incident_for(incident_id, by)
    context = {"incident": incident, "chats": engineer_chats.own(by, incident)}
    if request.method != "POST":
        return render(request, "incidents/engineer_chats.html", context)
    try:
        return redirect("chat", _ask(request, incident, by))
    except NotFound:
        raise
    except Refused as error:  # what was asked stands in the form again, to be asked in a new chat
        messages.error(request, _("Nothing was changed. {why}").format(why=error.detail))
        asked = {**context, "content": request.POST.get("content", "")}
        return render(request, "incidents/engineer_chats.html", asked, status=error.entry.status)


def _ask(request: HttpRequest, incident: Incident, by: Actor) -> UUID:
    """The chat that has the question now."""
    body = _parse(MessageSend, {"content": request.POST.get("content", "").strip()})
    draft = talk.draft(body, by=by)
    chat = engineer_chats.begin(incident=incident, by=by).pk if "new" in request.POST else None
    posted = engineer_chats.send(draft, incident_id=incident.pk, session_id=chat)
    return posted.message.session_id


def _grant_wish(form: QueryDict, approval_id: UUID, edited: dict[str, Any] | None) -> dict[str, Any] | None:
    """What is ticked holds the values that are approved now; whether it may be granted is the service's to say."""
    if "grant" not in form:
        return None
    known = Approval.objects.filter(pk=approval_id).values_list("args", flat=True).first() or {}
    args = known if edited is None else edited
    same = {name: args[name] for name in form.getlist("grant_same") if name in args}
    try:
        uses, minutes = int(form.get("grant_uses", "")), int(form.get("grant_minutes", ""))
    except ValueError as error:
        raise Invalid(_("Say how often and for how many minutes it may be done without asking.")) from error
    return {"max_uses": uses, "ttl_s": 60 * minutes, "constraint": same}


def _edited(text: str) -> dict[str, Any] | None:
    if not text.strip():
        return None
    try:
        found: dict[str, Any] = json.loads(text)  # its shape is checked right after
        return found
    except (ValueError, RecursionError) as error:
        raise Invalid(_("The edited arguments are not JSON.")) from error


def _parse(model: type[Body], sent: dict[str, Any]) -> Body:
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise Invalid(_("The form is not complete; reload the page and look again.")) from error
