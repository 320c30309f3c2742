"""The shapes of secrets, each with its name: what a whole one looks like, and what may yet become one.

Rather one too few than one too many: hashes, ids, addresses and the ordinary lines of logs must pass.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sessions_app.masking import named

# How far in front of a secret stands what gives it away.
REACH = 300
LONGEST_KEY, LONGEST_HEAD = 8000, 80
FOOT = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")


class Growing(NamedTuple):
    """A secret that the end of a text cuts."""

    # From `secret` on it may still grow into one.
    pattern: re.Pattern[str]
    # What is never in it: it begins after the last of these, or only what gives it away stands before.
    end: re.Pattern[str]

    def begins(self, text: str, after: int) -> int | None:
        run = after
        for found in self.end.finditer(text, after):
            run = found.end()
        # Not from `after`: each beginning in a long text would be read to where it ends, and they may be many.
        cut = self.pattern.search(text, max(after, run - REACH))
        return cut.start("secret") if cut else None


@dataclass(frozen=True)
class Shape:
    name: str
    # Without one of these, in lower case, a text need not be searched.
    hints: tuple[str, ...]
    # `secret` in it is what is masked.
    whole: re.Pattern[str]
    # The same at the end of a text, for each way to write it.
    growing: tuple[Growing, ...]
    # The fixed characters it begins with, where it does.
    starts: tuple[str, ...] = ()

    def spans(self, text: str, after: int) -> Iterator[tuple[int, int]]:
        for found in self.whole.finditer(text, after):
            yield found.span("secret")

    def opens(self, text: str, after: int) -> int | None:
        """Where the first stands that the end of the text cuts."""
        return min((at for each in self.growing if (at := each.begins(text, after)) is not None), default=None)


class NamedShape(Shape):
    """A value behind a name that gives it away, such as `password=`; whether it is worth masking is judged."""

    def spans(self, text: str, after: int) -> Iterator[tuple[int, int]]:
        for found in self.whole.finditer(text, after):
            kind = next(kind for kind in ("double", "single", "bare") if found[kind] is not None)
            prose = kind == "bare" and found["sign"] == ":"
            if named.worth(found[kind], of=self.name, prose=prose):
                yield found.span(kind)


class PrivateKeyShape(Shape):
    """A block with a head and a foot; without the foot as far as it looks like a key. Each foot is looked for once."""

    def spans(self, text: str, after: int) -> Iterator[tuple[int, int]]:
        feet = [found.end() for found in FOOT.finditer(text, after)]
        until = after
        for head in self.whole.finditer(text, after):
            if head.start() < until:
                continue
            body = head.start("body")
            foot = bisect_right(feet, body)
            near = foot < len(feet) and feet[foot] - body <= LONGEST_KEY
            until = feet[foot] if near else head.end("body")
            yield head.start(), until

    def opens(self, text: str, after: int) -> int | None:
        closed = max((found.end() for found in FOOT.finditer(text, after)), default=after)
        head = self.whole.search(text, max(closed, len(text) - LONGEST_KEY - LONGEST_HEAD))
        return head.start() if head else super().opens(text, after)


def _token(name: str, *starts: str, body: str, length: str, digit: bool = False) -> Shape:
    """Fixed first characters, and a run of others behind them."""
    # At the head of a run of such characters and nowhere in it: else each start in a long run would read it all again.
    begin = rf"(?<![A-Za-z0-9])(?<!{body})(?P<secret>(?:{'|'.join(map(re.escape, starts))})"
    needs = rf"(?={body}*[0-9])" if digit else ""
    whole = re.compile(rf"{begin}{needs}{body}{{{length}}})(?!{body})")
    return Shape(name, tuple(start.lower() for start in starts), whole, (_grows(begin, body),), starts)


def _behind(name: str, hint: str, before: str, value: str, length: str, *, needs: str = "", then: str = "") -> Shape:
    """A run of characters behind something that gives it away."""
    whole = re.compile(rf"{before}(?P<secret>{needs}{value}{{{length}}}){then}")
    return Shape(name, (hint,), whole, (_grows(rf"{before}(?P<secret>", value),))


def _pair(name: str, hints: tuple[str, ...], names: str) -> Shape:
    """`name=value`, `name: value`, `"name": "value"`, also where the quotes are escaped."""
    before = rf"""(?i:{names})\\*["']?[ \t]{{0,20}}(?P<sign>=>|:=|[:=])[ \t]{{0,20}}"""
    double, single, bare = r"""[^"\n\\]""", r"""[^'\n\\]""", r"""[^\s"'`,;&<>()\[\]{}|\\]"""
    value = rf"""\\*"(?P<double>{double}{{1,500}})|\\*'(?P<single>{single}{{1,500}})|(?P<bare>{bare}{{1,500}})"""
    begin = rf"{before}(?P<secret>"
    growing = _grows(rf'{begin}\\*"', double), _grows(rf"{begin}\\*'", single), _grows(begin, bare)
    return NamedShape(name, hints, re.compile(rf"{before}(?:{value})"), growing)


def _private_key() -> Shape:
    whole = r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?P<body>[A-Za-z0-9+/=\s\\]*)"
    head = r"(?P<secret>-----BEGIN [A-Z0-9 ]{0,60}-{0,4})\Z"
    growing = Growing(re.compile(head), re.compile("[^A-Z0-9 -]"))
    return PrivateKeyShape("private key", ("-----begin ",), re.compile(whole), (growing,), ("-----BEGIN ",))


def _jwt() -> Shape:
    part = r"[A-Za-z0-9_-]"
    begin = r"(?<![A-Za-z0-9_-])(?P<secret>eyJ"
    whole = rf"{begin}{part}{{6,}}\.{part}{{6,}}(?:\.{part}+){{0,3}})(?![A-Za-z0-9_-])"
    return Shape("jwt", ("eyj",), re.compile(whole), (_grows(begin, "[A-Za-z0-9._-]"),), ("eyJ",))


def _grows(begin: str, body: str) -> Growing:
    """The beginning, in the group `secret`, and any number of such characters."""
    others = f"[{body[2:]}" if body.startswith("[^") else f"[^{body[1:]}"
    return Growing(re.compile(rf"{begin}{body}*)\Z"), re.compile(others))


WORD = r"[A-Za-z0-9_-]"
TOKEN = r"[A-Za-z0-9._~+/=-]"

SHAPES: tuple[Shape, ...] = (
    _private_key(),
    _jwt(),
    _token("aws key", "AKIA", "ASIA", body="[A-Z0-9]", length="16"),
    _token("github token", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", body="[A-Za-z0-9_]", length="20,"),
    _token("gitlab token", "glpat-", "gldt-", "glrt-", body=WORD, length="20,"),
    _token("slack token", "xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "xoxe-", "xapp-", body=WORD, length="10,"),
    _token("slack hook", "https://hooks.slack.com/services/", body="[A-Za-z0-9/]", length="20,"),
    _token("google key", "AIza", body=WORD, length="35"),
    _token("google token", "ya29.", body="[A-Za-z0-9._-]", length="20,"),
    _token("stripe key", "sk_live_", "sk_test_", "rk_live_", "rk_test_", body="[A-Za-z0-9]", length="16,"),
    _token("npm token", "npm_", body="[A-Za-z0-9]", length="30,"),
    _token("sendgrid key", "SG.", body="[A-Za-z0-9._-]", length="40,"),
    _token("vault token", "hvs.", "hvb.", body=WORD, length="24,"),
    _token("hugging face token", "hf_", body="[A-Za-z0-9]", length="30,"),
    _token("api key", "sk-", body=WORD, length="20,", digit=True),
    _token("warroom key", "wr_", body=WORD, length="40,"),
    _token("session cookie", "sessionid=", body="[a-z0-9]", length="32"),
    _behind("bearer token", "bearer", r"(?i:bearer)[ \t]{1,20}", TOKEN, "16,", needs=rf"(?={TOKEN}*[0-9])"),
    _behind(
        "authorization", "authorization",
        r"(?i:authorization)[\"']?[ \t]{0,20}[:=][ \t]{0,20}[\"']?(?i:basic|digest|token|api-key)[ \t]{1,20}",
        TOKEN, "6,",
    ),
    _behind(
        "connection password", "://", r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s/:@\"'<>]{0,100}:", r"[^\s/@\"'<>]", "1,300",
        then="(?=@)",
    ),
    _behind("shared access signature", "sig=", r"(?<=[?&])sig=", "[A-Za-z0-9%+/=_-]", "30,"),
    _behind("block list token", "/blocklists/", "/blocklists/", WORD, "40,"),
    _pair("password", ("pass", "pwd"), named.PASSWORDS),
    _pair("key", ("key", "token", "secret", "credential"), rf"(?<![A-Za-z]){named.KEYS}"),
)  # fmt: skip
BEGINNINGS = frozenset(start[:size] for shape in SHAPES for start in shape.starts for size in range(1, len(start)))
LONGEST_BEGINNING = max(map(len, BEGINNINGS))
