"""An incident as the demo model sees it: read from the data blocks of a prompt, and nothing from anywhere else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from agents_app.engine.demo import results
from agents_app.engine.demo.kinds import Kind, kind_of
from sessions_app import indicators
from sessions_app.indicators.leaves import leaves

# A key that says the address is the one that acts, or the one acted upon.
_ACTING = re.compile(r"(?:^|_)(?:src|source|remote|client|attacker|caller|peer|rhost)|srcip", re.IGNORECASE)
_ACTED_ON = re.compile(
    r"(?:^|_)(?:dst|dest|destination|target|victim|local|server|agent|manager|host)|dstip", re.IGNORECASE
)


@dataclass(frozen=True)
class Suspect:
    """An address or domain of the world outside, with how often it was seen and how it stands in the alert."""

    value: str
    kind: str
    seen: int
    in_alert: bool
    acting: int
    blocked_until: str = ""


@dataclass(frozen=True)
class Case:
    incident: dict[str, Any] = field(default_factory=dict)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    indicators: list[dict[str, Any]] = field(default_factory=list)
    evidence: list[dict[str, Any]] = field(default_factory=list)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=list)
    limits: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, data: dict[str, Any]) -> "Case":
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})

    @property
    def title(self) -> str:
        return str(self.incident.get("title", ""))

    @property
    def severity(self) -> str:
        return str(self.incident.get("severity", "medium"))

    @property
    def kind(self) -> Kind:
        """What sort of trouble this is."""
        return kind_of(self.title, f"{self.incident.get('description', '')} {self._alert_words}")

    @property
    def logs(self) -> list[str]:
        """The files of evidence besides the alerts themselves, which are kept as files too."""
        names = (str(each.get("filename", "")) for each in self.evidence)
        return [name for name in names if not name.endswith("-alert.json")]

    @property
    def source(self) -> str:
        named = str(self.incident.get("source") or "")
        return {"": "a person", "generic": "a webhook"}.get(named, named)

    # --- What the crew did -------------------------------------------------------------------------------------------
    def actions(self, *, tool: str = "", round_: int | None = None) -> Iterator[dict[str, Any]]:
        """Every action of the rounds so far, oldest first."""
        for each in self.rounds:
            if round_ is not None and each.get("round") != round_:
                continue
            for task in each.get("tasks", []):
                yield from (action for action in task.get("actions", []) if tool in ("", action.get("tool")))

    def done(self, tool: str, *, round_: int | None = None) -> list[dict[str, Any]]:
        return [each for each in self.actions(tool=tool, round_=round_) if each.get("status") == "succeeded"]

    @property
    def tally(self) -> results.Tally:
        """What the newest summary of the evidence counted."""
        summarised = self.done("summarize_evidence")
        return results.tally(summarised[-1].get("result")) if summarised else results.Tally()

    def hits(self, *, round_: int | None = None) -> list[results.Hits]:
        return [
            results.hits(each.get("args", {}), each.get("result"))
            for each in self.done("search_evidence", round_=round_)
        ]

    # --- Who it is about ---------------------------------------------------------------------------------------------
    def named(self, kind: str) -> list[str]:
        """Indicators of a kind, those of the alert itself before those of its evidence."""
        values = [str(each["value"]) for each in self.indicators if each.get("kind") == kind]
        return sorted(values, key=lambda value: value not in self._alert_words)

    @property
    def named_by_alert(self) -> list[str]:
        return [str(each["value"]) for each in self.indicators if str(each["value"]) in self._alert_words]

    @cached_property
    def _alert_words(self) -> str:
        return " ".join(_words(alert.get("raw")) for alert in self.alerts)

    def known(self, value: str) -> dict[str, Any] | None:
        return next((each for each in self.indicators if each.get("value") == value), None)

    def is_own(self, value: str) -> bool:
        """Ours by the organisation's own word, or by what the address itself says."""
        row = self.known(value)
        return bool(row and row.get("private")) or indicators.is_own(value, self.incident.get("own_networks") or ())

    def seen(self, value: str) -> int:
        """How many lines of the logs hold it, as the tools counted; the alert's own lines prove nothing."""
        if not self.logs:
            return 0
        found = [each.total for each in self.hits() if each.query == value]
        return max([*found, self.tally.of(value).lines])

    @property
    def suspects(self) -> list[Suspect]:
        """Addresses and domains outside our networks, the worst first."""
        in_alert = {
            str(each["value"]): str(each["kind"]) for each in self.indicators if each.get("kind") in ("ip", "domain")
        }
        # What looks like an address in the text of an alert (a version, say) is none unless it is an indicator.
        counted = {each.value: "ip" for each in self.tally.counts.get("addresses", [])} if self.logs else {}
        found = [
            self._suspect(value, kind) for value, kind in {**counted, **in_alert}.items() if not self.is_own(value)
        ]
        return sorted(found, key=lambda each: (-each.acting, -each.seen, not each.in_alert, each.kind != "ip"))

    def _suspect(self, value: str, kind: str) -> Suspect:
        row = self.known(value) or {}
        return Suspect(
            value=value,
            kind=kind,
            seen=self.seen(value),
            in_alert=value in self._alert_words,
            acting=self._acting(value),
            blocked_until=str(row.get("blocked_until") or ""),
        )

    def _acting(self, value: str) -> int:
        """1 if the alert's own keys say it acts, -1 if it is acted upon, else 0. Malware calls home: there it turns."""
        keys = [leaf.name for alert in self.alerts for leaf in leaves(alert.get("raw")) if str(leaf.value) == value]
        sign = sum(bool(_ACTING.search(key)) - bool(_ACTED_ON.search(key)) for key in keys)
        return max(-1, min(1, abs(sign) if self.kind == "malware" else sign))


def _words(raw: Any) -> str:
    """The values of an alert, without its keys: those say what might be, not what is."""
    return " ".join(str(leaf.value) for leaf in leaves(raw) if leaf.value is not None)
