"""Reading evidence: packed, in any encoding, hostile; searched in bounded time; each look kept."""

import gzip
import io
import time
from typing import Any

import pytest
from django.test import Client

from agents_app import catalogue
from agents_app.services.leases import Lease
from agents_app.tools import evidence as tools
from agents_app.tools.registry import Call
from sessions_app import actors
from sessions_app.errors import Invalid
from sessions_app.models import Evidence, EvidenceLook, Incident
from sessions_app.models.base import uuid7
from sessions_app.services import evidence, evidence_search
from sessions_app.services.evidence import Query
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.once]

LINE = "Nov 20 03:00:01 gate-1 sshd[1]: Failed password for root from 203.0.113.5 port 1 ssh2\n"


@pytest.fixture
def incident() -> Incident:
    return factories.incident()


@pytest.fixture
def responder(client: Client, incident: Incident) -> Client:
    client.force_login(factories.user("rita"))
    return client


def attached(incident: Incident, content: bytes, name: str = "a.log") -> Evidence:
    return evidence.attach(incident=incident, filename=name, stream=io.BytesIO(content), by=actors.SYSTEM)


@pytest.mark.parametrize(
    ("content", "reading", "text"),
    [
        # Without a time: it would be in the test's name, and another second's worker would know other tests.
        (gzip.compress(b"packed line\n", mtime=0), "gzip", "packed line"),
        (gzip.compress(b"one\n", mtime=0) + gzip.compress(b"two\n", mtime=0), "gzip", "one"),
        (gzip.compress(LINE.encode() * 500, mtime=0)[:-9], "gzip-cut", LINE.strip()),
        ("Büro 203.0.113.5\n".encode("utf-16"), "utf-16", "Büro 203.0.113.5"),
        ("\ufeffBüro\n".encode("utf-16-be"), "utf-16", "Büro"),
        ("Büro für kim\nok\n".encode("latin-1"), "latin-1", "Büro für kim"),
        ("Büro\n".encode() + "für\n".encode("latin-1"), "latin-1", "Büro"),
        (b"red \x1b[31m and \x00 and \xff\n", "", "red \x1b[31m and \ufffd and \ufffd"),
        ("a\u202eb\n".encode(), "", "a\u202eb"),
    ],
)
def test_a_text_is_read_whatever_it_comes_in(incident: Incident, content: bytes, reading: str, text: str) -> None:
    row = attached(incident, content)
    assert (row.reading, row.size) == (reading, len(content))
    assert evidence.lines(row)[0].text == text
    if "Büro" in text:
        assert evidence.search(incident, "BÜRO").total == 1


def test_what_unpacks_without_end_is_read_to_a_bound_that_is_said(
    responder: Client, incident: Incident, settings: Any
) -> None:
    settings.WARROOM_EVIDENCE_MAX_BYTES = 400_000
    row = attached(incident, gzip.compress(LINE.encode() * 100_000), "bomb.gz")
    assert (row.reading, row.lines) == ("gzip-cut", 800_000 // len(LINE) + 1)
    assert responder.get(f"/api/v1/evidence/{row.pk}/lines").json()["reading"] == "gzip-cut"
    nothing = attached(incident, gzip.compress(b"\0" * 1_000_000), "zeros.gz")
    assert (nothing.reading, nothing.lines) == ("", None)


def test_every_line_is_found_where_it_is_wherever_it_lies(incident: Incident) -> None:
    long = b"x" * 200_000
    content = b"".join(b"%d needle\n" % n if n % 700 == 0 else b"%d hay\n" % n for n in range(1, 60_001))
    row = attached(incident, content + long + b"\nlast needle")
    numbers = [line.number for line in evidence.matching(row, Query("needle"), count=500).lines]
    assert numbers[:-1] == list(range(700, 60_001, 700))
    assert numbers[-1] == row.lines
    for number in (1, 700, 29_999, 60_000):
        assert evidence.lines(row, number, 1)[0].text.split()[0] == str(number)
        assert evidence.matching(row, Query(f"{number}"), after=number - 1, count=1).lines[0].number == number


def test_a_line_is_found_by_words_expression_and_indicator_together(incident: Incident) -> None:
    attached(incident, LINE.encode() + b"kim from 203[.]0[.]113[.]5\nkim from 203.0.113.55\nadmin\n\n")
    found = {
        "^admin$": Query(regex="^admin$"), "indicator": Query(indicator="203.0.113.5"),
        "both": Query("kim", indicator="203[.]0[.]113[.]5"), "no line is two": Query(regex=r"admin\s+kim|ssh2\s*kim"),
        "empty": Query(regex="^$"), "class": Query(regex=r"port \d+ ssh2"),
    }  # fmt: skip
    assert {name: [hit.line for hit in evidence.search(incident, query).hits] for name, query in found.items()} == {
        "^admin$": [4], "indicator": [1, 2], "both": [2], "no line is two": [], "empty": [5], "class": [1],
    }  # fmt: skip


@pytest.mark.parametrize("wrong", ["(", "(?=a)b", r"(a)\1", "(a{1000}){1000}", "a" * 2000])
def test_an_expression_that_can_not_be_bounded_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid):
        Query(regex=wrong)


def test_a_catastrophic_expression_takes_no_longer_than_any(incident: Incident) -> None:
    row = attached(incident, (b"a" * 60_000 + b"!\n") * 20)
    began = time.process_time()
    for pattern in ("(a+)+$", "(a|a)+$", "(a|aa)+b", "(.*a){10}b"):
        assert evidence.matching(row, Query(regex=pattern)).lines == []
    assert time.process_time() - began < 20  # Python's own would not end at all


def test_a_search_ends_in_time_and_says_how_far_it_came(
    responder: Client, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = attached(incident, LINE.encode() * 5000)
    monkeypatch.setattr(evidence_search, "PAGE_SECONDS", -1)
    told = responder.get(f"/api/v1/evidence/{row.pk}/lines", {"q": "nothing"}).json()
    assert (told["data"], told["cut"]) == ([], True)
    assert 0 < int(told["next"]) < 5000
    monkeypatch.setattr(evidence_search, "SEARCH_SECONDS", -1)
    assert evidence.search(incident, "root").cut


def test_the_door_shows_lines_around_and_counts_over_time(responder: Client, incident: Incident) -> None:
    row = attached(incident, b"one\ntwo\n" + LINE.encode() + b"three\n" + LINE.replace("03:00", "03:02").encode())
    door = f"/api/v1/evidence/{row.pk}"
    told = responder.get(f"{door}/lines", {"regex": "^Nov", "context": 1, "limit": 1}).json()
    assert told["data"] == [{"line": 3, "text": LINE.strip(), "before": ["two"], "after": ["three"]}]
    counts = responder.get(f"{door}/counts", {"indicator": "203.0.113.5"}).json()
    assert (counts["total"], [each["count"] for each in counts["buckets"]], counts["cut"]) == (2, [1, 1], False)
    assert responder.get(f"{door}/counts").json()["total"] == 5
    assert responder.get(f"{door}/lines", {"regex": "("}).status_code == 400
    assert responder.get(f"{door}/lines", {"indicator": "no such"}).status_code == 400


def test_every_look_is_kept_once_and_shown_to_those_who_may(
    client: Client, responder: Client, incident: Incident
) -> None:
    row = attached(incident, LINE.encode())
    door = f"/api/v1/evidence/{row.pk}"
    for _ in range(3):
        responder.get(f"{door}/lines")
        responder.get(f"/evidence/{row.pk}/", {"q": "root"})
    b"".join(responder.get(door))
    looks = responder.get(f"{door}/looks").json()["data"]
    assert sorted(each["way"] for each in looks) == ["downloaded", "read", "searched"]
    assert {each["by"]["name"] for each in looks} == {"rita"}
    assert "Who looked at it" in responder.get(f"/evidence/{row.pk}/").content.decode()
    client.force_login(factories.user("olga", role="observer"))
    assert client.get(f"{door}/looks").status_code == 403
    assert "Who looked at it" not in client.get(f"/evidence/{row.pk}/").content.decode()
    client.force_login(factories.user(role="commander", org=factories.organization("other")))
    for tail in ("looks", "counts"):
        assert client.get(f"{door}/{tail}").status_code == 404


def test_the_page_goes_to_a_line_and_marks_what_was_searched(responder: Client, incident: Incident) -> None:
    row = attached(incident, "".join(f"line {n} <b>\n" for n in range(1, 1001)).encode())
    page = f"/evidence/{row.pk}/"
    near = responder.get(page, {"line": 500}).content.decode()
    assert '<li id="L500" class="hit">' in near
    assert 'id="L480"' in near
    assert 'id="L479"' not in near
    assert 'rel="prev" href="?after=279"' in near
    found = responder.get(page, {"q": "50[05]", "by": "regex", "context": 1}).content.decode()
    assert "<mark>500</mark> &lt;b&gt;" in found
    assert [f'id="L{n}"' in found for n in (498, 499, 501, 502, 504, 506)] == [False, True, True, False, True, True]
    assert "Clear" in responder.get(page, {"q": "(", "by": "regex"}).content.decode()


def test_matches_that_stand_together_share_their_surroundings_and_one_reading(
    incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = attached(incident, "".join(f"line {n}\n" for n in range(1, 41)).encode())
    read, lines = list[int](), evidence_search.lines
    monkeypatch.setattr(
        evidence_search, "lines", lambda row, start, count: read.append(start) or lines(row, start, count)
    )
    near = evidence.Surroundings(row, [1, 4, 5, 30, 40], 2)
    assert read == [1, 28, 38]
    assert near.of(1) == ([], ["line 2", "line 3"])
    assert near.of(5) == (["line 3", "line 4"], ["line 6", "line 7"])
    assert near.of(40) == (["line 38", "line 39"], [])


def test_an_agent_asks_for_a_file_by_its_name(incident: Incident, monkeypatch: pytest.MonkeyPatch) -> None:
    attached(incident, LINE.encode(), "auth.log")
    attached(incident, b"other 203.0.113.5\n", "web.log")
    monkeypatch.setattr(tools, "incident_of", lambda call: incident)
    lease = Lease(run_id=uuid7(), session_id=incident.room.pk, owner="test", fence=1)
    call = Call(lease, uuid7(), "investigator", idempotency_key="1")
    one = tools.search_evidence(call, catalogue.SearchEvidence(query="203.0.113.5", file="/var/log/AUTH.log"))
    assert [hit["filename"] for hit in one["hits"]] == ["auth.log"]
    begins = tools.search_evidence(call, catalogue.SearchEvidence(file="web.log"))
    assert [hit["text"] for hit in begins["hits"]] == ["other 203.0.113.5"]
    assert tools.summarize_evidence(call, catalogue.SummarizeEvidence(file="web.log"))["lines"] == 1
    with pytest.raises(tools.ToolFailed, match=r"no file x.log.*web.log, auth.log"):
        tools.search_evidence(call, catalogue.SearchEvidence(query="a", file="x.log"))
    assert set(EvidenceLook.objects.values_list("actor_kind", "actor_name")) == {("agent", "investigator")}
