"""A reply whose words are the times at which they were sent; all processes of a machine share the monotonic clock.

Standard library only: the peers' clients read with it too, in environments of their own.
"""

import time
from dataclasses import dataclass, field

DIGITS = 10  # microseconds in hexadecimal: two weeks of uptime


def now_us() -> int:
    return time.monotonic_ns() // 1000


def word(at_us: int) -> str:
    return f"{at_us % 16**DIGITS:0{DIGITS}x}"


def first_words(asked_us: int) -> str:
    """The first token also tells when the request had arrived at the model."""
    return f"{word(asked_us)} {word(now_us())}"


def next_word() -> str:
    return f" {word(now_us())}"


def expected_length(tokens: int) -> int:
    return (tokens + 1) * (DIGITS + 1) - 1


@dataclass
class Reading:
    """One reply as a client got it: what arrived, and when each word was whole."""

    sent_us: int
    text: str = ""
    arrived_us: list[int] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.text += text
        whole = (len(self.text) + 1) // (DIGITS + 1)
        self.arrived_us += [now_us()] * (whole - len(self.arrived_us))

    def end(self, whole: str) -> None:
        """The stored message: what was read so far must be its beginning, or all of it counts as lost."""
        if whole.startswith(self.text):
            self.add(whole[len(self.text) :])
        else:
            self.text = ""

    def result(self, tokens: int) -> dict[str, object]:
        """What is measured of it, in milliseconds; `lost`: characters missing; all, if out of order."""
        asked, *spoken = [int(each, 16) for each in self.text.split()] or [0]
        in_order = spoken == sorted(spoken)
        lost = max(expected_length(tokens) - len(self.text), 0) if in_order else expected_length(tokens)
        if not spoken:
            return {"lost": lost, "first": None, "from_model": None, "later": []}
        delays = [(at - sent) / 1000 for at, sent in zip(self.arrived_us[1:], spoken, strict=True)]
        own = spoken[0] - asked
        first = (self.arrived_us[1] - self.sent_us - own) / 1000
        return {"lost": lost, "first": first, "from_model": delays[0], "later": delays[1:]}
