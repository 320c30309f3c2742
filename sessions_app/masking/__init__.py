"""Secrets do not leave: what looks like one, or is one of ours, is written as `[masked: its kind]`.

`mask(text)` for whatever is shown or exported. `services.masks.of(organization)` also knows the names of the other
organisations, and says what it caught. `Running` masks a text that still grows.
"""

from sessions_app.masking.masks import Mask, Masked, mask
from sessions_app.masking.running import Running

__all__ = ["Mask", "Masked", "Running", "mask"]
