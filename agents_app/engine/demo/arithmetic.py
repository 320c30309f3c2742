"""Finding the sum in a sentence; the calculator tool does the reckoning."""

import re

from sessions_app import indicators

# Every repetition has an end: from each of 32,000 zeros to the last is a minute in which the process does nothing else.
_NUMBER = r"[-+]?\({0,9}\s{0,9}\d[\d\s.,()]{0,60}"
_SUM = re.compile(rf"{_NUMBER}(?:[-+*/%^×÷x]{{1,3}}\s{{0,9}}{_NUMBER})+")
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}:\d\d(?::\d\d)?\b")
_ASKED = re.compile(r"\b(?:what(?:'s| is)|calculate|compute|how much|sum|times|plus|minus|divided|=)", re.IGNORECASE)
_SPOKEN = ((r"\bplus\b", "+"), (r"\bminus\b", "-"), (r"\b(?:times|multiplied by)\b", "*"), (r"\bdivided by\b", "/"))


def expression(text: str) -> str | None:
    """The arithmetic a sentence asks for, in the calculator's spelling."""
    rest = _DATE.sub(" ", text)
    for found in indicators.extract(text):
        rest = rest.replace(found.value, " ")
    for words, sign in _SPOKEN:
        rest = re.sub(words, sign, rest, flags=re.IGNORECASE)
    match = _SUM.search(rest)
    if not match or not (_ASKED.search(text) or re.search(r"[*/^×÷]|\s[-+%]\s", match[0])):
        return None
    plain = match[0].replace(",", "").replace("×", "*").replace("x", "*").replace("÷", "/").replace("^", "**")
    return re.sub(r"\s+", " ", plain).strip().rstrip(".")
