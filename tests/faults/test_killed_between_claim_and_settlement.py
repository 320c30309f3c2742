"""A process is killed while it executes tool calls: no effect happens twice, and unclear ones are asked (F3)."""

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from agents_app.models import BlockedIndicator, ToolCall, ToolPolicy
from agents_app.services import outcomes
from sessions_app import actors
from tests.agents_app.control import EVIL, Scene, block, said, scene

pytestmark = pytest.mark.django_db(transaction=True)

PROJECT = Path(__file__).parents[2]
CALLS = 12
KILLS = 4


class Worker:
    """A process that works on a scene's run, and whose effects outlive it."""

    def __init__(self, made: Scene, folder: Path) -> None:
        self.made, self.file = made, folder / "effects"
        self.file.touch()

    def start(
        self, *, dies: str = "", ordinals: list[int], tool: str = "touch", args: object = None
    ) -> subprocess.Popen[str]:
        orders = {
            "database": str(connection.settings_dict["NAME"]), "file": str(self.file), "dies": dies, "tool": tool,
            "run": str(self.made.run.pk), "fence": self.made.lease.fence, "ordinals": ordinals, "args": args or {},
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.faults.dispatching", json.dumps(orders)]
        worker = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
        return worker

    def work(self, **orders: object) -> int:
        with self.start(**orders) as worker:  # type: ignore[arg-type]
            worker.communicate(timeout=60)
            return worker.returncode

    @property
    def effects(self) -> Counter[str]:
        return Counter(self.file.read_text().split())

    def happened(self, call: ToolCall) -> bool:
        return call.idempotency_key in self.effects


def at_work(folder: Path) -> tuple[Scene, Worker]:
    made = scene()
    ToolPolicy.objects.create(organization=made.organization, tool="touch", effect="allow")
    return made, Worker(made, folder)


def answer(made: Scene, worker: Worker) -> int:
    """A person looks what happened and says so; the run is taken up again."""
    unclear = list(ToolCall.objects.filter(run=made.run, state="unknown"))
    for call in unclear:
        outcome = "happened" if worker.happened(call) else "retry"
        outcomes.decide(tool_call_id=call.pk, outcome=outcome, by=actors.person(made.person("approver")))  # type: ignore[arg-type]
    return len(unclear)


@pytest.mark.parametrize(("dies", "effects"), [("after the claim", 0), ("after the effect", 1)])
def test_at_the_worst_points_nothing_happens_twice_and_a_person_is_asked(
    tmp_path: Path, dies: str, effects: int
) -> None:
    made, worker = at_work(tmp_path)
    assert worker.work(dies=dies, ordinals=[1]) == -9
    assert (made.call.state, worker.effects.total()) == ("claimed", effects)
    made.take_up()
    assert worker.work(ordinals=[1]) == 0
    assert (made.call.state, worker.effects.total()) == ("unknown", effects)
    assert made.events("execution") == ["execution.started", "execution.unknown"]
    assert answer(made, worker) == 1
    assert worker.work(ordinals=[1]) == 0
    assert (made.call.state, worker.effects.total()) == ("succeeded", 1)


def test_killed_at_random_nothing_happens_twice_and_all_is_done_in_the_end(tmp_path: Path) -> None:
    made, worker = at_work(tmp_path)
    ordinals, chance = list(range(1, CALLS + 1)), random.Random(7)
    for _ in range(KILLS):
        process = worker.start(ordinals=ordinals)
        try:
            process.wait(chance.uniform(0.0, 0.4))
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate(timeout=60)
        answer(made, worker)
        made.take_up()
    for _ in range(3):
        worker.work(ordinals=ordinals)
        answer(made, worker)
    assert set(worker.effects.values()) == {1}
    assert worker.effects.total() == CALLS
    assert set(ToolCall.objects.values_list("state", flat=True)) == {"succeeded"}


def test_a_block_whose_process_died_before_it_was_settled_is_done_once(tmp_path: Path) -> None:
    made, worker = at_work(tmp_path)
    made.act()
    made.decide()
    assert worker.work(dies="before it settles a block", ordinals=[1], tool="block_indicator", args=block()) == -9
    assert (made.call.state, made.blocked) == ("claimed", [EVIL])
    made.take_up()
    assert said(made.again())["outcome"] == "succeeded"
    assert BlockedIndicator.objects.count() == 1
    assert made.events("indicator.blocked") == ["indicator.blocked"]
