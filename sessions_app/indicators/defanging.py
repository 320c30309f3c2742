"""Undoing what people do to an indicator so that nobody clicks it: hxxp, [.], (dot), {.}, [:], [/], [at]."""

from __future__ import annotations

import re

A = re.ASCII
# Words and square brackets stand with a space around them too: `evil [.] example`, `evil (dot) example`.
DOT = r"(?: ?\[ ?(?:\.|dot) ?\] ?| ?\(dot\) ?| ?\{dot\} ?|\(\.\)|\{\.\})"
AT = r"(?: ?\[ ?(?:@|at) ?\] ?| ?\(at\) ?| ?\{at\} ?|\(@\)|\{@\})"
DEFANGED_DOT = re.compile(DOT, A | re.IGNORECASE)
DEFANGED_AT = re.compile(AT, A | re.IGNORECASE)
DEFANGED_COLON = re.compile(r"\[:\](?=[/\w\[])", A)
DEFANGED_SLASHES = re.compile(r"\[://\]|\[:/\]/", A)
DEFANGED_SLASH = re.compile(r"(?<=[\w/])\[/\]|(?<=[\w:])\[//\]", A)
DEFANGED_SCHEME = re.compile(r"\b(?:h(?:xx|\*\*)p(s?)|fxp(s?))(?=://)", A | re.IGNORECASE)


def refang(text: str) -> str:
    """The plain spelling of a text that may be defanged."""
    if "[" in text or "(" in text or "{" in text:
        text = DEFANGED_SLASHES.sub("://", text)
        text = DEFANGED_SLASH.sub(lambda match: match[0].strip("[]"), DEFANGED_COLON.sub(":", text))
        text = DEFANGED_AT.sub("@", DEFANGED_DOT.sub(".", text))
    return DEFANGED_SCHEME.sub(_scheme, text)


def _scheme(match: re.Match[str]) -> str:
    return f"ftp{match[2]}" if match[2] is not None else f"http{match[1]}"
