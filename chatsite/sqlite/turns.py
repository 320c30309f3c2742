"""First come, first served, for threads."""

from collections import deque
from threading import Lock


class Turns:
    """A lock that goes to whoever has waited longest; `threading.Lock` promises no order."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._waiting: deque[Lock] = deque()
        self._taken = False

    def take(self, *, within: float) -> bool:
        """Wait for one's turn; False when the seconds are over."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            mine = Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=within):
            return True
        with self._guard:
            if mine not in self._waiting:
                return True  # handed over in this very moment
            self._waiting.remove(mine)
            return False

    def give(self) -> None:
        """Let the next one in."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
