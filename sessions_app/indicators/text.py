"""Finding indicators in running text: a log line, an alert's message, a whole file.

Every pattern here works in linear time on any input: it starts only where a run of its characters starts, repeats
are bounded, and neighbouring parts share no characters. Alerts are written by whoever attacks us.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from sessions_app.indicators.addresses import address
from sessions_app.indicators.defanging import DEFANGED_DOT, refang
from sessions_app.indicators.found import LONGEST, Found, Kind, listed, unique
from sessions_app.indicators.names import is_domain, is_hostname, is_internal
from sessions_app.indicators.versions import is_version

A, AI = re.ASCII, re.ASCII | re.IGNORECASE
DEFANGED_NAME = re.compile(
    r"(?<![\w.\])}-])(?:[a-z0-9_-]{1,63}(?:\.|\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\))){1,10}[a-z][a-z0-9-]{1,62}(?![\w-])",
    AI,
)

URL = re.compile(r"(?<![a-z0-9])(?:https?|ftps?|sftp|ldaps?|rmi|smb|ssh|tcp|wss?)://[^\s<>\"'`{}|\\^]{3,2000}", AI)
EMAIL = re.compile(r"(?<![\w.%+-])[a-z0-9_][\w.%+-]{0,63}@([a-z0-9][a-z0-9.-]{2,252})", AI)
HASH = re.compile(r"(?<![\w/-])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![\w/-])", AI)
IMPHASH = re.compile(r"imphash=[0-9a-f]{32}", AI)
# Not after `Chrome/`, not inside a longer dotted number (1.2.3.4.5), not 10.0.0.1.example.
IPV4 = re.compile(r"(?<![\w.])(?<![A-Za-z]/)(\d{1,3}(?:\.\d{1,3}){3})(?![\w]|\.\w)", A)
IPV6 = re.compile(r"(?<![\w:.])[0-9a-f:][0-9a-f:.]{1,44}(?![\w:])", AI)
DOTTED = re.compile(r"(?<![\w.@/\\$-])(?:[a-z0-9_][a-z0-9_-]{0,62}\.){1,10}[a-z][a-z0-9-]{1,62}(?![\w@\\(=-]|\.\w)", AI)
WINDOWS_PATH = re.compile(
    r"(?<![\w\\])[a-z]:\\(?:[^\\/:*?\"<>|\r\n\t,;=]{1,80}\\){0,20}[^\\/:*?\"<>|\s,;=]{1,80}\.\w{1,8}\b",
    AI,
)
UNIX_PATH = re.compile(r"(?<![\w.:/~-])/(?:tmp|var/tmp|dev/shm|home|root|etc|srv|opt)(?:/[\w.@+-]{1,80}){1,20}", A)
# Names of namespaces and of cloud services, which stand in every alert and mean nothing.
WELL_KNOWN = re.compile(
    r"(?:^|\.)(?:w3\.org|schemas\.microsoft\.com|schemas\.xmlsoap\.org|json-schema\.org|schema\.org)$|^[a-z0-9-]{1,63}\.amazonaws\.com$",
    AI,
)

NAME = r"([A-Za-z0-9_$][A-Za-z0-9_.$@\\+:-]{0,99})"
# Each with words of which one must stand in the (lower-case) text: looking for them costs a fraction of the pattern.
USERS = (
    ((" user ",), re.compile(rf"\b(?:invalid|illegal|unknown|authenticating) user {NAME}", AI)),
    ((" from ",), re.compile(rf"\bfor (?:user )?(?!(?:invalid|illegal|user) ){NAME} from ", A)),
    (("for user", "by user"), re.compile(rf"\b(?:for|by) user {NAME}", A)),
    ((" by ",), re.compile(rf"\bby {NAME}\(uid=", A)),
    (("new user",), re.compile(rf"\bnew user: name={NAME}", A)),
    (("sudo",), re.compile(rf"\bsudo(?:\[\d{{1,7}}\])?:\s{{1,8}}{NAME} : ", A)),
    (
        ("user=", "user:", 'user"', "user'", "name=", "name:", 'name"', "name'"),
        re.compile(
            r"\b(?:src|dst|target|subject|source|acting|account)?[_.-]?user(?:[_.-]?name)?"
            rf"[\"']?(?:=|:\s{{0,2}})[\"']?{NAME}",
            AI,
        ),
    ),
    (
        ("ruser", "logname", "acct", "account", "login"),
        re.compile(rf"\b(?:ruser|logname|acct|account(?:[_.-]?name)?|login)[\"']?(?:=|:\s{{0,2}})[\"']?{NAME}", AI),
    ),
)
SYSLOG_TIME = r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,:+Z-]{0,16})"
HOST = r"([A-Za-z0-9][A-Za-z0-9_.-]{0,62})"
HOSTS = (
    (
        (":",),
        re.compile(
            # `host program[pid]: words`; in `configure foo:amd64 1.2` the colon is no program's.
            rf"^(?:<\d{{1,3}}>\d? ?)?{SYSLOG_TIME} {HOST} [\w./-]{{1,48}}(?:\[\d{{1,10}}\])?:(?![\w:])",
            A | re.MULTILINE,
        ),
    ),
    (
        ("host", "computer", "machine"),
        re.compile(
            r"\b(?:host(?:[_.-]?name)?|computer(?:[_.-]?name)?|machine[_.-]?name)"
            rf"[\"']?(?:=|:\s{{0,2}})[\"']?{HOST}",
            AI,
        ),
    ),
)
Marked = tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]
NOT_NAMES = listed(
    "unknown none null nil na n/a not no is was and or the a an from for to in on at by with has had of via as name "
    "user users username true false preauth invalid illegal authentication login logged logon"
)
# What logs without a host write in its place: how grave a line is, or what was done.
NOT_HOSTS = listed(
    "emerg emergency alert crit critical fatal severe err error warn warning notice info information debug trace fine "
    "verbose audit startup shutdown status install installed upgrade upgraded configure configured remove removed "
    "purge trigproc unpack conffile main stdout stderr"
)
TRAILING = ".,;:!?)]}'\"*"


def extract(text: str) -> list[Found]:
    """Every indicator in a text, each once, in the order of kinds: URLs, e-mails, hashes, addresses, names, people."""
    found = [*defanged_names(text)]
    text = IMPHASH.sub(" ", refang(text))
    # What is taken as a URL or an e-mail address is not looked at again, so that its host counts once.
    rest = EMAIL.sub(taking(emails, found), URL.sub(taking(urls, found), text))
    found += hashes(rest)
    found += addresses(rest)
    found += domains(rest)
    found += files(text)
    found += users(text)
    found += hosts(text)
    return unique([each for each in found if len(each.value) <= LONGEST])


def defanged_names(text: str) -> Iterator[Found]:
    """Names somebody took the trouble to defang: domains, whatever they end in."""
    if not DEFANGED_DOT.search(text):
        return
    for match in DEFANGED_NAME.finditer(text):
        plain = DEFANGED_DOT.sub(".", match[0])
        if plain != match[0] and text[match.end() : match.end() + 1] != "@" and is_hostname(plain):
            yield Found("domain", plain.lower())


def taking(read: Callable[[re.Match[str]], list[Found]], found: list[Found]) -> Callable[[re.Match[str]], str]:
    def take(match: re.Match[str]) -> str:
        taken = read(match)
        found.extend(taken)
        return " " if taken else match[0]

    return take


def urls(match: re.Match[str]) -> list[Found]:
    url = match[0].rstrip(TRAILING)
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return []
    if WELL_KNOWN.search(host):
        return []
    named = host_indicator(host)
    scheme, _, rest = url.partition("://")
    return [Found("url", f"{scheme.lower()}://{rest}"), *([named] if named else [])] if host else []


def emails(match: re.Match[str]) -> list[Found]:
    value = match[0].rstrip(".-")
    host = match[1].rstrip(".-")
    return [Found("email", value.lower())] if is_hostname(host) else []


def hashes(text: str) -> list[Found]:
    return [Found("hash", match[0].lower()) for match in HASH.finditer(text) if is_hash(match[0])]


def is_hash(text: str) -> bool:
    return len(text) in (32, 40, 64) and any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


def addresses(text: str) -> list[Found]:
    found = []
    for match in IPV4.finditer(text):
        ip = named_address(match[1])
        if ip and not is_version(text, match.start(1), match.end(1)):
            found.append(Found("ip", ip))
    # A whole address has seven colons, a short one two in a row; a line with less needs no look.
    for match in IPV6.finditer(text) if "::" in text or text.count(":") > 6 else ():
        value = match[0].rstrip(".")
        value = value if value.endswith("::") else value.rstrip(":")
        if value.count(":") > 1 and any(c.isdigit() for c in value) and (ip := named_address(value)):
            found.append(Found("ip", ip))
    return found


@lru_cache(maxsize=65536)
def named_address(text: str) -> str | None:
    """The plain form of an address worth naming; a log names the same few again and again."""
    ip = address(text)
    return str(ip) if ip and worth_naming(str(ip)) else None


def worth_naming(ip: str) -> bool:
    """Netmasks and the unspecified address say nothing about anybody."""
    return not ip.startswith(("0.", "255.")) and ip != "::"


def domains(text: str) -> list[Found]:
    names = [match[0] for match in DOTTED.finditer(text)]
    found = [
        host_indicator(name) for name in names if (is_domain(name) or is_internal(name)) and not WELL_KNOWN.search(name)
    ]
    return [each for each in found if each]


def host_indicator(host: str) -> Found | None:
    """What the host part of a URL is: an address, a machine of a private network, or a domain."""
    if ip := address(host):
        return Found("ip", str(ip))
    if is_internal(host) or host.lower() == "localhost":
        return Found("host", host.lower())
    return Found("domain", host.lower()) if is_hostname(host) else None


def files(text: str) -> list[Found]:
    matches = (*WINDOWS_PATH.finditer(text), *UNIX_PATH.finditer(text))
    return [Found("file", match[0].rstrip(".")) for match in matches]


def users(text: str) -> list[Found]:
    return named("user", USERS, text)


def hosts(text: str) -> list[Found]:
    found = named("host", HOSTS, text)
    return [each for each in found if each.value.lower() not in NOT_HOSTS and not address(each.value)]


def marked(low: str, marks: tuple[str, ...]) -> bool:
    for mark in marks:  # noqa: SIM110  # any() over a generator costs three times as much, on every line
        if mark in low:
            return True
    return False


def named(kind: Kind, patterns: Marked, text: str) -> list[Found]:
    found, low = [], text.lower()
    for marks, pattern in patterns:
        for match in pattern.finditer(text) if marked(low, marks) else ():
            value = match[1].rstrip(".-:")
            if value and value.lower() not in NOT_NAMES and not value.isdigit():
                found.append(Found(kind, value))
    return found
