"""The shapes of secrets, each with its name: what a whole one looks like, and what may yet become one.

Rather one too few than one too many: hashes, ids, addresses and the ordinary lines of logs must pass.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sessions_app.masking import named


@dataclass(frozen=True)
class Shape:
    name: str
    # Without one of these, in lower case, a text need not be searched.
    hints: tuple[str, ...]
    # `secret` in it is what is masked.
    whole: re.Pattern[str]
    # The same at the end of a text: from `secret` on it may still grow into one.
    open: re.Pattern[str]
    # The fixed characters it begins with, where it does.
    starts: tuple[str, ...] = ()

    def spans(self, text: str, after: int) -> Iterator[tuple[int, int]]:
        for found in self.whole.finditer(text, after):
            yield found.span("secret")


class NamedShape(Shape):
    """A value behind a name that gives it away, such as `password=`; whether it is worth masking is judged."""

    def spans(self, text: str, after: int) -> Iterator[tuple[int, int]]:
        for found in self.whole.finditer(text, after):
            kind = next(kind for kind in ("double", "single", "bare") if found[kind] is not None)
            prose = kind == "bare" and found["sign"] == ":"
            if named.worth(found[kind], of=self.name, prose=prose):
                yield found.span(kind)


def _token(name: str, *starts: str, body: str, length: str, digit: bool = False) -> Shape:
    """Fixed first characters, and a run of others behind them."""
    # At the head of a run of such characters and nowhere in it: else each start in a long run would read it all again.
    begin = rf"(?<![A-Za-z0-9])(?<!{body})(?P<secret>(?:{'|'.join(map(re.escape, starts))})"
    needs = rf"(?={body}*[0-9])" if digit else ""
    whole = re.compile(rf"{begin}{needs}{body}{{{length}}})(?!{body})")
    return Shape(name, tuple(start.lower() for start in starts), whole, re.compile(rf"{begin}{body}*)\Z"), starts)


def _behind(name: str, hint: str, before: str, value: str, length: str, *, needs: str = "", then: str = "") -> Shape:
    """A run of characters behind something that gives it away."""
    whole = re.compile(rf"{before}(?P<secret>{needs}{value}{{{length}}}){then}")
    return Shape(name, (hint,), whole, re.compile(rf"{before}(?P<secret>{value}*)\Z"))


def _pair(name: str, hints: tuple[str, ...], names: str) -> Shape:
    """`name=value`, `name: value`, `"name": "value"`, also where the quotes are escaped."""
    before = rf"""(?i:{names})\\*["']?[ \t]{{0,20}}(?P<sign>=>|:=|[:=])[ \t]{{0,20}}"""
    double, single, bare = r"""[^"\n\\]""", r"""[^'\n\\]""", r"""[^\s"'`,;&<>()\[\]{}|\\]"""
    value = rf"""\\*"(?P<double>{double}{{1,500}})|\\*'(?P<single>{single}{{1,500}})|(?P<bare>{bare}{{1,500}})"""
    grows = rf"""\\*"{double}*|\\*'{single}*|{bare}*"""
    return NamedShape(name, hints, re.compile(rf"{before}(?:{value})"), re.compile(rf"{before}(?P<secret>{grows})\Z"))


def _private_key() -> Shape:
    """A block with a head and a foot; without the foot as far as it looks like a key."""
    head, foot = (rf"-----{word} [A-Z0-9 ]{{0,40}}PRIVATE KEY(?: BLOCK)?-----" for word in ("BEGIN", "END"))
    whole = rf"(?P<secret>{head}(?:[\s\S]{{0,8000}}?{foot}|[A-Za-z0-9+/=\s\\]*))"
    grows = rf"(?P<secret>-----BEGIN [A-Z0-9 ]{{0,60}}-{{0,4}}|{head}(?:(?!{foot})[\s\S]){{0,8000}})\Z"
    return Shape("private key", ("-----begin ",), re.compile(whole), re.compile(grows), ("-----BEGIN ",))


def _jwt() -> Shape:
    part = r"[A-Za-z0-9_-]"
    begin = r"(?<![A-Za-z0-9_-])(?P<secret>eyJ"
    whole = rf"{begin}{part}{{6,}}\.{part}{{6,}}(?:\.{part}+){{0,3}})(?![A-Za-z0-9_-])"
    return Shape("jwt", ("eyj",), re.compile(whole), re.compile(rf"{begin}[A-Za-z0-9._-]*)\Z"), ("eyJ",))


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
