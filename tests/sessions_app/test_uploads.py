"""Files in a session: hostile ones are harmless, too long ones leave nothing, and who may not see gets 404."""

import hashlib
import io
import os
import time
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from sessions_app import actors
from sessions_app.errors import Invalid
from sessions_app.models import ChatSession, Event, Evidence, Message, Upload, User
from sessions_app.services import evidence, messages, uploads
from sessions_app.vocabulary import MessageSend
from tests import factories
from tests.sessions_app.test_messages import refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_agents")]

UNKNOWN = "01890000-0000-7000-8000-000000000000"


def zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 20_000_000)
    return packed.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
POLYGLOT = b"GIF89a/*\x01\x00\x01\x00*/=1;alert(1)//<script>alert(1)</script>"
BIDI = "\u202e"
# (sent under this name, kept under that, what is in it, what it is)
HOSTILE = (
    ("../../etc/cron.d/evil", "evil", b"plain\n", "text/plain"),
    ("..\\..\\boot.ini", "boot.ini", b"plain\n", "text/plain"),
    ("x" * 300 + ".log", "x" * 176 + ".log", b"plain\n", "text/plain"),
    ("日" * 200 + ".log", "日" * 78 + ".log", b"plain\n", "text/plain"),
    (f"invoice{BIDI}gpj.exe", "invoicegpj.exe", b"MZ\x90\x00", "application/x-msdownload"),
    ("con.txt", "_con.txt", b"plain\n", "text/plain"),
    ("a\tb\x1b[31m.log", "ab[31m.log", b"plain\n", "text/plain"),
    ("picture.svg", "picture.svg", SVG, "text/plain"),
    ("page.html", "page.html", HTML, "text/plain"),
    ("dot.gif", "dot.gif", POLYGLOT, "image/gif"),
    ("bomb.zip", "bomb.zip", zip_bomb(), "application/zip"),
    ("", "evidence", b"", "text/plain"),
)


@pytest.fixture
def room() -> ChatSession:
    return factories.room()


@pytest.fixture
def rita() -> User:
    return factories.user("rita")


@pytest.fixture
def responder(client: Client, rita: User) -> Client:
    client.force_login(rita)
    return client


def put(client: Client, room: ChatSession, content: bytes = b"one\ntwo\n", name: str = "a.log", **more: Any) -> Any:
    file = SimpleUploadedFile("sent", content, "image/svg+xml")
    file._name = name  # type: ignore[attr-defined]  # the client's own class would clean it
    return client.post("/api/v1/uploads", {"session_id": str(room.pk), "file": file, **more})


def stored() -> dict[str, int]:
    return {path.name: path.stat().st_size for path in Path(settings.WARROOM_UPLOADS).iterdir()}


@pytest.mark.parametrize(("sent", "kept", "content", "kind"), HOSTILE, ids=[kept[:20] for _, kept, _, _ in HOSTILE])
def test_a_hostile_file_is_kept_harmless(
    responder: Client, room: ChatSession, rita: User, sent: str, kept: str, content: bytes, kind: str
) -> None:
    row = uploads.upload(session_id=room.pk, filename=sent, stream=io.BytesIO(content), by=actors.person(rita))
    assert (row.filename, row.content_type, row.size) == (kept, kind, len(content))
    assert row.stored_name not in row.filename
    assert stored()[row.stored_name] == len(content)
    assert row.sha256 == hashlib.sha256(content).hexdigest()
    answer = responder.get(f"/api/v1/uploads/{row.pk}", headers={"Accept": "text/html,image/svg+xml"})
    assert b"".join(answer) == content
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_file_is_told_with_its_hash_and_its_bearer(responder: Client, room: ChatSession) -> None:
    answer = put(responder, room, name="../seen.log")
    told = answer.json()
    assert (answer.status_code, told["filename"], told["lines"], told["uploaded_by"]) == (201, "seen.log", 2, "rita")
    assert told["sha256"] == hashlib.sha256(b"one\ntwo\n").hexdigest()
    assert (told["evidence_id"], Evidence.objects.count()) == (None, 0)  # outside an incident there is none
    assert told["download_url"] == f"/api/v1/uploads/{told['id']}"


def test_eleven_megabytes_are_refused_while_they_come(responder: Client, room: ChatSession) -> None:
    before = stored()
    answer = put(responder, room, b"x" * 11 * 1024 * 1024)
    assert (answer.status_code, answer.json()["error_code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert (stored(), Upload.objects.count()) == (before, 0)


def test_who_may_not_is_told_before_the_form_is_read(client: Client, room: ChatSession) -> None:
    broken = {"data": b"no form at all", "content_type": "multipart/form-data; boundary=x"}
    incident = factories.incident()
    client.force_login(factories.user(role="observer"))
    for path in ("/api/v1/uploads", f"/api/v1/incidents/{incident.pk}/evidence"):
        answer = client.post(path, **broken)
        assert (answer.status_code, answer.request["wsgi.input"].read_started) == (403, False)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(factories.user())
    strict.cookies["csrftoken"] = "a" * 32
    answer = strict.post("/api/v1/uploads", **broken)
    assert answer.json()["detail"].startswith("CSRF Failed")
    assert not answer.request["wsgi.input"].read_started


def test_what_does_not_fit_is_refused(responder: Client, room: ChatSession) -> None:
    assert put(responder, room, more="x").json()["error_code"] == "INVALID_REQUEST"
    assert responder.post("/api/v1/uploads", {"session_id": str(room.pk)}).status_code == 400
    assert responder.post("/api/v1/uploads", b"{}", "application/json").status_code == 415
    ended = factories.room(status="ended")
    assert put(responder, ended).json()["error_code"] == "SESSION_ENDED"


def test_only_who_sees_the_session_gets_at_its_files(client: Client, rita: User) -> None:
    private = factories.room(category="engineer_chat", owner=rita)
    mine = uploads.upload(session_id=private.pk, filename="a", stream=io.BytesIO(b"a"), by=actors.person(rita))
    shared = uploads.upload(
        session_id=factories.room().pk, filename="b", stream=io.BytesIO(b"b"), by=actors.person(rita)
    )
    colleague = factories.user()
    outsider = factories.user(role="commander", org=factories.organization("other"))
    seen = {}
    for person in (rita, colleague, outsider):
        client.force_login(person)
        seen[person.username] = [client.get(f"/api/v1/uploads/{row.pk}").status_code for row in (mine, shared)]
        if person is not rita:
            assert put(client, private).status_code == 404
    assert seen == {"rita": [200, 200], colleague.username: [404, 200], outsider.username: [404, 404]}
    assert client.get(f"/api/v1/uploads/{UNKNOWN}").status_code == 404


def test_who_takes_evidence_along_as_the_upload_it_was_has_looked(responder: Client, rita: User) -> None:
    incident = factories.incident()
    assert incident.room is not None
    told = put(responder, incident.room, b"login of kim from 203.0.113.5\n", "auth.log").json()
    body = MessageSend(content="See.", attachments=[told["id"]])
    messages.post(session_id=incident.room.pk, body=body, by=actors.person(rita))
    assert b"".join(responder.get(f"/api/v1/uploads/{told['id']}"))
    (look,) = incident.evidence.get().looks.all()
    assert (look.way, look.actor_name) == ("downloaded", "rita")


def test_a_text_is_evidence_with_the_message_that_says_it(responder: Client, rita: User) -> None:
    incident, by = factories.incident(), actors.person(rita)
    assert incident.room is not None
    told = put(responder, incident.room, b"login of kim from 203.0.113.5\n", "auth.log").json()
    picture = put(responder, incident.room, b"\x89PNG\r\n\x1a\n", "shot.png").json()
    private = factories.room(category="engineer_chat", owner=rita, incident=incident)
    aside = put(responder, private, b"203.0.113.6\n").json()
    assert (told["evidence_id"], incident.evidence.count(), incident.indicators.count()) == (None, 0, 0)
    both = MessageSend(content="See.", attachments=[told["id"], picture["id"]])
    [shown, plain] = messages.post(session_id=incident.room.pk, body=both, by=by).message.attachments
    [row] = incident.evidence.all()
    assert (shown["evidence_id"], plain["evidence_id"]) == (str(row.pk), None)
    assert (row.filename, row.uploaded_by, row.sha256) == ("auth.log", rita, told["sha256"])
    assert [hit.line for hit in evidence.search(incident, "203.0.113.5").hits] == [1]
    types = Event.objects.filter(session=incident.room).order_by("seq").values_list("type", flat=True)
    assert [each for each in types if each != "indicator.added"] == ["evidence.added", "message.created"]
    messages.post(session_id=private.pk, body=MessageSend(content="And?", attachments=[aside["id"]]), by=by)
    messages.post(session_id=incident.room.pk, body=both, by=by)
    assert incident.evidence.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_leaves_no_evidence_and_no_file(responder: Client, rita: User) -> None:
    incident, before = factories.incident(), stored()
    assert incident.room is not None
    file = put(responder, incident.room, name="kept.log").json()
    with pytest.raises(Invalid):
        messages.post(
            session_id=incident.room.pk, body=MessageSend(content="x", attachments=[file["id"], UNKNOWN]),
            by=actors.person(rita),
        )  # fmt: skip
    assert (incident.evidence.count(), len(stored()) - len(before)) == (0, 1)
    form = f"/incidents/{incident.pk}/messages/"
    for content in ("@AI", "@AI  "):  # asks nothing, so it is refused
        responder.post(form, {"content": content, "file": SimpleUploadedFile("a.log", b"203.0.113.5\n")})
    assert (incident.evidence.count(), Upload.objects.count(), len(stored()) - len(before)) == (0, 1, 1)
    assert not Message.objects.filter(session=incident.room).exists()


@pytest.mark.parametrize("door", ["uploads", "evidence"])
def test_the_same_file_under_the_same_key_is_taken_once(responder: Client, door: str) -> None:
    incident = factories.incident()
    paths = {"uploads": "/api/v1/uploads", "evidence": f"/api/v1/incidents/{incident.pk}/evidence"}
    told, where = [], {"session_id": str(incident.room_id)} if door == "uploads" else {}
    before = len(stored())
    for content in (b"one\n", b"one\n", b"two\n"):
        form = {**where, "file": SimpleUploadedFile("a.log", content)}
        told.append(responder.post(paths[door], form, headers={"Idempotency-Key": "k1"}))
    assert [each.status_code for each in told] == [201, 201, 409]
    assert told[0].json() == told[1].json()
    assert (told[1]["Idempotent-Replayed"], told[2].json()["error_code"]) == ("true", "IDEMPOTENCY_MISMATCH")
    assert len(stored()) == before + 1


@pytest.mark.django_db(transaction=True)
def test_a_message_carries_files_of_its_own_session_only(responder: Client, room: ChatSession, rita: User) -> None:
    incident = factories.incident()
    assert incident.room is not None
    here, elsewhere = put(responder, room).json(), put(responder, factories.room()).json()
    file = put(responder, incident.room, name="in.log").json()
    by = actors.person(rita)
    posted = messages.post(session_id=room.pk, body=MessageSend(content="Look.", attachments=[here["id"]]), by=by)
    assert posted.message.attachments == [here]
    assert Event.objects.get(session=room, type="message.created").data["attachments"] == [here]
    listed = responder.get(f"/api/v1/sessions/{room.pk}/messages").json()["data"]
    assert listed[0]["attachments"] == [here]
    for wrong in (elsewhere["id"], file["id"], UNKNOWN):
        assert refusal(factories.room(), rita, attachments=[wrong]) == "INVALID_REQUEST"
    twice = MessageSend(content="Both.", attachments=[file["id"], file["id"]])
    [told] = messages.post(session_id=incident.room.pk, body=twice, by=by).message.attachments
    both = MessageSend(content="Again.", attachments=[told["evidence_id"], file["id"]])
    again = messages.post(session_id=incident.room.pk, body=both, by=by).message.attachments
    assert [each["id"] for each in again] == [told["evidence_id"], file["id"]]
    assert refusal(factories.room(), rita, attachments=[told["evidence_id"]]) == "INVALID_REQUEST"


def test_a_file_goes_with_the_transaction_that_took_it(rita: User) -> None:
    incident, by, before = factories.incident(), actors.person(rita), stored()
    assert incident.room_id is not None
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        evidence.attach(incident=incident, filename="a", stream=io.BytesIO(b"a"), by=by)
        uploads.upload(session_id=incident.room_id, filename="b", stream=io.BytesIO(b"b"), by=by)
        assert len(stored()) == len(before) + 2
        raise ZeroDivisionError
    assert (stored(), Upload.objects.count(), Evidence.objects.count()) == (before, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_what_was_never_sent_and_what_no_row_knows_is_cleared_away(responder: Client, room: ChatSession) -> None:
    kept, forgotten, young = (put(responder, room).json() for _ in range(3))
    body = MessageSend(content="Look.", attachments=[kept["id"]])
    messages.post(session_id=room.pk, body=body, by=actors.person(User.objects.get(username="rita")))
    folder, long_ago = Path(settings.WARROOM_UPLOADS), time.time() - 100_000
    lost, theirs = folder / ("0" * 32), folder / "notes.txt"
    for path in (lost, theirs, folder / kept["stored_name"]):
        path.touch()
        os.utime(path, (long_ago, long_ago))
    Upload.objects.exclude(pk=young["id"]).update(created_at=timezone.now() - timedelta(days=2))
    uploads.clear_away(before=timezone.now() - timedelta(days=1))
    assert {str(pk) for pk in Upload.objects.values_list("pk", flat=True)} == {kept["id"], young["id"]}
    there = set(stored())
    assert {kept["stored_name"], young["stored_name"], theirs.name} <= there
    assert not {forgotten["stored_name"], lost.name} & there
    theirs.unlink()


def test_the_composers_form_takes_files_without_a_script(responder: Client) -> None:
    incident = factories.incident()
    page, form = f"/incidents/{incident.pk}/", f"/incidents/{incident.pk}/messages/"
    files = [SimpleUploadedFile(name, b"203.0.113.5\n") for name in ("a.log", "b.log")]
    assert responder.post(form, {"content": "", "file": files}).status_code == 302
    said = Message.objects.get(session=incident.room)
    assert (said.content, [each["filename"] for each in said.attachments]) == ("a.log, b.log", ["a.log", "b.log"])
    assert incident.evidence.count() == 2
    shown = responder.get(page).content.decode()
    assert f'href="{said.attachments[0]["download_url"]}"' in shown
    long = SimpleUploadedFile("long.log", b"x" * 11 * 1024 * 1024)
    refused = responder.post(form, {"content": "Look", "file": long}, headers={"Referer": f"http://testserver{page}"})
    assert "A file may have 10 MB here." in responder.get(refused["Location"]).content.decode()
    assert Message.objects.filter(session=incident.room).count() == 1


def test_a_form_with_files_is_read_once_it_is_known_whose_it_is(rita: User) -> None:
    incident = factories.incident()
    strict, seen = Client(enforce_csrf_checks=True), {}
    for person in (factories.user("olga", role="observer"), rita):
        strict.force_login(person)
        strict.cookies["csrftoken"] = "a" * 32
        for form in ("evidence", "messages"):
            body = SimpleUploadedFile("a", b"a")
            answer = strict.post(f"/incidents/{incident.pk}/{form}/", {"file": body, "content": "x"})
            seen[person.username, form] = (answer.status_code, "_post" in vars(answer.wsgi_request))
    # Told so and sent back, with the form unread; who may is asked for the token, which stands in it.
    assert seen == {
        ("olga", "evidence"): (302, False), ("olga", "messages"): (302, False),
        ("rita", "evidence"): (403, True), ("rita", "messages"): (403, True),
    }  # fmt: skip
    assert not Message.objects.exists()
