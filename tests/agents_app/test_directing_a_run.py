"""What people ask of a run on its way: rest, go on, try again, hear this. By REST and by the socket."""

import threading
from typing import Any

import pytest

from agents_app.dispatch.embedded import Runner
from agents_app.models import Agent, Approval, Run, RunInbox, ToolPolicy
from agents_app.services import approvals, directing, runs, working
from sessions_app import actors
from sessions_app.errors import Refused
from sessions_app.models import ChatSession, Message, User
from sessions_app.services import messages
from sessions_app.vocabulary import Decision, MessageSend
from tests import callers, factories
from tests.agents_app.calling import Person
from tests.agents_app.control import refused
from tests.agents_app.talking import crash, events, in_thread, person, post, said, told, until, work_on
from tests.fakes.openai_server import FakeOpenAI
from tests.sockets import opened

pytestmark = pytest.mark.django_db(transaction=True)


def rita_does() -> actors.Actor:
    return actors.person(person())


def steer(run: Run, content: str) -> Message:
    draft = messages.draft(MessageSend(content=content), by=rita_does())
    return directing.steer(draft, run_id=run.pk)


async def become(run: Run, status: str) -> Run:
    again: Run = await until(Run.objects.filter(pk=run.pk, status=status).first)
    return again


async def speaking() -> Run:
    """The run that has begun to speak."""
    found: Run = await until(Run.objects.exclude(speaking=[]).first)
    return found


def asked_of(models: FakeOpenAI, number: int = -1) -> list[Any]:
    return [each["content"] for each in models.requests[number]["messages"][1:]]


# --- Pause and resume -------------------------------------------------------------------------------------------------
async def test_a_pause_stops_the_model_in_mid_stream_and_the_run_goes_on_from_its_checkpoint(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.hangs(after="I see two")
    models.says("I see two hosts.")
    await in_thread(post, room, "What do you see?")
    run = await speaking()
    answer = await rita.post(f"runs/{run.pk}/pause")
    assert answer.status_code == 200, answer.content
    run = await become(run, "paused")
    assert (run.lease_owner, run.speaking, await in_thread(said, run)) == ("", [], [])
    [paused] = await in_thread(events, room, "run.paused")
    assert (paused.actor_name, paused.data["status"]) == ("rita", "paused")
    assert len(models.requests) == 1

    resumed = await rita.post(f"runs/{run.pk}/resume")
    assert (resumed.status_code, resumed.json()["status"]) == (200, "queued")
    run = await become(run, "succeeded")
    assert [message.content for message in await in_thread(said, run)] == ["I see two hosts."]
    assert asked_of(models, 0) == asked_of(models, 1)
    assert (await in_thread(told, room))[-8:] == [
        "message.reset", "run.paused", "run.resumed", "run.started", "message.start", "message.end", "usage.recorded",
        "run.succeeded",
    ]  # fmt: skip


async def test_tools_that_were_used_before_a_pause_are_not_used_again(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.calls("calculator", expression="17 + 25")
    models.hangs(after="It is")
    models.says("It is 42.")
    await in_thread(post, room, "What is 17 + 25?")
    run = await speaking()
    await rita.post(f"runs/{run.pk}/pause")
    await become(run, "paused")
    await rita.post(f"runs/{run.pk}/resume")
    run = await become(run, "succeeded")
    assert await in_thread(run.tool_calls.count) == 1
    assert models.requests[1]["messages"] == models.requests[2]["messages"]


def test_a_run_that_waits_rests_at_once_and_frees_its_lane(room: ChatSession) -> None:
    first, second = post(room, "one"), post(room, "two")
    directing.pause(run_id=first.pk, by=rita_does())
    first.refresh_from_db()
    assert first.status == "paused"
    assert working.acquire(run_id=second.pk, owner="a:1")
    directing.pause(run_id=first.pk, by=rita_does())  # once more changes nothing
    assert told(room).count("run.paused") == 1
    directing.resume(run_id=first.pk, by=rita_does())
    assert working.acquire(run_id=first.pk, owner="a:1") is None  # its lane is taken now


async def test_a_decision_during_a_pause_is_carried_out_when_the_run_goes_on(
    room: ChatSession, models: FakeOpenAI
) -> None:
    def confirm() -> None:
        ToolPolicy.objects.create(organization=room.organization, tool="calculator", effect="confirm")

    def decide() -> None:
        approval = Approval.objects.get()
        decision = Decision(version=1, digest=approval.digest, decision="approve")
        approvals.decide(approval_id=approval.pk, decision=decision, by=rita_does())

    await in_thread(confirm)
    models.calls("calculator", expression="17 + 25")
    models.says("It is 42.")
    run = await work_on(await in_thread(post, room))
    assert (run.status, run.waiting_for) == ("waiting", "approval")
    await in_thread(lambda: directing.pause(run_id=run.pk, by=rita_does()))
    await in_thread(decide)
    run = await work_on(run)
    assert (run.status, await in_thread(run.tool_calls.filter(state="succeeded").count)) == ("paused", 0)
    await in_thread(lambda: directing.resume(run_id=run.pk, by=rita_does()))
    run = await work_on(run)
    assert (run.status, (await in_thread(said, run))[-1].content) == ("succeeded", "It is 42.")


def test_who_changes_their_mind_before_the_run_has_stopped_stops_nothing(room: ChatSession) -> None:
    run = post(room)
    lease = working.acquire(run_id=run.pk, owner="a:1")
    assert lease
    directing.pause(run_id=run.pk, by=rita_does())
    directing.resume(run_id=run.pk, by=rita_does())
    working.rest(lease)
    run.refresh_from_db()
    assert (run.status, told(room, like="run.paused")) == ("queued", [])


@pytest.mark.parametrize("then", ["park", "release", "crash", "rest"])
def test_however_it_lets_go_a_run_that_was_asked_to_rest_rests(room: ChatSession, then: str) -> None:
    run = post(room)
    lease = working.acquire(run_id=run.pk, owner="a:1")
    assert lease
    directing.pause(run_id=run.pk, by=rita_does())
    if then == "park":
        assert working.park(lease, "approval")
    elif then == "crash":
        crash(run)
        assert working.acquire(run_id=run.pk, owner="b:2") is None
    else:
        (working.release if then == "release" else working.rest)(lease)
    run.refresh_from_db()
    assert (run.status, run.waiting_for, run.lease_owner) == ("paused", "", "")


def test_cancelling_wins_over_pausing(room: ChatSession) -> None:
    run = post(room)
    lease = working.acquire(run_id=run.pk, owner="a:1")
    assert lease
    directing.pause(run_id=run.pk, by=rita_does())
    runs.cancel(run_id=run.pk, by=rita_does())
    working.rest(lease)
    run.refresh_from_db()
    assert run.status == "cancelled"
    refused("CONFLICT", lambda: directing.pause(run_id=run.pk, by=rita_does()))
    refused("CONFLICT", lambda: directing.resume(run_id=run.pk, by=rita_does()))


def test_a_paused_run_can_be_cancelled_and_one_at_work_can_not_be_resumed(room: ChatSession) -> None:
    run, other = post(room), post(room)
    refused("CONFLICT", lambda: directing.resume(run_id=run.pk, by=rita_does()))
    directing.pause(run_id=run.pk, by=rita_does())
    assert runs.cancel(run_id=run.pk, by=rita_does()).status == "cancelled"
    assert working.acquire(run_id=other.pk, owner="a:1")


# --- Retry ------------------------------------------------------------------------------------------------------------
async def test_a_failed_reply_is_tried_again_with_another_config(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    models.fails(400)
    failed = await rita.post(f"sessions/{room.pk}/messages", {"content": "Why?", "config": {"temperature": 0.5}})
    assert failed.status_code == 502
    first = failed.json()["details"]["run_id"]
    models.says("Because.")
    answer = await rita.post(f"runs/{first}/retry", {"config": {"max_tokens": 7}})
    assert answer.status_code == 202, answer.content
    assert (answer.json()["mode"], answer.json()["config"]) == ("react", {"temperature": 0.5, "max_tokens": 7})
    run = await become(await in_thread(Run.objects.get, pk=answer.json()["id"]), "succeeded")
    assert str(run.pk) != first
    assert [message.content for message in await in_thread(said, run)] == ["Because."]
    assert asked_of(models) == ["Why?"]
    assert await in_thread(Message.objects.filter(sender_type="user").count) == 1
    again = await rita.post(f"runs/{run.pk}/retry")
    assert (again.status_code, again.json()["error_code"]) == (409, "CONFLICT")


async def test_a_cancelled_reply_is_tried_again_without_what_it_had_said(room: ChatSession, models: FakeOpenAI) -> None:
    models.says("Whole.")
    run = await in_thread(post, room, "Say it.")
    await in_thread(lambda: runs.cancel(run_id=run.pk, by=rita_does()))
    await in_thread(
        lambda: Message.objects.create(
            session=room,
            seq=99,
            sender_type="agent",
            sender_name="Assistant",
            content="Wh",
            status="cancelled",
            run=run,
        )
    )
    again = await in_thread(lambda: directing.retry(run_id=run.pk, wanted={}, by=rita_does()))
    await in_thread(refused, "CONFLICT", lambda: directing.retry(run_id=run.pk, wanted={}, by=rita_does()))
    assert (await work_on(again)).status == "succeeded"
    assert asked_of(models) == ["Say it."]


def test_what_can_not_be_tried_again_is_refused(room: ChatSession) -> None:
    def retry(run: Run, **config: object) -> Any:
        wanted = lambda: directing.wanted(config, by=rita_does())  # noqa: E731
        return lambda: directing.retry(run_id=run.pk, wanted=wanted(), by=rita_does())

    lost = factories.run(room, status="failed")
    crew = factories.run(room, mode="crew", lane="crew", status="failed", prompt=post(room).prompt)
    failed = factories.run(room, status="failed", prompt=post(room).prompt)
    for run in (post(room), lost, crew):
        refused("CONFLICT", retry(run))
    refused("INVALID_CONFIG", retry(failed, temperature=3))
    post(room)
    refused("TOO_MANY_RUNS", retry(failed))
    room.agent.enabled = False
    room.agent.save()
    refused("AGENT_NOT_AVAILABLE", retry(failed))
    ChatSession.objects.filter(pk=room.pk).update(status="ended")
    refused("SESSION_ENDED", retry(failed))


def test_a_crew_that_failed_or_was_stopped_is_sent_to_its_incident_again() -> None:
    incident = factories.incident()
    captain = factories.agent(role="captain", name="Captain")
    stopped = factories.run(incident.room, mode="crew", lane="crew", status="cancelled", asked={"temperature": 1})
    rita = callers.person(factories.user("rita"))
    assert rita.post(f"runs/{stopped.pk}/retry", {"config": {"model": "of nobody"}}).status_code == 422
    again = rita.post(f"runs/{stopped.pk}/retry", {"config": {"max_tokens": 50}})
    assert again.status_code == 202, again.content
    run = Run.objects.get(pk=again.json()["id"])
    assert (run.lane, run.agent, run.status, run.requested_by) == ("crew", captain, "queued", None)
    assert run.config == {"temperature": 1, "max_tokens": 50}
    assert rita.post(f"runs/{stopped.pk}/retry").json()["error_code"] == "RUN_ACTIVE"
    Run.objects.filter(pk=run.pk).update(status="succeeded")
    assert rita.post(f"runs/{run.pk}/retry").json()["error_code"] == "CONFLICT"
    observer = callers.person(factories.user(role="observer"))
    stranger = callers.person(factories.user(role="commander", org=factories.organization("other")))
    assert observer.post(f"runs/{stopped.pk}/retry").status_code == 403
    assert stranger.post(f"runs/{stopped.pk}/retry").status_code == 404
    incident.status = "resolved"
    incident.save()
    assert rita.post(f"runs/{stopped.pk}/retry").json()["detail"] == "The incident is resolved."


# --- Steer ------------------------------------------------------------------------------------------------------------
async def test_words_to_a_run_at_work_are_taken_at_its_next_step_and_acknowledged(
    room: ChatSession, models: FakeOpenAI, runner: Runner, rita: Person
) -> None:
    go_on = threading.Event()
    models.says("All hosts are fine.", until=go_on, freely=1)
    models.says("So is the mail server.")
    await in_thread(post, room, "How are the hosts?")
    run = await speaking()
    answer = await rita.post(f"runs/{run.pk}/steer", {"content": "And the mail server?"})
    assert answer.status_code == 202, answer.content
    go_on.set()
    run = await become(run, "succeeded")
    assert [message.content for message in await in_thread(said, run)] == [
        "All hosts are fine.", "So is the mail server.",
    ]  # fmt: skip
    assert asked_of(models) == ["How are the hosts?", "All hosts are fine.", "rita adds: And the mail server?"]
    [taken] = await in_thread(events, room, "team.intervention")
    assert (taken.data["content"], taken.data["member"], taken.data["status"]) == (
        "And the mail server?", "rita", "taken",
    )  # fmt: skip
    assert str((await in_thread(RunInbox.objects.get)).message_id) == answer.json()["message_id"]


async def test_words_come_before_the_next_question_to_the_model_when_tools_are_at_work(
    room: ChatSession, models: FakeOpenAI
) -> None:
    models.calls("calculator", expression="1 + 1")
    models.says("Two, in words.")
    run = await in_thread(post, room, "What is 1 + 1?")
    await in_thread(lambda: steer(run, "In words."))
    run = await work_on(run)
    assert asked_of(models, 0) == ["What is 1 + 1?", "rita adds: In words."]
    assert run.usage["requests"] == 2


async def test_words_that_were_taken_are_neither_lost_nor_repeated_when_another_process_goes_on(
    room: ChatSession, models: FakeOpenAI
) -> None:
    models.hangs()
    models.says("Understood.")
    run = await in_thread(post, room, "Look.")
    await in_thread(lambda: steer(run, "Only at the mail server."))
    first = Runner()
    await first.start()
    await until(lambda: models.requests)
    await first.stop()
    assert not await in_thread(RunInbox.objects.filter(taken_at=None).exists)
    run = await work_on(run)
    assert run.status == "succeeded"
    assert asked_of(models, 0) == asked_of(models, 1) == ["Look.", "rita adds: Only at the mail server."]


def test_what_takes_no_words_says_so(room: ChatSession) -> None:
    direct, ended = post(room, execution_mode="direct"), factories.run(room, status="succeeded")
    for run in (direct, ended):
        refused("CONFLICT", lambda run=run: steer(run, "Wait."))
    assert not RunInbox.objects.exists()
    assert Message.objects.count() == 1


def test_a_post_that_steers_goes_to_the_reply_at_work_and_else_gets_its_own(room: ChatSession) -> None:
    run = post(room)
    own = post(room, "And this?", on_busy="steer")
    assert own.pk != run.pk  # nothing was at work yet
    assert working.acquire(run_id=run.pk, owner="a:1")
    assert post(room, "And that?", on_busy="steer").pk == run.pk
    [heard] = RunInbox.objects.all()
    assert (heard.run_id, heard.message.content) == (run.pk, "And that?")


# --- The doors --------------------------------------------------------------------------------------------------------
async def test_each_verb_is_a_command_of_the_socket(room: ChatSession, assistant: Agent, models: FakeOpenAI) -> None:
    rita = await in_thread(person)
    run = await in_thread(post, room)
    socket = await opened(rita)
    await socket.enter(room)
    for verb, status in (("pause", "paused"), ("resume", "queued")):
        ack = await socket.ask(f"run.{verb}", {"run_id": str(run.pk)}, room=room.pk)
        assert ack["ok"], ack
        assert ack["data"] == {"run_id": str(run.pk)}
        assert (await in_thread(Run.objects.get, pk=run.pk)).status == status
    steered = await socket.ask("run.steer", {"run_id": str(run.pk), "content": "Quick."}, room=room.pk)
    assert steered["data"]["message_id"] == str((await in_thread(RunInbox.objects.get)).message_id)
    await socket.ask("run.cancel", {"run_id": str(run.pk)}, room=room.pk)
    again = await socket.ask("run.retry", {"run_id": str(run.pk), "config": {"top_p": 1}}, room=room.pk)
    assert (await in_thread(Run.objects.get, pk=again["data"]["run_id"])).config == {"top_p": 1}
    elsewhere = await in_thread(factories.room, agent=assistant)
    for verb, more in (("pause", {}), ("resume", {}), ("retry", {}), ("steer", {"content": "x"})):
        ack = await socket.ask(f"run.{verb}", {"run_id": str(run.pk), **more}, room=elsewhere.pk)
        assert (ack["ok"], ack["error"]["error_code"]) == (False, "NOT_FOUND")
    await socket.close()


@pytest.mark.parametrize("verb", ["pause", "resume", "retry", "steer"])
async def test_an_observer_may_not_and_another_organisation_finds_nothing(
    room: ChatSession, models: FakeOpenAI, olga: Person, stranger: Person, verb: str
) -> None:
    run = await in_thread(post, room)
    body = {"content": "Stop it."} if verb == "steer" else {}
    denied = await olga.post(f"runs/{run.pk}/{verb}", body)
    assert (denied.status_code, denied.json()["error_code"]) == (403, "PERMISSION_DENIED")
    missing = await stranger.post(f"runs/{run.pk}/{verb}", body)
    assert (missing.status_code, missing.json()["error_code"]) == (404, "NOT_FOUND")
    run = await in_thread(Run.objects.get, pk=run.pk)
    assert (run.status, run.pause_requested_at) == ("queued", None)
    with pytest.raises(Refused) as unseen:
        otto = await in_thread(User.objects.get, username="otto")
        await in_thread(lambda: directing.pause(run_id=run.pk, by=actors.person(otto)))
    assert unseen.value.code == "NOT_FOUND"
