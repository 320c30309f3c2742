"""Whether a document says that what it is about is over."""

from __future__ import annotations

import re

from sessions_app.indicators.leaves import Leaf
from sessions_app.ingest.alert import Status
from sessions_app.ingest.naming import watcher
from sessions_app.ingest.reading import Reading, about_it

NAMES = (
    "status", "state", "transition", "event_action", "condition", "state_value", "status_value", "notification_type",
    "action", "alert_event", "workflow_status", "state_name", "servicestate", "hoststate", "notificationtype",
)  # fmt: skip
OVER = re.compile(
    r"resolved?|recover(?:ed|y)|closed?|cleared|settled|fixed|inactive|deactivated|end(?:ed)?"
    r"|alert[ _]state[ _]event[ _]end|(?:auto[ _])?dismissed|closed[ _]by[ _]user"
    r"|recuperado|resuelto|behoben|resolu|已恢复|已解决|恢复|已关闭|解決済み",
    re.IGNORECASE,
)
# `[RESOLVED] CPU of web-1`, `Recovered: queue`
ENDS = re.compile(r"\W{0,4}(?:resolved|recovered|recovery|已恢复|已解决)(?:\s[^\]:]{0,60})?[\]:】]", re.IGNORECASE)
# These may also be said of something else: an API's answer, a port. They count where nothing else rates the alert.
WELL = re.compile(r"ok|up|normal|clear|success|green|healthy|passing|正常", re.IGNORECASE)
GRAVE = ("critical", "high", "medium")
# Numbers of monitors: 0 is down for some and well for others, so the name decides.
WELL_NUMBERS = {"heartbeat_status": 1, "check_status": 0, "event_value": 0}


def ends_by_title(title: str) -> bool:
    """Whether its title alone says that it is over; who signs in as `[RESOLVED]` has such titles as well."""
    return ENDS.match(title) is not None


def status_of(reading: Reading) -> Status:
    if any(leaf.value is True for leaf in (*reading.called("=resolved"), *reading.called("=is_resolved"))):
        return "resolved"
    if any(leaf.name in WELL_NUMBERS and number(leaf) == WELL_NUMBERS[leaf.name] for leaf in reading.leaves):
        return "resolved"
    said = [str(leaf.value).strip().lower() for name in NAMES for leaf in reading.called(name) if tells(leaf, name)]
    if any(OVER.fullmatch(each) for each in said):
        return "resolved"
    monitors = bool(watcher(reading))
    return "resolved" if any(map(WELL.fullmatch, said)) and (monitors or not rated(reading)) else "firing"


def tells(leaf: Leaf, name: str) -> bool:
    return isinstance(leaf.value, str) and about_it(leaf, name)


def rated(reading: Reading) -> bool:
    """Whether it is called grave by a word other than its state."""
    return reading.severity(states=False) in GRAVE


def number(leaf: Leaf) -> int | None:
    text = str(leaf.value)
    return int(text) if not isinstance(leaf.value, bool) and text.isdecimal() and len(text) < 4 else None
