"""Gives each HTTP request a thread that has its connection to the database already.

Django's ASGI handler runs the synchronous part of each request in a new thread, and a new thread opens a connection of
its own: on SQLite 1.6 ms of CPU, a sixth of what a post costs. Here threads are used again, one request at a time.
"""

from collections import deque
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import ThreadSensitiveContext
from django.db import connections

from chatsite.body_limits import Application, Receive, Send

# As many stand ready; when more requests are at work at once, threads are made and let go as Django does it.
KEPT = 16


class RequestThreads:
    """Around the HTTP application; Django's own context inside of this one steps back."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self._free: deque[ThreadPoolExecutor] = deque()

    async def __call__(self, scope: dict[str, object], receive: Receive, send: Send) -> None:
        thread = self._free.pop() if self._free else ThreadPoolExecutor(1, thread_name_prefix="request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.application(scope, receive, send)
        finally:
            thread.submit(self._come_back, thread)  # after what it may still have to do for a client that has gone

    def _come_back(self, thread: ThreadPoolExecutor) -> None:
        if len(self._free) < KEPT:
            self._free.append(thread)
        else:
            connections.close_all()
            thread.shutdown(wait=False)
