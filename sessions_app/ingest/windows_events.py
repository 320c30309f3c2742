"""What an event of Windows' own logs, of Sysmon, PowerShell or Defender says, and how grave that is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sessions_app.ingest.alert import Severity
from sessions_app.ingest.behaviours import behaviour
from sessions_app.ingest.reading import Reading

# Channel (its last word in lower case), number -> what happened, and how grave it is by itself. What stands in brackets
# is said where the event has it.
MEANINGS: dict[tuple[str, int], tuple[str, Severity]] = {
    ("security", 1102): ("The audit log was cleared[ by {subject}]", "high"),
    ("system", 104): ("An event log was cleared[ by {subject}]", "high"),
    ("security", 4624): ("A sign-in worked[ for {target}][ from {address}]", "info"),
    ("security", 4625): ("A sign-in failed[ for {target}][ from {address}]", "low"),
    ("security", 4634): ("A session ended", "info"),
    ("security", 4648): (
        "A sign-in with explicit credentials[ as {target}][ by {subject}][ through {program}]",
        "medium",
    ),
    ("security", 4656): ("A handle was asked for", "info"),
    ("security", 4657): ("A registry value was changed[ by {subject}]", "low"),
    ("security", 4658): ("A handle was closed", "info"),
    ("security", 4663): ("An object was accessed[ by {subject}]", "info"),
    ("security", 4672): ("A sign-in with special rights[ for {subject}]", "info"),
    ("security", 4688): ("Process {program} started[ by {parent}]", "medium"),
    ("security", 4689): ("A process ended", "info"),
    ("security", 4690): ("A handle was copied", "info"),
    ("security", 4697): ("A service was installed[: {service}]", "medium"),
    ("system", 7045): ("A service was installed[: {service}]", "medium"),
    ("security", 4698): ("A scheduled task was made[: {task}][ by {subject}]", "medium"),
    ("security", 4703): ("Rights were adjusted", "info"),
    ("security", 4719): ("The audit policy was changed[ by {subject}]", "high"),
    ("security", 4720): ("An account was made[: {target}][ by {subject}]", "medium"),
    ("security", 4722): ("An account was enabled[: {target}]", "low"),
    ("security", 4724): ("A password was reset[ of {target}][ by {subject}]", "low"),
    ("security", 4726): ("An account was deleted[: {target}][ by {subject}]", "medium"),
    ("security", 4728): ("Somebody was added to a global group[: {target}][ by {subject}]", "medium"),
    ("security", 4732): ("Somebody was added to a local group[: {target}][ by {subject}]", "medium"),
    ("security", 4756): ("Somebody was added to a universal group[: {target}][ by {subject}]", "medium"),
    ("security", 4740): ("An account was locked out[: {target}]", "medium"),
    ("security", 4768): ("A Kerberos ticket was given[ to {target}]", "info"),
    ("security", 4769): ("A Kerberos service ticket was given[ to {target}]", "info"),
    ("security", 4771): ("A Kerberos sign-in failed[ for {target}][ from {address}]", "low"),
    ("security", 4776): ("Credentials were checked[ of {target}]", "info"),
    ("security", 5140): ("A network share was opened[ by {subject}][ from {address}]", "info"),
    ("security", 5145): ("A network share was looked at", "info"),
    ("security", 5156): ("A connection was permitted", "info"),
    ("security", 5158): ("A port was opened", "info"),
    ("sysmon", 1): ("Process {program} started[ by {parent}]", "medium"),
    ("sysmon", 2): ("{program} changed when a file was made", "medium"),
    ("sysmon", 3): ("{program} made a connection[ to {remote}]", "medium"),
    ("sysmon", 5): ("Process {program} ended", "info"),
    ("sysmon", 6): ("A driver was loaded", "medium"),
    ("sysmon", 7): ("{program} loaded a library", "info"),
    ("sysmon", 8): ("{program} started a thread in[ {other}] another process", "high"),
    ("sysmon", 9): ("{program} read a disk raw", "low"),
    ("sysmon", 10): ("{program} opened[ {other}] another process", "low"),
    ("sysmon", 11): ("{program} made a file[ {file}]", "info"),
    ("sysmon", 12): ("{program} made or removed a registry key", "info"),
    ("sysmon", 13): ("{program} set a registry value", "info"),
    ("sysmon", 15): ("{program} made a file stream", "info"),
    ("sysmon", 16): ("Sysmon was configured anew", "medium"),
    ("sysmon", 17): ("{program} made a pipe", "info"),
    ("sysmon", 18): ("{program} opened a pipe", "info"),
    ("sysmon", 19): ("A WMI filter was made", "high"),
    ("sysmon", 20): ("A WMI consumer was made", "high"),
    ("sysmon", 21): ("A WMI consumer was bound", "high"),
    ("sysmon", 22): ("{program} asked for a name[: {query}]", "info"),
    ("sysmon", 23): ("{program} deleted a file", "info"),
    ("sysmon", 25): ("{program} was tampered with", "high"),
    ("sysmon", 26): ("{program} deleted a file", "info"),
    ("powershell", 4103): ("A PowerShell command ran", "info"),
    ("powershell", 4104): ("A PowerShell script ran", "medium"),
    ("defender", 1116): ("Malware was found[: {threat}]", "high"),
    ("defender", 1117): ("Malware was dealt with[: {threat}]", "high"),
    ("defender", 5001): ("Protection in real time was switched off", "high"),
}
CHANNELS = {"windows defender": "defender", "windows powershell": "powershell"}
CHANNEL = re.compile(
    r"security|system|application|setup|sysmon|powershell|windows powershell|forwardedevents|directory service|"
    r"dns server|service control manager|microsoft-[\w /.-]{1,80}|[\w .-]{1,60}/(?:operational|admin|debug|analytic)",
    re.ASCII | re.IGNORECASE,
)
OPTIONAL = re.compile(r"\[([^\[\]]*)\{(\w+)\}([^\[\]]*)\]")
RULES = (
    "=title",
    "=name",
    "=rule_title",
    "alert_rule_name",
    "signal_rule_name",
    "detection_name",
    "alert_title",
    "alert_name",
    "rule_title",
)
NUMBERS = ("=event_system_event_id", "event_id", "event_code", "event_id_text", "event_id_value")
IMAGES = ("event_data_image", "new_process_name", "image", "process_name", "process_executable", "source_image")
WORDS = {
    "subject": ("subject_user_name", "src_user_name", "=user", "event_data_user"),
    "target": ("target_user_name", "target_account", "target_sid"),
    "address": ("ip_address", "source_ip", "source_address", "src_ip"),
    "remote": ("destination_ip", "dest_ip", "destination_hostname"),
    "service": ("service_name",),
    "task": ("task_name",),
    "threat": ("threat_name",),
    "query": ("query_name", "dns_question_name"),
}
PATHS = {
    "program": IMAGES,
    "parent": ("parent_image", "parent_process_name", "process_parent_executable"),
    "other": ("target_image",),
    "file": ("target_filename",),
}
COMMANDS = ("command_line", "process_command_line", "script_block_text", "image_path", "service_file_name")
PROTECTED = re.compile(r"\\(?:windows\\system32|program files[^\\]{0,8}|programdata\\microsoft)\\", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Event:
    """`key` is the same for events of one kind, whatever they name; `plain` names nothing."""

    key: str
    words: str
    plain: str
    severity: Severity
    # Whether a table knows it, or only its number is told.
    known: bool = True
    # Whether it is a way of working that attackers are known by.
    attack: bool = False


def of(document: Any) -> list[Event]:
    """The Windows events of a document, or of each of a list's; nothing when one of them is something else."""
    events = [event(each) for each in (document if isinstance(document, list) else [document])]
    return [each for each in events if each] if all(events) else []


def event(document: Any) -> Event | None:
    """What an event's number and channel say; not of a detection that carries it and has a name of its own."""
    if not isinstance(document, dict) or isinstance(document.get("rule"), dict):
        return None
    reading = Reading(document)
    number, channel = reading.word(NUMBERS), reading.word(("channel", "provider_name"))
    if not number.isdecimal() or not CHANNEL.fullmatch(channel) or reading.text(RULES):
        return None
    named = names(reading)
    if found := behaviour(named["parent"], named["program"], " ".join(reading.every(COMMANDS))):
        told = found.words if named["program"] in found.words else filled(f"{found.words}[ ({{program}})]", named)
        return Event(found.words, told, found.words, found.severity, attack=True)
    short = channel.partition("/")[0].removeprefix("Microsoft-Windows-")
    known = MEANINGS.get((CHANNELS.get(short.lower(), short.lower()), int(number[:6])))
    if known is None:
        told = f"Windows event {number} ({short})"
        return Event(told, filled(f"{told}[: {{program}}]", named), told, "medium", known=False)
    severity: Severity = "high" if opens_lsass(reading, number, named) else known[1]
    return Event(known[0], filled(known[0], named), plain(known[0], named), severity)


def names(reading: Reading) -> dict[str, str]:
    said = {name: person(reading.word(keys)) for name, keys in WORDS.items()}
    paths = {name: reading.word(keys).replace("\\", "/").rpartition("/")[2] for name, keys in PATHS.items()}
    return {**said, **paths}


def person(name: str) -> str:
    """Localhost and the machine itself are nobody in particular."""
    return "" if name.endswith("$") or name in ("127.0.0.1", "::1", "0.0.0.0", "-") else name


def opens_lsass(reading: Reading, number: str, named: dict[str, str]) -> bool:
    """Who opens the process that holds everybody's credentials, and is no part of the system."""
    lsass = number == "10" and named["other"].lower() == "lsass.exe"
    return lsass and not PROTECTED.search(reading.word(("source_image",)))


def filled(words: str, named: dict[str, str]) -> str:
    if named.get("other"):
        words = words.replace(" another process", "")
    words = OPTIONAL.sub(lambda part: f"{part[1]}{named[part[2]]}{part[3]}" if named[part[2]] else "", words)
    return words.replace("{program}", named["program"] or "a program")


def plain(words: str, named: dict[str, str]) -> str:
    return OPTIONAL.sub("", words).replace("{program}", named["program"] or "a program")
