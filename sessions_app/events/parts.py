"""How the parts of the system are: shown to everybody, so that trouble is never silent."""

from typing import Any

from django.utils import timezone

from sessions_app.events import frames


class Parts:
    def __init__(self) -> None:
        self._parts: dict[str, dict[str, Any]] = {}

    def set(self, part: str, state: str, detail: str = "") -> str:
        """Note a state; the frame that tells of it, if it is news."""
        known = self._parts.get(part, {"state": "ok"})
        if known["state"] == state:
            return ""
        since = timezone.now().isoformat().replace("+00:00", "Z")
        self._parts[part] = {"part": part, "state": state, "detail": detail, "since": since}
        return frames.encode({"t": "status", **self._parts[part]})

    def all(self) -> list[dict[str, Any]]:
        return list(self._parts.values())
