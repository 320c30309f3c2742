"""Frames as text: encoded once, never larger than a client must accept."""

import json
from typing import Any

import orjson

OUTBOUND_BYTES = 512 * 1024
# PostgreSQL keeps the keys of an object in an order of its own: sorted, what is read is to the letter what was sent.
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_SORT_KEYS
# What a text is cut to, step by step, until the frame fits.
_KEEPS = (65_536, 16_384, 4_096, 512)
_ITEMS = 100


def encode(frame: dict[str, Any]) -> str:
    """JSON text of a frame: text, since bytes would go out as a binary frame."""
    try:
        return orjson.dumps(frame, option=_OPTIONS).decode()
    except TypeError:
        # A number beyond 64 bits, as alerts sometimes hold; slower, but never lost.
        return json.dumps(frame, default=_plain, separators=(",", ":"), sort_keys=True)


def size(text: str) -> int:
    """Bytes on the wire."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def encode_within(frame: dict[str, Any], key: str, limit: int = OUTBOUND_BYTES) -> str:
    """Encode; if that is too long, cut what is under `key`. Each object that lost something says `truncated`."""
    text = encode(frame)
    for keep in _KEEPS:
        if size(text) <= limit:
            return text
        text = encode({**frame, key: _cut(frame[key], keep)})
    if size(text) <= limit:
        return text
    return encode({**frame, key: _bones(frame[key])})


def _cut(value: Any, keep: int) -> Any:
    """Texts cut to `keep` characters, and at the last step lists too."""
    if isinstance(value, dict):
        cut = {name: _cut(each, keep) for name, each in value.items()}
        if any(_too_long(each, keep) for each in value.values()):
            cut["truncated"] = True
            if "html" in cut:
                cut["html"] = None  # half a tag is worse than none
        return cut
    if isinstance(value, list):
        return [_cut(each, keep) for each in value[: _ITEMS if keep == _KEEPS[-1] else None]]
    return value[:keep] if isinstance(value, str) else value


def _too_long(value: Any, keep: int) -> bool:
    if isinstance(value, list):
        return keep == _KEEPS[-1] and len(value) > _ITEMS
    return isinstance(value, str) and len(value) > keep


def _bones(data: dict[str, Any]) -> dict[str, Any]:
    """The last resort, for what is large in a thousand small things: the ids and states stay."""
    cut = _cut(data, _KEEPS[-1])
    return {name: type(each)() if isinstance(each, dict | list) else each for name, each in cut.items()} | {
        "truncated": True
    }


def _plain(value: Any) -> str:
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)
