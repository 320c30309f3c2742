"""Deciding by a plain form: the same services, told on the page the form stood on."""

import pytest
from django.http import HttpResponse
from django.test import Client

from agents_app.models import Grant
from sessions_app.models import User
from tests import factories
from tests.agents_app.control import EVIL, Scene, scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked() -> Scene:
    made = scene()
    made.act()
    return made


def send(user: User, address: str, **said: object) -> HttpResponse:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.post(address, said, headers={"referer": "http://testserver/"}, follow=True)  # type: ignore[return-value]


def decide(asked: Scene, user: User, decision: str, **more: object) -> HttpResponse:
    approval = asked.approval
    said = {"version": approval.version, "digest": approval.digest, "decision": decision, **more}
    return send(user, f"/approvals/{approval.pk}/", **said)


def test_an_approver_approves(asked: Scene) -> None:
    answer = decide(asked, asked.person("approver"), "approve")
    assert "your decision is stored; the request is approved" in answer.text
    assert asked.approval.status == "approved"


def test_a_rejection_keeps_its_words(asked: Scene) -> None:
    decide(asked, asked.person("approver"), "reject", feedback="That is ours.")
    assert (asked.approval.status, asked.approval.feedback) == ("rejected", "That is ours.")


def test_a_rejection_without_words_is_said_to_be_one(asked: Scene) -> None:
    answer = decide(asked, asked.person("approver"), "reject", feedback=" ")
    assert "Say why you reject it" in answer.text
    assert asked.approval.status == "pending"
    decide(asked, asked.person("approver"), "reject", without_words="yes")
    assert asked.approval.status == "rejected"


def test_an_edit_is_approved_with_its_new_arguments(asked: Scene) -> None:
    edited = '{"indicator": "203.0.113.7", "minutes": 5, "reason": "Shorter."}'
    decide(asked, asked.person("approver"), "approve", edited_args=edited)
    assert asked.approval.args["minutes"] == 5


@pytest.mark.parametrize("edited", ["{", "[" * 100_000])
def test_edited_arguments_that_are_not_json_change_nothing(asked: Scene, edited: str) -> None:
    answer = decide(asked, asked.person("approver"), "approve", edited_args=edited)
    assert "Nothing was changed. The edited arguments are not JSON." in answer.text
    assert asked.approval.status == "pending"


def test_a_responder_is_refused_in_words(asked: Scene) -> None:
    answer = decide(asked, asked.person("responder"), "approve")
    assert "Nothing was changed." in answer.text
    assert asked.approval.status == "pending"


def test_an_outsider_finds_nothing(asked: Scene) -> None:
    outsider = factories.user(org=factories.organization("other"), role="commander")
    assert decide(asked, outsider, "approve").status_code == 404
    assert asked.approval.status == "pending"


def test_more_of_the_same_is_allowed_and_taken_back(asked: Scene) -> None:
    approver, told = asked.person("approver"), {"grant": "yes", "grant_uses": "2", "grant_minutes": "10"}
    assert "how many minutes" in decide(asked, approver, "approve", grant="yes", grant_uses="x").text
    room = f"/chats/{asked.session.pk}/" if asked.incident is None else f"/incidents/{asked.incident.pk}/"
    client = Client()
    client.force_login(approver, backend="django.contrib.auth.backends.ModelBackend")
    assert 'name="grant_same" value="indicator" checked' in client.get(room).text
    decide(asked, approver, "approve", **told, grant_same="indicator")
    grant = Grant.objects.get()
    assert (grant.uses_left, grant.constraint) == (2, {"indicator": EVIL})
    address = f"/grants/{grant.pk}/revoke/"
    assert address in client.get(room).text
    outsider = factories.user(org=factories.organization("other"), role="commander")
    assert send(outsider, address).status_code == 404
    assert "Nothing was changed" in send(asked.person("observer"), address).text
    assert "is asked for again from now on" in send(approver, address).text
    assert not Grant.objects.live().exists()


def test_a_rejection_by_form_grants_nothing(asked: Scene) -> None:
    decide(asked, asked.person("approver"), "reject", feedback="No.", grant="yes", grant_uses="2", grant_minutes="9")
    assert (asked.approval.status, Grant.objects.count()) == ("rejected", 0)
