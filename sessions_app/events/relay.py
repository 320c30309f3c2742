"""The seam between processes. With one process there is no relay, and the hub works alone.

What stands here once Redis is set up carries hints and delta frames over the channel layer. It may lose any of them:
events are pulled from the database, and a lost delta is mended by the message's end.
"""

from typing import Protocol

from sessions_app.events.partials import Delta, Partial


class Relay(Protocol):
    async def join(self, room: str) -> None:
        """Be told of this room from now on; must not fail when the layer is away, but join again by itself."""

    def leave(self, room: str) -> None: ...

    async def partials(self, room: str) -> list[Partial]:
        """What other processes are streaming into the room right now."""

    def hint(self, room: str, head: int) -> None:
        """Tell the other processes that the room has an event with this seq."""

    def keep(self, room: str, partial: Partial) -> None:
        """Write the running text where every process can read it; called before `delta`."""

    def delta(self, delta: Delta) -> None: ...

    def forget(self, room: str, msg: str) -> None: ...
