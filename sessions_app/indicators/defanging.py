"""Undoing what people do to an indicator so that nobody clicks it: hxxp, [.], (dot), [at]."""

from __future__ import annotations

import re

A = re.ASCII
DEFANGED_DOT = re.compile(r"\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)", A | re.IGNORECASE)
DEFANGED_SCHEME = re.compile(r"\bh(?:xx|\*\*)p(s?)(?=://|\[:\]//|\[://\])", A | re.IGNORECASE)
DEFANGED_COLON = re.compile(r"\[://\]|\[:\]//", A)
DEFANGED_AT = re.compile(r"\[@\]|\[at\]|\(at\)", A | re.IGNORECASE)


def refang(text: str) -> str:
    """The plain spelling of a text that may be defanged."""
    if "[" in text or "(" in text or "{" in text:
        text = DEFANGED_DOT.sub(".", text)
        text = DEFANGED_AT.sub("@", text)
    return DEFANGED_COLON.sub("://", DEFANGED_SCHEME.sub(r"http\1", text))
