"""Pages as a browser without JavaScript sees them: who may open which, where forms lead, and nothing inline."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client

from agents_app.models import Agent
from sessions_app import actors
from sessions_app.models import Evidence, Incident, Membership, Message, Report, User
from sessions_app.services import messages
from tests import factories

pytestmark = pytest.mark.django_db
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def incident() -> Incident:
    made = factories.incident(title="Odd sign-ins on web-1")
    Report.objects.create(incident=made, version=1, markdown="# What happened\n\n<script>x</script>")
    return made


def pages_of(incident: Incident) -> list[str]:
    file = Evidence.objects.create(
        incident=incident,
        filename="auth.log",
        stored_name=uuid4().hex,
        content_type="application/zip",
        size=1,
        sha256="0",
    )
    return [f"/incidents/{incident.pk}/", f"/incidents/{incident.pk}/report/", f"/evidence/{file.pk}/"]


def test_a_member_opens_every_page_and_others_find_nothing(incident: Incident) -> None:
    member, outsider = factories.user(role="observer"), factories.user(org=factories.organization("other"))
    former = factories.user(role="commander")
    Membership.objects.filter(user=former).update(active=False)
    for address in pages_of(incident):
        assert signed_in(member).get(address).status_code == 200
        assert signed_in(outsider).get(address).status_code == 404
        assert signed_in(former).get(address).status_code == 404


def test_who_has_not_signed_in_is_led_to_the_door_and_back(incident: Incident) -> None:
    address = f"/incidents/{incident.pk}/"
    assert Client().get(address).headers["Location"] == f"/sign-in/?next={address}"


@pytest.mark.parametrize("form", ["messages", "change", "evidence"])
def test_an_outsiders_form_finds_nothing(incident: Incident, form: str) -> None:
    outsider = factories.user(org=factories.organization("other"), role="commander")
    assert signed_in(outsider).post(f"/incidents/{incident.pk}/{form}/", {"content": "x"}).status_code == 404
    assert Message.objects.count() == 0


def test_an_observers_post_is_refused_in_words_on_the_room(incident: Incident) -> None:
    client, room = signed_in(factories.user(role="observer")), f"/incidents/{incident.pk}/"
    answer = client.post(
        f"{room}messages/", {"content": "hello"}, headers={"referer": f"http://testserver{room}"}, follow=True
    )
    assert "Nothing was changed. Your role does not allow this" in answer.text
    assert Message.objects.count() == 0


def test_a_message_and_a_change_go_through_without_a_script(incident: Incident) -> None:
    commander = factories.user(role="commander")
    client = signed_in(commander)
    assert (
        "I am <b>here</b>"
        not in client.post(f"/incidents/{incident.pk}/messages/", {"content": "I am <b>here</b>"}, follow=True).text
    )
    client.post(
        f"/incidents/{incident.pk}/change/", {"severity": "critical", "status": "contained", "take_command": "yes"}
    )
    incident.refresh_from_db()
    assert (incident.severity, incident.status, incident.commander) == ("critical", "contained", commander)


def test_older_messages_are_a_link_away(incident: Incident) -> None:
    person = factories.user()
    Agent.objects.update(enabled=False)
    for number in range(52):
        messages.say(session=incident.room, speaker=actors.person(person), content=f"line {number}")
    client = signed_in(person)
    newest = client.get(f"/incidents/{incident.pk}/")
    assert "line 51" in newest.text
    older = re.search(r'href="(\?before=\d+)"', newest.text)
    assert older
    assert "<p>line 1</p>" in client.get(f"/incidents/{incident.pk}/{older[1]}").text


def test_a_declared_incident_opens_its_room_and_a_bad_one_says_why() -> None:
    client = signed_in(factories.user(role="responder"))
    refused = client.post("/incidents/declare/", {"title": "", "severity": "high"})
    assert refused.status_code == 400
    assert "Nothing was declared" in refused.text
    opened = client.post("/incidents/declare/", {"title": "Fire in the lab", "severity": "critical"}, follow=True)
    assert "Fire in the lab" in opened.text


def test_the_list_filters_by_its_address_and_pages_by_key(incident: Incident) -> None:
    for number in range(31):
        factories.incident(title=f"Noise {number}", severity="low")
    client = signed_in(factories.user(role="observer"))
    found = client.get("/?severity=high&q=odd&status=unsettled")
    assert [row.title for row in found.context["incidents"]] == ["Odd sign-ins on web-1"]
    first = client.get("/?severity=low")
    second = client.get(f"/?{first.context['next_page']}")
    assert [len(page.context["incidents"]) for page in (first, second)] == [30, 1]
    assert client.get("/?severity=nonsense&before=nonsense").status_code == 200


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "1e9", "\u0663", "\u00b2"])
def test_a_number_in_a_link_that_is_none_changes_nothing(incident: Incident, number: str) -> None:
    member = signed_in(factories.user())
    text = {"stored_name": uuid4().hex, "content_type": "text/plain", "size": 0, "sha256": "0", "lines": 0}
    file = Evidence.objects.create(incident=incident, filename="empty.log", **text)
    assert member.get(f"/incidents/{incident.pk}/", {"before": number}).status_code == 200
    assert member.get(f"/evidence/{file.pk}/", {"after": number}).status_code == 200


def test_who_belongs_nowhere_is_told_so_and_declares_nothing() -> None:
    nobody = signed_in(User.objects.create_user("nobody"))
    for address in ("/incidents/declare/", "/incidents/demo/"):
        answer = nobody.post(address, {"title": "x", "severity": "low"}, follow=True)
        assert "You belong to no organisation." in answer.content.decode()
    assert not Incident.objects.exists()


def test_a_post_may_hold_what_no_database_can(incident: Incident) -> None:
    signed_in(factories.user()).post(f"/incidents/{incident.pk}/messages/", {"content": "a\x00b"})
    assert Message.objects.get(sender_type="user").content == "ab"


def test_the_theme_is_kept_and_its_form_leads_to_no_other_site() -> None:
    answer = Client().post("/theme/", {"theme": "dark", "next": "https://evil.example/"})
    assert answer.cookies["theme"].value == "dark"
    assert answer.headers["Location"] == "/"
    assert "theme" not in Client().post("/theme/", {"theme": '"><script>'}).cookies


def test_every_page_carries_the_policy_and_nothing_inline(incident: Incident) -> None:
    client = signed_in(factories.user(role="commander"))
    for address in ["/", "/sign-in/", *pages_of(incident)]:
        answer = client.get(address, follow=True)
        told = {part.strip() for part in answer.headers["Content-Security-Policy"].split(";")}
        assert told == {part.strip() for part in POLICY.split(";")}
    for template in TEMPLATES.rglob("*.html"):
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\bsrc=)", template.read_text()), (
            template
        )
