"""Windows events of the Security and System logs and of Sysmon: what their numbers mean, and how grave that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sessions_app.ingest.alert import Severity
from sessions_app.ingest.reading import Reading

# Channel (as its last word is written in lower case), number -> what happened, and how grave it is by itself.
MEANINGS: dict[tuple[str, int], tuple[str, Severity]] = {
    ("security", 1102): ("The audit log was cleared", "high"),
    ("system", 104): ("An event log was cleared", "high"),
    ("security", 4624): ("A sign-in worked", "info"),
    ("security", 4625): ("A sign-in failed", "low"),
    ("security", 4634): ("A session ended", "info"),
    ("security", 4648): ("A sign-in with explicit credentials", "medium"),
    ("security", 4672): ("A sign-in with special rights", "info"),
    ("security", 4688): ("Process {program} started", "medium"),
    ("security", 4697): ("A service was installed", "medium"),
    ("system", 7045): ("A service was installed", "medium"),
    ("security", 4698): ("A scheduled task was made", "medium"),
    ("security", 4720): ("An account was made", "medium"),
    ("security", 4724): ("A password was reset", "low"),
    ("security", 4728): ("Somebody was added to a global group", "medium"),
    ("security", 4732): ("Somebody was added to a local group", "medium"),
    ("security", 4740): ("An account was locked out", "medium"),
    ("security", 4771): ("A Kerberos sign-in failed", "low"),
    ("security", 5156): ("A connection was permitted", "info"),
    ("security", 5158): ("A port was opened", "info"),
    ("sysmon", 1): ("Process {program} started", "medium"),
    ("sysmon", 3): ("{program} made a connection", "medium"),
    ("sysmon", 5): ("Process {program} ended", "info"),
    ("sysmon", 6): ("A driver was loaded", "medium"),
    ("sysmon", 7): ("{program} loaded a library", "info"),
    ("sysmon", 8): ("{program} started a thread in another process", "high"),
    ("sysmon", 10): ("{program} opened another process", "medium"),
    ("sysmon", 11): ("{program} made a file", "info"),
    ("sysmon", 12): ("{program} made or removed a registry key", "info"),
    ("sysmon", 13): ("{program} set a registry value", "info"),
    ("sysmon", 17): ("{program} made a pipe", "info"),
    ("sysmon", 18): ("{program} opened a pipe", "info"),
    ("sysmon", 20): ("A WMI consumer was made", "high"),
    ("sysmon", 22): ("{program} asked for a name", "info"),
    ("sysmon", 25): ("{program} was tampered with", "high"),
    ("powershell", 4104): ("A PowerShell script ran", "medium"),
    ("defender", 1116): ("Malware was found", "high"),
    ("defender", 1117): ("Malware was dealt with", "high"),
}
CHANNELS = {"windows defender": "defender", "windows powershell": "powershell"}
ORDER: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
MOST_NAMED = 3
RULES = ("alert_rule_name", "signal_rule_name", "detection_name", "alert_title", "alert_name", "rule_title")


@dataclass(frozen=True, slots=True)
class Event:
    words: str
    severity: Severity
    # Whether the table above knows it, or only its number is told.
    known: bool


def of(reading: Reading) -> list[Event]:
    """The Windows events of a document, or of each of a list's; nothing when one of them is something else."""
    documents = reading.document if isinstance(reading.document, list) else [reading.document]
    events = [event(Reading(each)) for each in documents]
    return [each for each in events if each] if all(events) else []


def event(reading: Reading) -> Event | None:
    """What an event's number and channel say; not of a detection that carries it and has a name of its own."""
    if reading.text(RULES) or (isinstance(reading.document, dict) and isinstance(reading.document.get("rule"), dict)):
        return None
    number = reading.word(("=event_system_event_id", "event_id", "event_code"))
    channel = reading.word(("channel", "provider_name"))
    if not number.isdecimal() or not channel:
        return None
    image = reading.word(("event_data_image", "image", "new_process_name", "process_name", "process_executable"))
    program = image.replace("\\", "/").rpartition("/")[2]
    short = channel.partition("/")[0].removeprefix("Microsoft-Windows-")
    meaning = MEANINGS.get((CHANNELS.get(short.lower(), short.lower()), int(number[:6])))
    told = f"Windows event {number} ({short})"
    if meaning is None:
        return Event(f"{told}: {program}" if program else told, "medium", known=False)
    return Event(meaning[0].format(program=program or "a program"), meaning[1], known=True)


def named(events: list[Event], host: str) -> str:
    """What happened, the gravest first, and where."""
    where = f" on {host}" if host else ""
    if len(events) == 1:
        return f"{events[0].words}{where}"
    many = f"{len(events)} Windows events{where}"
    first, *others = [*gravest(events), ""]
    told = "; ".join([first, *(inside(words) for words in others if words)])
    return f"{told} ({many})" if told else many


def inside(words: str) -> str:
    """As it stands within a sentence; a program's name stays as it is."""
    return words[0].lower() + words[1:] if words.split()[0] in ("A", "An", "The", "Process", "Somebody") else words


def gravest(events: list[Event]) -> Iterator[str]:
    """Of many events those that tell most: grave ones before common ones, rare before frequent."""
    counts = Counter(each for each in events if each.known and each.severity != "info")
    ranked = sorted(counts, key=lambda each: (ORDER.index(each.severity), counts[each], each.words))
    yield from dict.fromkeys(each.words for each in ranked[:MOST_NAMED])


def severity(events: list[Event]) -> Severity | None:
    """As grave as the gravest."""
    return min((each.severity for each in events), key=ORDER.index, default=None)


def recognises(document: dict[str, Any]) -> bool:
    inner = document.get("Event")
    return (isinstance(inner, dict) and "System" in inner) or document.keys() >= {"EventID", "Channel"}
