"""All of a client's chats begin at once, and not before who measures has looked at the server."""

import asyncio
import sys


class Gate:
    def __init__(self, chats: int) -> None:
        self._missing = chats
        self._open = asyncio.Event()

    async def passed(self) -> None:
        """Wait for the others; the last one waits for the line that says go."""
        self._missing -= 1
        if not self._missing:
            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            self._open.set()
        await self._open.wait()
