"""Quick add and where else seen: by page without JavaScript, and by REST."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sessions_app import actors
from sessions_app.models import Event, EvidenceLook, Incident
from sessions_app.services import evidence, indicators
from tests import factories

pytestmark = pytest.mark.django_db

PASTED = """\
c2 at 203[.]0[.]113[.]7 and hxxp://bad[.]example/a.sh
203.0.113.9
nothing to see here
"""


@pytest.fixture
def incident() -> Incident:
    made = factories.incident()
    made.indicators.create(organization=made.organization, kind="ip", value="203.0.113.9", seen_count=3)
    return made


def reader(role: str = "responder", org: Any = None) -> Client:
    client = Client()
    client.force_login(factories.user(role=role, org=org))
    return client


def test_a_pasted_text_adds_all_that_it_names_and_says_what_it_found(incident: Incident) -> None:
    address = f"/api/v1/incidents/{incident.pk}/indicators/pasted"
    told = reader().post(address, {"text": PASTED}, "application/json")
    assert told.status_code == 200, told.text
    noted = told.json()
    assert {each["value"] for each in noted["added"]} == {"203.0.113.7", "http://bad.example/a.sh", "bad.example"}
    assert [(each["value"], each["seen_count"]) for each in noted["known"]] == [("203.0.113.9", 3)]
    assert noted["unread"] == ["nothing to see here"]
    assert Event.objects.filter(session=incident.room_id, type="indicator.added").count() == 3


def test_the_same_by_a_plain_form_of_the_room(incident: Incident) -> None:
    responder = reader()
    assert f'action="/incidents/{incident.pk}/indicators/"' in responder.get(f"/incidents/{incident.pk}/").text
    page = responder.post(f"/incidents/{incident.pk}/indicators/", {"text": PASTED}, follow=True).text
    assert "Added 3: " in page
    assert "Here already: 203.0.113.9." in page
    assert "Nothing found in: nothing to see here." in page
    assert incident.indicators.count() == 4


def test_a_text_that_names_nothing_is_refused_in_words(incident: Incident) -> None:
    page = reader().post(f"/incidents/{incident.pk}/indicators/", {"text": "no idea"}, follow=True).text
    assert "Nothing was changed." in page
    address = f"/api/v1/incidents/{incident.pk}/indicators/pasted"
    assert reader().post(address, {"text": "no idea"}, "application/json").status_code == 400
    assert incident.indicators.count() == 1


def test_who_only_looks_adds_nothing_and_a_stranger_finds_nothing(incident: Incident) -> None:
    api, page = f"/api/v1/incidents/{incident.pk}/indicators/pasted", f"/incidents/{incident.pk}/indicators/"
    observer = reader("observer")
    assert f'action="{page}"' not in observer.get(f"/incidents/{incident.pk}/").text
    assert observer.post(api, {"text": PASTED}, "application/json").status_code == 403
    stranger = reader("commander", factories.organization("other"))
    row = incident.indicators.get()
    assert stranger.post(api, {"text": PASTED}, "application/json").status_code == 404
    assert stranger.post(page, {"text": PASTED}).status_code == 404
    assert stranger.get(f"{page}{row.pk}/").status_code == 404
    assert stranger.get(f"/api/v1/incidents/{incident.pk}/indicators/{row.pk}").status_code == 404
    assert incident.indicators.count() == 1


def test_where_an_indicator_was_seen_names_files_lines_and_other_incidents_of_ours(incident: Incident) -> None:
    log = "one\nfrom 203.0.113.9 port 1\nfrom 203.0.113.99\nagain 203.0.113.9\n"
    file = evidence.attach(incident=incident, filename="a.log", stream=io.BytesIO(log.encode()), by=actors.SYSTEM)
    other = factories.incident(title="Scan last week")
    other.indicators.create(organization=other.organization, kind="ip", value="203.0.113.9", seen_count=5)
    theirs = factories.incident(factories.organization("other"), title="Not ours")
    theirs.indicators.create(organization=theirs.organization, kind="ip", value="203.0.113.9")
    row, observer = incident.indicators.get(value="203.0.113.9"), reader("observer")
    seen = observer.get(f"/api/v1/incidents/{incident.pk}/indicators/{row.pk}").json()
    assert (seen["indicator"]["value"], seen["count"], seen["of_alert"]) == ("203.0.113.9", 2, False)
    (found,) = seen["seen_in"]
    assert (found["evidence_id"], found["count"], found["lines"]) == (str(file.pk), 2, [2, 4])
    assert [(each["title"], each["seen_count"]) for each in seen["other_incidents"]] == [("Scan last week", 5)]
    page = observer.get(f"/incidents/{incident.pk}/indicators/{row.pk}/").text
    assert f'href="/evidence/{file.pk}/?q=203.0.113.9"' in page
    assert f'href="/incidents/{other.pk}/"' in page
    assert "Not ours" not in page
    assert observer.get(f"/incidents/{other.pk}/indicators/{row.pk}/").status_code == 404


def test_who_looks_where_an_indicator_was_seen_has_looked_at_the_evidence(incident: Incident) -> None:
    file = evidence.attach(incident=incident, filename="a.log", stream=io.BytesIO(b"203.0.113.9\n"), by=actors.SYSTEM)
    row = incident.indicators.get(value="203.0.113.9")
    for role, door in (("observer", "/api/v1"), ("approver", "")):
        assert reader(role).get(f"{door}/incidents/{incident.pk}/indicators/{row.pk}{'' if door else '/'}").text
    looks = EvidenceLook.objects.filter(evidence=file).order_by("id")
    assert [(each.way, each.actor_kind) for each in looks] == [("searched", "user")] * 2


def test_where_an_indicator_was_seen_is_looked_for_in_bounded_time(
    incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = b"nothing\n" * 20_000 + b"203.0.113.9\n"
    evidence.attach(incident=incident, filename="a.log", stream=io.BytesIO(lines), by=actors.SYSTEM)
    row, observer = incident.indicators.get(value="203.0.113.9"), reader("observer")
    doors = [f"/api/v1/incidents/{incident.pk}/indicators/{row.pk}", f"/incidents/{incident.pk}/indicators/{row.pk}/"]
    assert [observer.get(doors[0]).json()[name] for name in ("count", "cut")] == [1, False]
    assert '<li class="nothing">…</li>' not in observer.get(doors[1]).text
    monkeypatch.setattr(indicators, "SEARCH_SECONDS", -1)
    told = observer.get(doors[0]).json()
    assert [told[name] for name in ("count", "of_alert", "cut")] == [0, False, True]
    page = observer.get(doors[1]).text
    assert '<li class="nothing">…</li>' in page
    assert "No line holds it." not in page


def test_the_page_of_a_blocked_indicator_lets_an_approver_unblock_it(incident: Incident) -> None:
    row = incident.indicators.get()
    row.known, row.blocked_until = "resolver", timezone.now() + timedelta(hours=1)
    row.save()
    war_room = f"/incidents/{incident.pk}/"
    page = f"{war_room}indicators/{row.pk}/"
    assert 'action="/block-list/unblock/"' in reader("approver").get(page).text
    assert 'action="/block-list/unblock/"' not in reader("responder").get(page).text
    assert '<span class="about" data-field="about">blocked</span>' in reader("observer").get(war_room).text
    row.blocked_until = timezone.now() - timedelta(seconds=1)  # it ended by itself: nothing tells of that
    row.save()
    assert "known: public resolver" in reader("observer").get(war_room).text
    assert 'action="/block-list/unblock/"' not in reader("approver").get(page).text


def test_of_two_with_one_spelling_the_one_that_is_opened_is_shown(incident: Incident) -> None:
    user, host = (
        incident.indicators.create(organization=incident.organization, kind=kind, value="backup", seen_count=count)
        for kind, count in (("user", 2), ("host", 5))
    )
    seen = indicators.describe_row(host)
    assert (seen.kind, seen.seen_count) == ("host", 5)
    assert indicators.describe(incident, "backup").kind == user.kind
