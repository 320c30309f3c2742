"""How long an incident took: until a person took it up, and until it was settled."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sessions_app.models import Event, Incident


@dataclass(frozen=True)
class Times:
    opened_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None

    @property
    def to_acknowledge(self) -> timedelta | None:
        return self._since(self.acknowledged_at)

    @property
    def to_resolve(self) -> timedelta | None:
        return self._since(self.resolved_at)

    def _since(self, at: datetime | None) -> timedelta | None:
        return max(at - self.opened_at, timedelta()) if at else None


def of(incident: Incident) -> Times:
    return Times(incident.opened_at, _acknowledged(incident), incident.closed_at)


def in_words(took: timedelta) -> str:
    minutes, seconds = divmod(int(took.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount) or "0 s"


def _acknowledged(incident: Incident) -> datetime | None:
    """The first thing a person did about it. To look in is not yet to take it up; to declare it is."""
    acts = Event.objects.filter(session=incident.room_id, actor_kind="user").exclude(type__startswith="participant.")
    found: datetime | None = acts.order_by("seq").values_list("ts", flat=True).first()
    return found
