"""What somebody was told before they spoke, to know a name that they only repeat."""

import re
from dataclasses import dataclass
from functools import cached_property

# Shorter ones stand by chance in the letters of any long text.
SHORTEST_SPELLED = 6
BETWEEN = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Told:
    texts: tuple[str, ...] = ()

    def of(self, name: str) -> bool:
        """Whether it stands there, also spelled apart or backwards."""
        if any(name.casefold() in text for text in self._plain):
            return True
        letters = BETWEEN.sub("", name).casefold()
        if len(letters) < SHORTEST_SPELLED:
            return False
        return any(letters in text or letters[::-1] in text for text in self._letters)

    @cached_property
    def _plain(self) -> list[str]:
        return [text.casefold() for text in self.texts]

    @cached_property
    def _letters(self) -> list[str]:
        return [BETWEEN.sub("", text) for text in self._plain]
