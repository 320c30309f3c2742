"""The log: one writer, no gap, and what is read is what was sent."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from sessions_app import actors
from sessions_app.events import frames, log, stored
from sessions_app.events.hub import hub
from sessions_app.models import ChatSession, Event
from sessions_app.services import messages
from sessions_app.vocabulary import EVENT_TYPES, SessionChanged
from tests import contract, factories
from tests.sessions_app.telling import say


@pytest.fixture
def handed_over(monkeypatch):
    """What the hub was given after commit."""
    given = []
    monkeypatch.setattr(hub, "committed", lambda room, seq, text, **more: given.append((seq, text, more)))
    return given


@pytest.mark.django_db(transaction=True)
def test_commit_order_is_seq_order_without_a_gap_whoever_writes():
    room = factories.room()

    def write(number):
        say(room, f"message {number}")
        connection.close()

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(40)))
    seqs = list(Event.objects.filter(session=room).order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, 41))
    assert ChatSession.objects.get(pk=room.pk).head == 40


@pytest.mark.django_db(transaction=True)
def test_what_is_read_is_letter_by_letter_what_was_sent(handed_over):
    room, person = factories.room(), factories.user()
    say(room, "Über 1\u2028 \U0001f600 </script>", speaker=actors.person(person))
    ((seq, sent, _),) = handed_over
    assert log.read(room.pk, after=0) == [(seq, sent)]
    event = contract.read(sent)
    assert event["actor"] == {"kind": "user", "id": str(person.pk), "name": person.display_name}
    assert event["ts"].endswith("Z")
    assert not {"run", "parent_run", "cause"} & set(event)


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_told(handed_over):
    room = factories.room()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        log.record(SessionChanged(event="session.activated"), session=log.lock(room.pk), actor=actors.SYSTEM)
        raise ZeroDivisionError
    assert handed_over == []
    assert log.position(room.pk) == (room.epoch, 0)


@pytest.mark.django_db
def test_a_session_that_was_read_before_the_lock_is_refused():
    room = factories.room()
    told = SessionChanged(event="session.activated")
    stale = ChatSession.objects.get(pk=room.pk)
    log.record(told, session=log.lock(room.pk), actor=actors.SYSTEM)
    with pytest.raises(AssertionError, match="locked"):
        log.record(told, session=stale, actor=actors.SYSTEM)


@pytest.mark.django_db(transaction=True)
def test_an_event_needs_the_transaction_of_its_change():
    room = factories.room()
    with pytest.raises(AssertionError, match="transaction"):
        log.record(SessionChanged(event="session.activated"), session=room, actor=actors.SYSTEM)


@pytest.mark.django_db(transaction=True)
def test_a_very_long_message_is_cut_in_its_frame_and_whole_in_the_database(handed_over):
    room = factories.room()
    message = say(room, "\x01 long " * 100_000, html="<p>long</p>")
    event = contract.read(handed_over[0][1])
    assert event["data"]["truncated"] is True
    assert message.content.startswith(event["data"]["content"])
    assert event["data"]["message_id"] == str(message.pk)
    assert len(message.content) == 700_000


def test_a_frame_of_a_thousand_small_things_is_cut_too():
    many = {"run_id": "r", "nodes": [{"title": "x" * 500, "n": number} for number in range(5000)]}
    cut = frames.encode_within({"t": "event", "data": many}, "data")
    assert frames.size(cut) <= frames.OUTBOUND_BYTES
    assert '"run_id":"r"' in cut
    assert '"truncated":true' in cut


def test_a_number_beyond_64_bits_is_no_reason_to_lose_an_event():
    assert frames.encode({"data": {"n": 2**70}}) == '{"data":{"n":1180591620717411303424}}'


@pytest.mark.django_db(transaction=True)
def test_what_is_read_is_to_the_letter_what_went_out_whatever_its_numbers_and_signs():
    room, metadata = factories.room(), {"big": 2**70, "float": 1.5, "digits": "9" * 40, "signs": '告警 \U0001f525 \\ "'}
    with transaction.atomic():
        said = messages.say(session=log.lock(room.pk), speaker=actors.SYSTEM, content="hello", metadata=metadata)
    [(seq, text)] = log.read(room.pk, after=said.seq - 1)
    assert (seq, text) == (said.seq, stored.frame_of(Event.objects.get(session=room, seq=said.seq)))
    assert json.loads(text)["data"]["metadata"] == metadata


@pytest.mark.django_db(transaction=True)
def test_reading_stops_at_a_budget_of_bytes_but_gives_at_least_one():
    room = factories.room()
    for _ in range(5):
        say(room, "x" * 1000)
    one = frames.size(log.read(room.pk, after=0, limit=1)[0][1])
    assert len(log.read(room.pk, after=0, budget=1)) == 1
    assert [seq for seq, _ in log.read(room.pk, after=1, budget=2 * one + 100)] == [2, 3]


def test_every_event_type_of_the_contract_has_a_payload():
    assert {"message.end", "approval.requested", "run.cancelled", "round.summarized"} <= set(EVENT_TYPES)
    assert len(EVENT_TYPES) > 80
