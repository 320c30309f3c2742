"""Tickets for the socket: for one person, one use, thirty seconds."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from sessions_app.errors import Refused
from sessions_app.models import User, WsTicket
from sessions_app.services import accounts
from tests.callers import person, program
from tests.factories import organization, user

pytestmark = pytest.mark.django_db


def ticket_of(somebody: User) -> str:
    return person(somebody).post("ws-tickets").json()["ticket"]


def works(ticket: str) -> bool:
    try:
        accounts.redeem_ticket(ticket)
    except Refused:
        return False
    return True


def test_a_ticket_stands_for_its_person_once() -> None:
    casey = user("casey")
    ticket = ticket_of(casey)
    assert accounts.redeem_ticket(ticket).user == casey
    assert not works(ticket)


def test_a_ticket_is_stored_as_a_hash() -> None:
    ticket = ticket_of(user("casey"))
    assert ticket not in str(WsTicket.objects.values())


def test_a_ticket_lasts_thirty_seconds() -> None:
    answer = person(user("casey")).post("ws-tickets")
    assert answer.status_code == 201
    WsTicket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not works(answer.json()["ticket"])


@pytest.mark.parametrize("ended", ["deactivated", "new password", "signed out of the browser", "signed out by token"])
def test_what_ends_a_sign_in_voids_its_tickets(ended: str, client: Client) -> None:
    casey = user("casey")
    client.force_login(casey)
    ticket = client.post("/api/v1/ws-tickets", {}, "application/json").json()["ticket"]
    if ended == "deactivated":
        User.objects.update(is_active=False)
    elif ended == "new password":
        casey.set_password("another long password")
        casey.save()
    elif ended == "signed out of the browser":
        client.post("/sign-out/")
    else:
        accounts.sign_out(refresh=accounts.sign_in(user=casey).refresh)
    assert not works(ticket)


def test_a_program_gets_no_ticket() -> None:
    assert program(organization(), "read", "write", "ingest").post("ws-tickets").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_of_two_sockets_with_the_same_ticket_one_opens() -> None:
    ticket = ticket_of(user("casey"))
    start, opened = threading.Barrier(2), []

    def try_it() -> None:
        start.wait(5)
        opened.append(works(ticket))
        connection.close()

    threads = [threading.Thread(target=try_it) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert sorted(opened) == [False, True]
