"""Forms with files: whether one may is judged first; the token and the rest of the form are read after that."""

from dataclasses import replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect

from sessions_app import permissions
from sessions_app.api import incoming
from sessions_app.errors import Invalid, Refused
from sessions_app.models import ChatSession, Incident, Upload
from sessions_app.pages.doors import actor_of
from sessions_app.services import evidence, messages, uploads
from sessions_app.services.files import clean_name
from sessions_app.vocabulary import MessageSend


def attach(request: HttpRequest, incident: Incident) -> HttpResponse:
    permissions.require(actor_of(request), "attach_evidence", incident)
    incoming.bound(request, settings.WARROOM_EVIDENCE_MAX_BYTES)
    return _attach(request, incident)


def say(request: HttpRequest, session: ChatSession, *, then: HttpResponse) -> HttpResponse:
    """What the composer sends where there is no script: words, files, or both."""
    permissions.require(actor_of(request), "post", session)
    incoming.bound(request, settings.WARROOM_UPLOAD_MAX_BYTES)
    return _say(request, session, then)


@csrf_protect
def _attach(request: HttpRequest, incident: Incident) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None:
        raise Invalid(_("Choose a file first."))
    evidence.attach(incident=incident, filename=file.name or "", stream=file, by=actor_of(request))
    return redirect("war-room", incident.pk)


@csrf_protect
def _say(request: HttpRequest, session: ChatSession, then: HttpResponse) -> HttpResponse:
    """The words are judged first, and the files go with them or not at all."""
    by = actor_of(request)
    sent = request.FILES.getlist("file")
    words = request.POST.get("content", "").replace("\x00", "").strip()[:32_000]
    content = words or ", ".join(clean_name(file.name or "") for file in sent)
    if not content:
        return then
    draft = messages.draft(MessageSend(content=content), by=by)
    kept = list[Upload]()
    try:
        for file in sent:
            kept.append(uploads.upload(session_id=session.pk, filename=file.name or "", stream=file, by=by))
        draft = replace(draft, body=draft.body.model_copy(update={"attachments": [each.pk for each in kept]}))
        posted = messages.deliver(draft, session_id=session.pk)
    except Refused:
        for each in kept:
            uploads.take_back(each)
        raise
    if posted.message.session_id != session.pk:
        return redirect("chat", posted.message.session_id)  # @AI: it was asked in private
    return then
