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
from sessions_app.indicators.defanging import DEFANGED_DOT, DOT, refang
from sessions_app.indicators.found import LONGEST, Found, Kind, listed, unique
from sessions_app.indicators.names import ascii_name, is_domain, is_hostname, is_internal, is_world_domain
from sessions_app.indicators.versions import is_version

A, AI = re.ASCII, re.ASCII | re.IGNORECASE
DEFANGED_NAME = re.compile(
    rf"(?<![\w.\])}}-])(?:[a-z0-9_-]{{1,63}}(?:\.|{DOT})){{1,10}}[a-z][a-z0-9-]{{1,62}}(?![\w-])",
    AI,
)

URL = re.compile(
    r"(?<![a-z0-9])(?:https?|ftps?|sftp|ldaps?|rmi|smb|ssh|tcp|wss?|git|postgres(?:ql)?|mysql|mongodb|redis|amqps?|mqtts?)"
    r"://[^\s<>\"'`{}|\\^]{3,2000}",
    AI,
)
EMAIL = re.compile(r"(?<![\w.%+-])[a-z0-9_][\w.%+-]{0,63}@([a-z0-9][a-z0-9.-]{2,252})", AI)
HASH = re.compile(r"(?<![\w/-])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![\w/-])", AI)
# What a word before it calls an id: nobody hunts for the trace of a request or the commit of a build.
ID_BEFORE = re.compile(
    r"(?:(?<![A-Za-z])(?:[Ii]ds?|ID|uid|[Uu]uid|UUID|[Gg]uid|GUID|[Cc]ommit|revision|[Ee][Tt]ag|nonce|container|layer)"
    r"|[a-z](?:Id|ID|Uuid|UUID|Guid|GUID))[\"']{0,1}[ :=/]{1,3}[\"']{0,1}$",
    A,
)
BEFORE_A_HASH = 40
IMPHASH = re.compile(r"imphash=[0-9a-f]{32}", AI)
# Not after `Chrome/`, not inside a longer dotted number (1.2.3.4.5), not 10.0.0.1.example.
IPV4 = re.compile(r"(?<![\w.])(?<![A-Za-z]/)(\d{1,3}(?:\.\d{1,3}){3})(?![\w]|\.\w)", A)
IPV6 = re.compile(r"(?<![\w:.])[0-9a-f:][0-9a-f:.]{1,44}(?![\w:])", AI)
# Not ASCII, so that a word in any script is left whole: in bücher.example there is no cher.example.
DOTTED = re.compile(
    r"(?<![\w.@/\\$-])(?:[a-z0-9_][a-z0-9_-]{0,62}\.){1,10}[a-z][a-z0-9-]{1,62}(?![\w@\\(=-]|\.\w)", re.IGNORECASE
)
WORLDWIDE = re.compile(r"(?<![\w.@/\\$-])(?:[^\W_][\w-]{0,62}\.){1,10}[^\W\d_][\w-]{1,62}(?![\w@\\(=-]|\.\w)")
WINDOWS_PATH = re.compile(
    r"(?<![\w\\])[a-z]:\\(?:[^\\/:*?\"<>|\r\n\t,;=]{1,80}\\){0,20}[^\\/:*?\"<>|\s,;=]{1,80}\.\w{1,8}\b",
    AI,
)
UNIX_PATH = re.compile(r"(?<![\w.:/~-])/(?:tmp|var/tmp|dev/shm|home|root|etc|srv|opt)(?:/[\w.@+-]{1,80}){1,20}", A)

# Hosts of names that only look like places: what stands in every XML and JSON document, and leads nowhere.
NAMESPACES = re.compile(
    r"(?:^|\.)(?:w3\.org|schemas\.microsoft\.com|schemas\.xmlsoap\.org|json-schema\.org|schema\.org)$", AI
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
PROCESSES = (
    (("command=",), re.compile(r"\bCOMMAND=(/[\w./+-]{2,200})", A)),
    (
        ("comm=", "exe=", "image", "process"),
        re.compile(
            r"\b(?:comm|exe|(?:parent)?image|(?:new)?process(?:[_. ]?name)?)[\"']?(?:=|:\s{0,2})[\"']?"
            r"((?:[a-z]:\\[^\"'\r\n\t,;:=|<>]{1,200}|[\w.-]{1,60})\.exe|/[\w./+-]{2,200})",
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
    found += processes(text)
    found += files(text)
    found += users(text)
    found += hosts(text)
    return unique([each for each in told_once(found) if len(each.value) <= LONGEST])


def told_once(found: list[Found]) -> Iterator[Found]:
    """A user by the name of an e-mail address is that address, and the file of a process that process."""
    named = {each.value.lower() for each in found if each.kind in ("email", "process")}
    return (each for each in found if each.kind not in ("user", "file") or each.value.lower() not in named)


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
    if NAMESPACES.search(host):
        return []
    named = host_indicator(host)
    return [Found("url", plain_url(url)), *([named] if named else [])] if host else []


def plain_url(url: str) -> str:
    """A URL in one spelling: scheme and host in lower case, the host as the network has it; never with a password."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url
    user = f"{parts.username}@" if parts.username else ""
    place = f"[{host}]" if ":" in host else ascii_name(host)
    rest = url.partition("://")[2]
    after = rest[len(parts.netloc) :]
    return f"{parts.scheme.lower()}://{user}{place}{f':{port}' if port is not None else ''}{after}"


def emails(match: re.Match[str]) -> list[Found]:
    value = match[0].rstrip(".-")
    host = match[1].rstrip(".-")
    # git@host:project is where a repository lies, and nobody's address.
    return [Found("email", value.lower())] if is_hostname(host) and not value.startswith("git@") else []


def hashes(text: str) -> list[Found]:
    found = (match for match in HASH.finditer(text) if is_hash(match[0]))
    return [Found("hash", match[0].lower()) for match in found if not is_id(text, match.start())]


def is_id(text: str, start: int) -> bool:
    return ID_BEFORE.search(text[max(0, start - BEFORE_A_HASH) : start]) is not None


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
    found = [host_indicator(name) for name in names if is_domain(name) or is_internal(name)]
    if not text.isascii():
        found += [host_indicator(match[0]) for match in WORLDWIDE.finditer(text) if is_world_domain(match[0])]
    return [each for each in found if each]


def host_indicator(host: str) -> Found | None:
    """What the host part of a URL is: an address, a machine of a private network, or a domain."""
    if ip := address(host):
        return Found("ip", str(ip))
    host = ascii_name(host)
    if is_internal(host) or host.lower() == "localhost":
        return Found("host", host.lower())
    return Found("domain", host.lower()) if is_hostname(host) else None


def files(text: str) -> list[Found]:
    matches = (*WINDOWS_PATH.finditer(text), *UNIX_PATH.finditer(text))
    return [Found("file", match[0].rstrip(".")) for match in matches]


def processes(text: str) -> list[Found]:
    return named("process", PROCESSES, text)


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
