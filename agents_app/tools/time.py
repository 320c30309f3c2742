"""The clock."""

from agents_app import catalogue, clock
from agents_app.tools.registry import Call, tool


@tool
def current_time(call: Call, args: catalogue.CurrentTime) -> dict[str, str]:
    now = clock.now()
    return {"utc": now.isoformat(timespec="seconds").replace("+00:00", "Z"), "weekday": now.strftime("%A")}
