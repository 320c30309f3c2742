"""JSON in one spelling, for whatever is hashed: digests of approvals, the audit chain."""

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """Sorted keys, ASCII, no white space, no NaN: the same value is the same text on every machine."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def sha256(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()
