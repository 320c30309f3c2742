"""Secrets do not leave: what looks like one, or is one of ours, is written as `[masked: its kind]`.

`mask(text)` for whatever is shown or exported. `services.masks` also knows an organisation's own secrets and, for what
models say, the names of the others; it says what it caught. `Running` masks a text that still grows.
"""

from sessions_app.masking.masks import Mask, Masked, mask
from sessions_app.masking.running import Running

__all__ = ["Mask", "Masked", "Running", "mask"]
