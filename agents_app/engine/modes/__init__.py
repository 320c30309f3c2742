"""The ways a run may go about its work: one module a mode, each with `drive(turn)`."""

from collections.abc import Awaitable, Callable

from agents_app.engine.modes import crew, direct, react
from agents_app.engine.turn import Done, Parked, Turn
from agents_app.models import Run

Mode = Callable[[Turn], Awaitable[Done | Parked]]

MODES: dict[str, Mode] = {
    Run.Mode.DIRECT: direct.drive,
    Run.Mode.REACT: react.drive,
    Run.Mode.CREW: crew.drive,
}
