"""A server may die at any step: another takes the crew up, and nothing settled is done again."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents_app.models import BlockedIndicator, Run
from sessions_app.events import executors
from tests.agents_app.crew_alerts import BRUTE_FORCE
from tests.agents_app.crew_room import CrewRoom

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """The process is gone: nobody catches this, nothing is cleaned up in the database."""


class Death:
    """Kills the process at its n-th way into the database: just before the transaction, or right after its commit."""

    def __init__(self, run: Callable[..., Awaitable[Any]], *, after: bool) -> None:
        self._run, self._after = run, after
        self.at = self.steps = 0

    async def __call__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.steps += 1
        dies = self.steps == self.at
        if dies and not self._after:
            raise Killed
        answer = await self._run(function, *args, **kwargs)
        if dies:
            raise Killed
        return answer


def next_server(room: CrewRoom) -> None:
    """Time passes until the dead server's lease has run out; this test kills more often than a run may crash."""
    gone = timezone.now() - timedelta(seconds=1)
    Run.objects.filter(pk=room.run.pk, status="running").update(lease_until=gone, crashes=0)


@pytest.mark.parametrize("after", [False, True], ids=["before a commit", "after a commit"])
@pytest.mark.timeout(300)
def test_a_crew_killed_again_and_again_does_everything_once(monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    death = Death(executors.run, after=after)
    monkeypatch.setattr(executors, "run", death)
    monkeypatch.setattr(executors, "work", death)
    room = CrewRoom.open(BRUTE_FORCE.alert, log=BRUTE_FORCE.log, source="wazuh")
    killed = 0
    while not room.run.finished:
        # Each life is a little longer than the one before, so that every kind of step is once the last.
        death.at, death.steps = 4 + killed, 0
        try:
            room.work()
        except Killed:
            killed += 1
            next_server(room)
        for approval in room.pending():
            room.decide(approval, "approve")
    assert killed > 8
    assert room.run.status == "succeeded"
    _everything_was_done_once(room)


def _everything_was_done_once(room: CrewRoom) -> None:
    calls = Counter((call.tool, str(call.args)) for call in room.calls())
    assert set(calls.values()) == {1}
    assert BlockedIndicator.objects.count() == 1
    said = Counter((message.message_type, message.round) for message in room.messages() if message.status == "complete")
    assert set(said.values()) == {1}
    assert [summary.version for summary in room.incident.round_summaries.order_by("version")] == [1, 2]
    assert room.incident.reports.count() == 1
    assert {status for _, _, status in room.plan()} == {"succeeded"}
    linked = list(room.run.plan_nodes.exclude(tool_call=None).values_list("tool_call_id", flat=True))
    assert sorted(linked) == sorted(call.pk for call in room.calls())
