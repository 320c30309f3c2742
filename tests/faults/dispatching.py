"""A process of the tests that executes tool calls and may be killed: `python -m tests.faults.dispatching '<orders>'`.

Orders are: database, file, dies, run, fence, tool, args, ordinals. Its tool leaves a line with the call's idempotency
key in a file: an effect in the world that no rollback takes back.
"""

import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import django

from tests import settings

ORDERS = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}


@dataclass(frozen=True)
class World:
    """The file of effects, and the point at which this process dies."""

    file: Path
    dies: str

    def change(self, key: str) -> None:
        if self.dies == "after the claim":
            self.die()
        with self.file.open("a") as effects:
            effects.write(f"{key}\n")
        if self.dies == "after the effect":
            self.die()

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    settings.DATABASES["default"]["NAME"] = ORDERS["database"]
    django.setup()
    from asgiref.sync import async_to_sync

    from agents_app.catalogue import TOOLS, Arguments, ToolSpec
    from agents_app.engine import dispatcher
    from agents_app.models import Run
    from agents_app.services.leases import Lease
    from agents_app.tools import Call, registry

    world = World(Path(ORDERS["file"]), ORDERS["dies"])

    def touch(call: Call, args: Arguments) -> str:
        world.change(call.idempotency_key)
        return "done"

    TOOLS["touch"] = ToolSpec("touch", "Leave a mark.", Arguments, changes="the world", idempotent=False)
    registry._TOOLS["touch"] = touch
    if world.dies == "before it settles a block":
        dispatcher._record = lambda *given: world.die()  # type: ignore[assignment, return-value]
    run = Run.objects.select_related("agent").get(pk=ORDERS["run"])
    lease = Lease(run.pk, run.session_id, run.lease_owner, ORDERS["fence"])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for number in ORDERS["ordinals"]:
        request = dispatcher.ToolRequest(number, f"call-{number}", ORDERS["tool"], ORDERS["args"], run.agent)
        async_to_sync(dispatcher.dispatch)(lease, request)


if __name__ == "__main__":
    main()
