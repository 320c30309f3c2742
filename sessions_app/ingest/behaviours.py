"""What a started program was after, where its command line is one that attackers are known by."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sessions_app.ingest.alert import Severity

AI = re.ASCII | re.IGNORECASE
LONGEST = 8000


@dataclass(frozen=True, slots=True)
class Behaviour:
    words: str
    severity: Severity


def _looks(words: str, severity: Severity, pattern: str) -> tuple[Behaviour, re.Pattern[str]]:
    return Behaviour(words, severity), re.compile(pattern, AI)


# Gravest first: a command is called by the first that fits.
COMMANDS = (
    _looks("Backups and shadow copies were deleted", "critical",
           r"vssadmin\S{0,8}\s{1,4}delete\s|shadowcopy\s{1,4}delete|wbadmin\S{0,8}\s{1,4}delete|recoveryenabled\s{1,4}no"),
    _looks("The memory of LSASS was dumped", "critical",
           r"comsvcs(?:\.dll)?.{0,40}minidump|procdump.{0,80}\slsass|sekurlsa|lsadump|mimikatz"),
    _looks("Secrets of the registry were saved", "high",
           r"\breg(?:\.exe)?[\"']?\s.{0,40}\bsave\s{1,4}\"?(?:hklm|hkey_local_machine)\\(?:sam|security|system)\b"),
    _looks("The directory's database was copied", "critical", r"ntds\.dit|ntdsutil.{0,80}\bifm\b"),
    _looks("Logs were cleared", "high", r"wevtutil\S{0,8}\s{1,4}(?:cl|clear-log)\s|clear-eventlog"),
    _looks("Protection was switched off", "high",
           r"disablerealtimemonitoring|add-mppreference.{0,60}exclusion|advfirewall.{0,60}state\s{1,4}off"),
    _looks("PowerShell ran hidden commands", "high",
           r"(?:powershell|pwsh)\S{0,8}\s.{0,200}-e(?:nc|ncodedcommand|c)?\s{1,4}[a-z0-9+/=]{40}|frombase64string"
           r"|downloadstring|invoke-expression|\biex\s{0,2}\("),
    _looks("A file was fetched with a tool of the system", "high",
           r"certutil\S{0,8}\s.{0,60}(?:-urlcache|-decode)|bitsadmin\S{0,8}\s.{0,60}/transfer|mshta\S{0,8}\s{1,4}\"?https?:"
           r"|regsvr32\S{0,8}\s.{0,60}/i:http"),
    _looks("An account was made or raised", "high",
           r"\bnet1?(?:\.exe)?\s{1,4}(?:user|localgroup|group)\s.{1,120}\s/add\b|new-localuser"),
    _looks("PsExec ran commands", "high", r"\bpsexe(?:c(?:64)?|svc)(?:\.exe)?\b"),
    _looks("A scheduled task was made", "medium", r"schtasks\S{0,8}\s.{0,40}/create"),
)  # fmt: skip
SHELLS = re.compile(r"(?:cmd|powershell|pwsh|bash|sh|wscript|cscript|mshta|whoami|certutil)(?:\.exe)?", AI)
SERVERS = re.compile(
    r"(?:w3wp|httpd|apache2?|nginx|node|php(?:-cgi|-fpm)?|tomcat\d{0,2}|java|sqlservr|umworkerprocess)(?:\.exe)?", AI
)
OFFICE = re.compile(r"(?:winword|excel|powerpnt|outlook|onenote|msaccess|acrord32)(?:\.exe)?", AI)


def behaviour(parent: str, program: str, command: str) -> Behaviour | None:
    told = command[:LONGEST]
    if found := next((each for each, pattern in COMMANDS if pattern.search(told)), None):
        return found
    if not SHELLS.fullmatch(program):
        return None
    if SERVERS.fullmatch(parent):
        return Behaviour(f"{program} was started by the server {parent}", "high")
    return Behaviour(f"{program} was started by {parent}", "high") if OFFICE.fullmatch(parent) else None
