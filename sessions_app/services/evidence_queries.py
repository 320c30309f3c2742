"""What is looked for in lines of evidence: words, a regular expression, an indicator; all that is asked must hold.

Expressions run on RE2, whose time grows with the text only, whatever the pattern: Python's own takes centuries for
`(a+)+$` and holds its thread meanwhile. A process to kill would cost a start for each search, and a subset of our own
would be one more language. Look-around and back-references are what RE2 gives up for it.
"""

import re

import re2
from django.utils.translation import gettext as _

from sessions_app import indicators
from sessions_app.errors import Invalid

MOST_WORDS = 10
LONGEST_QUERY = 500
LONGEST_PATTERN = 300
# What one pattern may take in memory; a larger one is refused when it is compiled.
PATTERN_BYTES = 1024 * 1024


class Query:
    """Words in any case; an indicator, also among the words, only as a whole: 10.0.0.1 is not 10.0.0.12."""

    def __init__(self, text: str = "", *, regex: str = "", indicator: str = "") -> None:
        self.text = " ".join(part for part in (text, regex, indicator) if part)
        words = [indicators.refang(word) for word in text.lower().split()]
        if len(words) > MOST_WORDS or len(text) > LONGEST_QUERY or not (words or regex or indicator):
            raise Invalid(_("Search for one to {most} words.").format(most=MOST_WORDS))
        named = [word for word in words if indicators.kind_of(word)] + ([_value(indicator)] if indicator else [])
        self._whole = [_bounded(_spelled(value).encode()) for value in named]
        # The longest first: it is the rarest, and most of a file is done with after one look.
        texts = sorted({_spelled(value) for value in named} | {re2.escape(word) for word in words}, key=len)
        if len(regex) > LONGEST_PATTERN:
            raise Invalid(_("This regular expression is too long."), details={"field": "regex"})
        self._tests = [_compiled(pattern) for pattern in [*reversed(texts), *([regex] if regex else [])]]
        self.first = self._tests[0]

    def matches(self, line: bytes) -> bool:
        return self.first.search(line) is not None and self.rest_matches(line)

    def rest_matches(self, line: bytes) -> bool:
        """Whether the line holds all else than the first of what is looked for."""
        return all(test.search(line) for test in self._tests[1:]) and all(value.search(line) for value in self._whole)

    def marks(self, text: str) -> list[tuple[int, int]]:
        """Where in a line stands what was looked for, without overlaps."""
        spans = sorted(found.span() for test in self._tests for found in test.finditer(text))
        marks: list[tuple[int, int]] = []
        for start, end in spans:
            if end > start and (not marks or start >= marks[-1][1]):
                marks.append((start, end))
        return marks


class Whole(Query):
    """One value of any kind as it stands, also a name of a user or a machine, and only as a whole."""

    def __init__(self, value: str) -> None:
        self.text = value
        self._whole = [_bounded(re.escape(value.encode()))]
        self._tests = [_compiled(re2.escape(value))]
        self.first = self._tests[0]


def _bounded(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?i)(?<![\w-])(?<!\d\.)(?:" + pattern + rb")(?![\w-]|\.\d)")


def _value(indicator: str) -> str:
    value = indicators.refang(indicator.strip().lower())
    if len(indicator) > LONGEST_QUERY or indicators.kind_of(value) is None:
        raise Invalid(_("This is no address, domain, URL, hash or e-mail address."), details={"field": "indicator"})
    return value


def _spelled(value: str) -> str:
    """As it stands, or made harmless: 203[.]0[.]113[.]5."""
    return r"(?:\.|\[\.\]|\(\.\))".join(re.escape(part) for part in value.split("."))


def _compiled(pattern: str) -> "re2._Regexp":
    options = re2.Options()
    options.case_sensitive = False
    options.never_nl = True
    options.log_errors = False
    options.max_mem = PATTERN_BYTES
    try:
        return re2.compile(f"(?m:{pattern})", options)
    except re2.error as error:
        why = error.args[0] if error.args else ""
        words = why.decode("utf-8", "replace") if isinstance(why, bytes) else str(why)
        raise Invalid(
            _("This regular expression can't be used: {why}.").format(why=words), details={"field": "regex"}
        ) from error
