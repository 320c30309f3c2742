"""Which dotted quads are versions of software and no addresses: `foo:amd64 2.31.0.7-1`, `Setting up foo (1.2.5.1)`.

The quad itself never tells; what stands around it does. In doubt it is an address: one too many does less harm than one
that nobody sees.
"""

from __future__ import annotations

import re

from sessions_app.indicators.found import listed

A, AI = re.ASCII, re.ASCII | re.IGNORECASE
BEFORE, AFTER = 120, 60
QUAD = r"\d{1,3}(?:\.\d{1,3}){3}"
WORDS = listed("version ver v build release revision rev firmware")
# `kernel 5.15.0.91`, but in `kernel: 203.0.113.9 refused` it is the program that writes.
SPACED_WORDS = listed("kernel")
LAST_WORD = re.compile(r"([A-Za-z][\w.-]{0,40})([\s:=\"'(]{1,4})$", A)
# Debian's revision, rpm's release, a snapshot: 2.31.0.7-1ubuntu2, 1.2.3.4-1.el9, 1.2.3.4+dfsg. Not 10.0.0.1-10.0.0.9.
REVISION = re.compile(
    r"[+~][a-z0-9]|-(?:alpha|beta|rc|pre|dev|snapshot|final|release|ga)\b"
    rf"|-(?!{QUAD})\d{{1,3}}(?:[a-z+~]|\.[a-z0-9])",
    AI,
)
BARE_REVISION = re.compile(r"-(\d{1,2})(?![\w.-])", A)
# A package with its architecture: everything dotted on that line is a version.
PACKAGE = re.compile(
    r"[a-z0-9.+-]:(?:amd64|arm64|armhf|armel|i386|ppc64el|riscv64|s390x|all|any)(?![\w.-])"
    r"|\.(?:x86_64|noarch|aarch64|i686|el\d{1,2}|fc\d{2})(?!\w)",
    A,
)
ABOUT_A_PLACE = (
    r"on|at|by|via|host|hosts|ip|address|server|peer|client|port|node|route|rule|filter|tunnel|connection|request|"
    r"session|socket"
)
# What package managers write: the verb, the package, its version.
MANAGED = re.compile(
    r"\b(?:setting up|unpacking|preparing to unpack|removing|purging|collecting|successfully installed|"
    r"(?:re)?install(?:ed|ing)|(?:up|down)grad(?:ed|ing)|erased:|updated:)[:\s]{1,3}(?![\d(]|(?:from|to)\b)"
    rf"(?:(?!\b(?:{ABOUT_A_PLACE})\b)[^\n]){{2,80}}$",
    AI,
)
CHANGED = re.compile(rf"\b(?:version|firmware)\b[^\n]{{0,40}}\bfrom {QUAD} to {QUAD}", AI)


def is_version(text: str, start: int, end: int) -> bool:
    """Whether the dotted quad at this place of a text is a version."""
    before, after = line_before(text, start), text[end : end + AFTER].partition("\n")[0]
    return (
        named(before)
        or revised(text[start:end], after)
        or MANAGED.search(before) is not None
        or PACKAGE.search(before + text[start:end] + after) is not None
        or any(
            match.start() < len(before) < match.end() for match in CHANGED.finditer(before + text[start:end] + after)
        )
    )


def line_before(text: str, start: int) -> str:
    return text[max(0, start - BEFORE) : start].rpartition("\n")[2]


def named(before: str) -> bool:
    """The word in front says so: `Version: "1.2.3.4"`, `app.version=1.2.3.4`, `firmware 7.4.2.1`."""
    match = LAST_WORD.search(before)
    if match is None:
        return False
    word = match[1].lower().rpartition(".")[2]
    return word.endswith("version") or word in WORDS or (word in SPACED_WORDS and ":" not in match[2])


def revised(quad: str, after: str) -> bool:
    """Whether a revision follows. 10.0.0.5-20 counts up: that is a short range of addresses."""
    bare = BARE_REVISION.match(after)
    counts_up = bare is not None and int(bare[1]) > int(quad.rpartition(".")[2])
    return REVISION.match(after) is not None or (bare is not None and not counts_up)
