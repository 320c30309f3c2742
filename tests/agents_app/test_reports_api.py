"""The report and the crew by REST: who may read, write and send; what is another's is not there."""

import pytest
from django.test import Client
from markdown_it import MarkdownIt

from agents_app.models import Run
from sessions_app.models import Event
from tests import factories
from tests.agents_app.crew_alerts import SERVICE_DOWN
from tests.agents_app.crew_room import CrewRoom

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room() -> CrewRoom:
    return CrewRoom.open(SERVICE_DOWN.alert, source="alertmanager")


def client(role: str, *, slug: str = "demo") -> Client:
    signed_in = Client()
    signed_in.force_login(
        factories.user(role=role, org=factories.organization(slug)), "django.contrib.auth.backends.ModelBackend"
    )
    return signed_in


def path(room: CrewRoom, door: str) -> str:
    return f"/api/v1/incidents/{room.incident.pk}/{door}"


def test_there_is_no_report_until_the_crew_has_written_one(room: CrewRoom) -> None:
    reader = client("observer")
    assert reader.get(path(room, "report")).status_code == 404
    room.work()
    answer = reader.get(path(room, "report")).json()
    assert answer["version"] == 1
    assert answer["status"] == "draft"
    assert answer["markdown"].startswith("# billing-3 is down")


def test_a_persons_edit_is_a_new_version_and_everybody_hears_of_it(room: CrewRoom) -> None:
    room.work()
    told = {"markdown": "# Ours\n\nThe switch was loose.", "status": "final"}
    answer = client("responder").put(path(room, "report"), told, content_type="application/json")
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert answer.json().items() >= told.items()
    assert Event.objects.filter(type="incident.reported").count() == 2
    assert room.incident.reports.get(version=2).author is not None


@pytest.mark.parametrize(("role", "slug", "status"), [("observer", "demo", 403), ("responder", "other", 404)])
def test_who_may_not_write_the_report(room: CrewRoom, role: str, slug: str, status: int) -> None:
    room.work()
    answer = client(role, slug=slug).put(path(room, "report"), {"markdown": "x"}, content_type="application/json")
    assert answer.status_code == status


def test_an_empty_report_or_an_unknown_field_is_refused(room: CrewRoom) -> None:
    room.work()
    for body in ({"markdown": ""}, {"markdown": "x", "author": "me"}, {}):
        assert client("responder").put(path(room, "report"), body, content_type="application/json").status_code == 400


def test_the_crew_is_sent_again_once_it_is_done(room: CrewRoom) -> None:
    responder = client("responder")
    busy = responder.post(path(room, "crew"), content_type="application/json")
    assert (busy.status_code, busy.json()["error_code"]) == (409, "RUN_ACTIVE")
    room.work()
    sent = responder.post(path(room, "crew"), {}, content_type="application/json")
    assert sent.status_code == 202
    assert sent.json() == {"run_id": str(room.run.pk)}
    assert room.work().status == "succeeded"
    assert [report.version for report in room.incident.reports.order_by("version")] == [1, 2]


@pytest.mark.parametrize(("role", "slug", "status"), [("observer", "demo", 403), ("commander", "other", 404)])
def test_who_may_not_send_the_crew(room: CrewRoom, role: str, slug: str, status: int) -> None:
    assert client(role, slug=slug).post(path(room, "crew"), content_type="application/json").status_code == status
    assert Run.objects.count() == 1


def test_markup_in_an_alert_is_plain_text_in_the_report() -> None:
    odd = "Down [click](http://evil.example) **now** | <b>bold</b> `code`"
    alert = {"title": odd, "severity": "high", "host": "web_01"}
    room = CrewRoom.open(alert)
    room.work_to_the_end("reject")
    (message,) = room.messages("report")
    assert "<a " not in message.html
    assert "<strong>" not in message.html
    assert "web_01" in room.report


@pytest.mark.parametrize(
    "title",
    [
        "# Decisions", "## Blocked ##", "> Quoted", "- One", "+ One", "1. One", "12) One",
        "<img src=https://evil.example/seen.png>", "<https://evil.example/>", "<!-- gone", "\\<b>bold</b>",
    ],
)  # fmt: skip
def test_no_title_of_an_alert_is_anything_but_text_wherever_a_report_is_read(title: str) -> None:
    room = CrewRoom.open({"title": title, "severity": "high"})
    assert client("responder").post(path(room, "report"), {}, "application/json").status_code == 201
    exported = client("observer").get(path(room, "report/export")).text
    tokens = MarkdownIt("commonmark").parse(exported)
    block = {token.type for token in tokens}
    assert not block & {"html_block", "blockquote_open", "ordered_list_open", "hr"}
    assert sum(token.type == "heading_open" for token in tokens) == exported.count("\n## ") + 1
    assert max(token.level for token in tokens if token.type == "bullet_list_open") == 0
    inline = [child for token in tokens for child in token.children or ()]
    assert not {"html_inline", "link_open", "image"} & {child.type for child in inline}
    plain = "".join(child.content for child in inline if child.type == "text")
    assert plain.count(title) >= 2, "as its heading, and among the alerts"
