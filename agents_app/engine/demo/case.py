"""An incident as the demo model sees it: read from the data blocks of a prompt, and nothing from anywhere else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from agents_app.engine.demo import results
from agents_app.engine.demo.kinds import Kind, kind_of
from sessions_app import indicators
from sessions_app.indicators.leaves import Leaf, leaves

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
    decided_before: list[dict[str, Any]] = field(default_factory=list)
    runbooks: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def read(cls, data: dict[str, Any]) -> "Case":
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})

    @property
    def title(self) -> str:
        return str(self.incident.get("title", ""))

    @property
    def severity(self) -> str:
        return str(self.incident.get("severity", "medium"))

    @cached_property
    def kind(self) -> Kind:
        """What sort of trouble this is; where no word tells, whether it names somebody outside."""
        kind = kind_of(self.title, f"{self.incident.get('description', '')} {self._alert_words}")
        outside = any(each.in_alert for each in self.suspects) if kind == "generic" else False
        return "contact" if outside else kind

    @property
    def logs(self) -> list[str]:
        """The files of evidence besides the alerts themselves, which are kept as files too."""
        return [str(each.get("filename", "")) for each in self.evidence if not each.get("alert")]

    @property
    def unread(self) -> bool:
        """Whether a log came after the evidence was last counted."""
        return len(self.logs) > self.tally.logs

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

    @cached_property
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
        return sorted(values, key=lambda value: not self.in_alert(value))

    @property
    def named_by_alert(self) -> list[str]:
        named = dict.fromkeys(str(each["value"]) for each in self.indicators)
        return [value for value in named if self.in_alert(value)]

    @cached_property
    def _alert_words(self) -> str:
        return " ".join(_words(alert.get("raw")) for alert in self.alerts)

    def in_alert(self, value: str) -> bool:
        """Whether the alert (or whoever declared the incident) names it, as a whole word: `sh` is not in `share`."""
        said = self._alert_words or f"{self.title} {self.incident.get('description', '')}"
        return re.search(rf"(?<![\w.-]){re.escape(value)}(?![\w-]|\.\w)", said, re.IGNORECASE) is not None

    @cached_property
    def subjects(self) -> list[str]:
        """Who and what the alert is about, the most telling first: who is outside, then people, code and machines."""
        outside = [each for each in self.suspects if each.in_alert] or self.suspects[:1]
        first = [next((each.value for each in outside if each.kind == kind), "") for kind in ("ip", "domain")]
        order = ("hash", "user", "host", "process", "url", "file", "email", "ip")
        rest = [next(iter(self.named(kind)), "") for kind in order]
        return list(dict.fromkeys(each for each in (*first, *rest) if each))

    def known(self, value: str) -> dict[str, Any] | None:
        return next((each for each in self.indicators if each.get("value") == value), None)

    def is_own(self, value: str) -> bool:
        """Ours by the organisation's own word, or by what the address itself says."""
        row = self.known(value)
        return bool(row and row.get("private")) or indicators.is_own(value, self.incident.get("own_networks") or ())

    def well_known(self, value: str) -> str:
        """What everybody uses is nobody's suspect, even where the alert is about it."""
        return indicators.known_as(value, self.incident.get("known_names") or ()) or ""

    def seen(self, value: str) -> int:
        """How many lines of the logs hold it, as the tools counted; the alert's own lines prove nothing."""
        found = [each.total for each in self.hits() if each.query == value]
        about = self.done("describe_indicator")
        told = [
            results.described(each.get("result")) for each in about if each.get("args", {}).get("indicator") == value
        ]
        return max([*found, *told, self.tally.of(value).lines])

    def known_elsewhere(self, value: str) -> bool:
        """Whether other incidents know it, as far as somebody asked."""
        about = (each for each in self.done("describe_indicator") if each.get("args", {}).get("indicator") == value)
        return any((each.get("result") or {}).get("other_incidents") for each in about)

    @cached_property
    def suspects(self) -> list[Suspect]:
        """Addresses and domains outside our networks, the worst first."""
        in_alert = {
            str(each["value"]): str(each["kind"]) for each in self.indicators if each.get("kind") in ("ip", "domain")
        }
        # What looks like an address in the text of an alert (a version, say) is none unless it is an indicator.
        counted = {each.value: "ip" for each in self.tally.counts.get("addresses", [])}
        named = {value: kind for value, kind in {**counted, **in_alert}.items() if not self.is_own(value)}
        found = [self._suspect(value, kind) for value, kind in named.items() if not self.well_known(value)]
        return sorted(found, key=lambda each: (-each.acting, not each.in_alert, -each.seen, each.kind != "ip"))

    def _suspect(self, value: str, kind: str) -> Suspect:
        row = self.known(value) or {}
        return Suspect(
            value=value,
            kind=kind,
            seen=self.seen(value),
            in_alert=self.in_alert(value),
            acting=self.acting(value),
            blocked_until=str(row.get("blocked_until") or ""),
        )

    def acting(self, value: str) -> int:
        """1 if the alert's own keys say it acts, -1 if it is acted upon, else 0. What one of ours calls acts too."""
        sign = sum(bool(_ACTING.search(key)) - bool(_ACTED_ON.search(key)) for key in self._keys(value))
        return max(-1, min(1, abs(sign) if self._ours_calls else sign))

    @cached_property
    def _ours_calls(self) -> bool:
        """Whether the one who acts is a machine of ours, as where hostile code calls home: then it turns."""
        values = {str(leaf.value) for leaf in self._leaves if _ACTING.search(leaf.name)}
        callers = [value for value in values if indicators.kind_of(value) == "ip"]
        malware = kind_of(self.title, self._alert_words) == "malware"
        return malware or (bool(callers) and all(self.is_own(each) for each in callers))

    @cached_property
    def _leaves(self) -> list[Leaf]:
        return [leaf for alert in self.alerts for leaf in leaves(alert.get("raw"))]

    def _keys(self, value: str) -> list[str]:
        return [leaf.name for leaf in self._leaves if str(leaf.value) == value]


def _words(raw: Any) -> str:
    """The values of an alert, without its keys: those say what might be, not what is."""
    return " ".join(str(leaf.value) for leaf in leaves(raw) if leaf.value is not None)
