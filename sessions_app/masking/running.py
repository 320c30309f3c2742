"""A text that still grows, masked as it goes: what may be the beginning of a secret is held back."""

from collections import Counter
from collections.abc import Callable

from sessions_app.masking.masks import Mask, Masked

# While so little is held back it is judged anew with every piece that comes.
LITTLE = 256


class Running:
    """Reads the whole text so far from `read`; each piece of it is judged once, and what was given out stays."""

    def __init__(self, mask: Mask, read: Callable[[], str]) -> None:
        self.counts: Counter[str] = Counter()
        self._mask, self._read = mask, read
        self._given = ""
        self._judged = 0
        # The length at which judging it again is worth the reading.
        self._worth = 0

    def text(self) -> str:
        """All that can be given out now; it only ever grows."""
        text = self._read()
        if len(text) > self._judged and len(text) >= self._worth:
            self._give(*self._mask.growing(text, self._judged))
            self._worth = self._worthwhile(len(text))
        return self._given

    def whole(self) -> str:
        """All there is, at the end: nothing more can become of what was held back."""
        text = self._read()
        if len(text) > self._judged:
            self._give(self._mask.ending(text, self._judged), len(text))
        return self._given

    def _worthwhile(self, length: int) -> int:
        """Much that is held back is read again when it is a quarter longer: each of its characters a few times."""
        held = length - self._judged
        return length + (held // 4 if held > LITTLE else 1)

    def _give(self, masked: Masked, until: int) -> None:
        self.counts.update(masked.counts)
        self._given += masked.text
        self._judged = until
