"""How urgent by its colour, as messages for a chat say it: a name, `#a30200`, or a number."""

from __future__ import annotations

import colorsys
import re
from typing import Any

from sessions_app.ingest.alert import Severity

NAMES: dict[str, Severity] = {
    "red": "critical", "danger": "high", "attention": "high", "orange": "high", "amber": "medium", "yellow": "medium",
    "warning": "medium", "blue": "info", "green": "info", "good": "info", "grey": "info", "gray": "info",
}  # fmt: skip
HEX = re.compile(r"(?:#|0x)?([0-9a-f]{6})", re.ASCII | re.IGNORECASE)
PALE = 0.25


def severity_of(value: Any) -> Severity | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 0xFFFFFF:
        return by_hue(f"{value:06x}")
    text = str(value).strip().lower()[:20]
    if match := HEX.fullmatch(text):
        return by_hue(match[1])
    return NAMES.get(text)


def by_hue(digits: str) -> Severity | None:
    """Red is critical, orange high, yellow medium, all that is green or blue is for information; grey says nothing."""
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    hue, saturation, _ = colorsys.rgb_to_hsv(red, green, blue)
    if saturation < PALE:
        return None
    degrees = hue * 360
    if degrees < 15 or degrees > 340:
        return "critical"
    return "high" if degrees < 38 else "medium" if degrees < 70 else "info" if degrees < 260 else None
