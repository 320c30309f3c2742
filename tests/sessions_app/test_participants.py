"""Who is in a room: told when they come for the first time, and when they lose the right to be there."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app.actors import person
from sessions_app.errors import Refused
from sessions_app.models import ChatSession, Event
from sessions_app.services import participants
from tests.factories import organization, room, user

pytestmark = pytest.mark.django_db


def told(session: ChatSession) -> list[tuple[str, Any, Any]]:
    rows = Event.objects.filter(session=session).order_by("seq")
    return [(row.type, row.data["name"], row.data["role"]) for row in rows]


def test_coming_is_told_once_however_many_tabs() -> None:
    session, casey = room(), user("casey", name="Casey")
    for _ in range(3):
        participants.join(session.pk, person(casey))
    assert told(session) == [("participant.joined", "Casey", "responder")]


def test_who_may_not_see_the_room_does_not_come_in() -> None:
    session = room()
    with pytest.raises(Refused) as caught:
        participants.join(session.pk, person(user(org=organization("other"))))
    assert caught.value.code == "SESSION_NOT_FOUND"
    assert told(session) == []


@pytest.mark.parametrize("way", ["switched off", "deleted", "deleted with others"])
def test_who_loses_the_membership_leaves_its_rooms_and_comes_back_with_a_new_role(way: str, client: Client) -> None:
    session, casey = room(), user("casey", name="Casey")
    elsewhere = room(organization("other"))
    casey.memberships.create(organization=organization("other"), role="observer")
    participants.join(session.pk, person(casey))
    participants.join(elsewhere.pk, person(casey))
    membership = casey.memberships.get(organization=session.organization)
    client.force_login(user(role="admin", is_staff=True))
    _end(client, membership.pk, way)
    assert told(session)[1:] == [("participant.left", "Casey", "responder")]
    assert told(elsewhere) == [("participant.joined", "Casey", "observer")]

    casey.memberships.update_or_create(organization=session.organization, defaults={"role": "approver", "active": True})
    participants.join(session.pk, person(casey))
    assert told(session)[2:] == [("participant.joined", "Casey", "approver")]


def _end(client: Client, pk: object, way: str) -> None:
    if way == "switched off":
        client.post(reverse("admin:sessions_app_membership_change", args=[pk]), {"role": "responder"})
    elif way == "deleted":
        client.post(reverse("admin:sessions_app_membership_delete", args=[pk]), {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
        client.post(reverse("admin:sessions_app_membership_changelist"), chosen)
