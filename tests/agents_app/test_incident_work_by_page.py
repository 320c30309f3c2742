"""What people arrange, by plain forms: every control of the room works without a script, and is refused in words."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from sessions_app import actors
from sessions_app.events import log
from sessions_app.models import Incident, Pin, User
from sessions_app.services import messages
from tests.factories import incident, organization, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def found() -> Incident:
    return incident(title="Odd sign-ins")


@pytest.fixture
def casey() -> User:
    return user("casey", role="commander", name="Casey")


def signed_in(who: User) -> Client:
    client = Client()
    client.force_login(who, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def client(casey: User) -> Client:
    return signed_in(casey)


def page(client: Client, found: Incident) -> str:
    return client.get(f"/incidents/{found.pk}/").text


def post(client: Client, found: Incident, door: str, **fields: Any) -> Any:
    return client.post(
        f"/incidents/{found.pk}/{door}/", fields, headers={"referer": f"http://testserver/incidents/{found.pk}/"}
    )


def test_tasks_roles_command_and_pins_by_forms(client: Client, casey: User, found: Incident) -> None:
    post(client, found, "command")
    post(client, found, "tasks", title="Rotate the key", assignee=casey.pk, due="2027-01-02T03:04")
    post(client, found, "roles", role="Comms lead", person=casey.pk)
    shown = page(client, found)
    for words in ("Rotate the key", "due 2027-01-02T03:04 UTC", "comms lead", "in command: "):
        assert words in shown, words
    task = found.follow_ups.get()
    assert (str(task.due), task.assignee) == ("2027-01-02 03:04:00+00:00", casey)
    post(client, found, f"tasks/{task.pk}", status="done")
    post(client, found, "roles", role="comms_lead")
    task.refresh_from_db()
    assert (task.status, found.roles.count()) == ("done", 0)
    assert "Open again" in page(client, found)
    post(client, found, "timeline/1/pin", note="It began here")
    assert (Pin.objects.get().seq, "It began here" in page(client, found)) == (1, True)
    listed = client.get(f"/incidents/{found.pk}/timeline/").text
    assert "It began here" in listed
    assert "Casey" in listed
    post(client, found, "timeline/1/pin", action="unpin")
    assert not Pin.objects.exists()


def test_merging_by_form_leads_to_where_it_goes_on(client: Client, found: Incident) -> None:
    whole = incident(title="The whole story")
    assert f'<option value="{whole.pk}">The whole story</option>' in page(client, found)
    answer = post(client, found, "merge", into=whole.pk)
    assert answer.headers["Location"] == f"/incidents/{whole.pk}/"
    closed = page(client, found)
    assert "merged; its work goes on in" in " ".join(closed.split())
    assert f'action="/incidents/{found.pk}/evidence/"' not in closed
    assert f'action="/incidents/{found.pk}/unmerge/"' in page(client, whole)
    rows = client.get("/").text
    assert "merged into The whole story" in rows
    assert post(client, found, "unmerge").status_code == 302
    found.refresh_from_db()
    assert found.merged_into is None
    assert f'action="/incidents/{found.pk}/evidence/"' in page(client, found)
    assert (
        "Casey took this incident out of “The whole story” again" in client.get(f"/incidents/{found.pk}/timeline/").text
    )
    assert "Casey took “Odd sign-ins” out of this incident again" in client.get(f"/incidents/{whole.pk}/timeline/").text


def test_the_timeline_tells_a_report_once_and_in_a_line(client: Client, found: Incident) -> None:
    room = log.lock(found.room_id or uuid4())
    messages.say(session=room, speaker=actors.SYSTEM, content="# Odd sign-ins - Severity", message_type="report")
    messages.say(session=room, speaker=actors.SYSTEM, content="Nobody got in.")
    listed = client.get(f"/incidents/{found.pk}/timeline/").text
    assert "Nobody got in." in listed
    assert "# Odd sign-ins" not in listed


def test_a_blocked_indicator_suggests_contained_and_a_person_says_so(client: Client, found: Incident) -> None:
    question = "Does that contain it?"
    hidden = 'data-field="suggestion" hidden'
    assert hidden in page(client, found)
    found.indicators.create(
        organization=found.organization, kind="ip", value="203.0.113.7", blocked_until=found.opened_at
    )
    shown = page(client, found)
    assert (question in shown, hidden in shown) == (True, False)
    post(client, found, "status", status="contained")
    found.refresh_from_db()
    assert found.status == "contained"
    assert hidden in page(client, found)


@pytest.mark.parametrize(
    ("door", "fields"),
    [
        ("command", {}), ("tasks", {"title": "x"}), ("roles", {"role": "scribe"}), ("status", {"status": "closed"}),
        ("timeline/1/pin", {}), ("unmerge", {}), ("report/edit", {"markdown": "x", "status": "draft", "version": 0}),
        ("report/draft", {}),
    ],
)  # fmt: skip
def test_who_may_not_is_told_so_and_strangers_find_nothing(found: Incident, door: str, fields: dict[str, Any]) -> None:
    observer, stranger = user(role="observer"), user(role="commander", org=organization("other"))
    assert post(signed_in(stranger), found, door, **fields).status_code == 404
    answer = signed_in(observer).post(f"/incidents/{found.pk}/{door}/", fields, follow=True)
    assert "Nothing was changed." in answer.text
    found.refresh_from_db()
    assert (found.status, found.commander, found.follow_ups.count(), found.reports.count()) == ("open", None, 0, 0)
    assert "Add a task" not in page(signed_in(observer), found)


def test_a_form_that_makes_no_sense_changes_nothing(client: Client, found: Incident) -> None:
    for door, fields in (
        ("tasks", {"title": ""}), ("tasks", {"title": "x", "due": "soon"}), ("roles", {"role": "!"}),
        ("status", {"status": "done"}), ("merge", {"into": "x"}), ("merge", {"into": found.pk}),
        (f"tasks/{uuid4()}", {"status": "done"}), ("timeline/99/pin", {}),
    ):  # fmt: skip
        assert post(client, found, door, **fields).status_code in (302, 404)
    assert (found.follow_ups.count(), found.roles.count(), Pin.objects.count()) == (0, 0, 0)


def test_a_report_is_written_previewed_and_kept_when_another_was_first(client: Client, found: Incident) -> None:
    address = f"/incidents/{found.pk}/report/"
    seen = client.post(
        f"{address}edit/", {"markdown": "# Ours <b>x</b>", "status": "draft", "version": 0, "action": "preview"}
    )
    assert "<h1>Ours" in seen.text
    assert not found.reports.exists()
    fragment = client.post(f"{address}preview/", {"markdown": "**bold** <script>1</script>"}).text
    assert ("<strong>bold</strong>" in fragment, "<script" in fragment) == (True, False)
    first = client.post(f"{address}edit/", {"markdown": "# One\r\n\r\nkept", "status": "final", "version": 0})
    assert first.headers["Location"] == address
    assert found.reports.get().markdown == "# One\n\nkept"
    late = client.post(f"{address}edit/", {"markdown": "# Mine", "status": "draft", "version": 0})
    assert late.status_code == 409
    for words in ("# Mine", 'name="version" value="1"', "Somebody has written version 1 meanwhile", "# One"):
        assert words in late.text, words
    client.post(f"{address}edit/", {"markdown": "# Mine", "status": "draft", "version": 1})
    assert "Version 2" in client.get(f"{address}versions/").text
    changed = client.get(f"{address}versions/2/").text
    assert 'data-kind="removed"' in changed
    assert 'data-kind="added"' in changed
    for number in (3, 0, 10**30):
        assert client.get(f"{address}versions/{number}/").status_code == 404
    stranger = signed_in(user(role="commander", org=organization("other")))
    assert stranger.get(f"{address}versions/2/").status_code == 404
    shown = client.get(address).text
    for words in ("2, draft", "Casey", f'href="{address}edit/"', "Draft from the log"):
        assert words in shown, words
    client.post(f"{address}draft/")
    assert found.reports.count() == 3
