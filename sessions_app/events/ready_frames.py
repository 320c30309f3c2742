"""Texts as frames of the WebSocket, for servers of ours that write all that waits for one socket at once.

ASGI has one message a frame, and what daphne, autobahn and websockets do for each of them costs more than all of ours.
"""

from collections.abc import Iterable

# The extension of the scope by which a server offers it, and the type of the message: {"type", "texts"}.
TOGETHER = "warroom.send"
_TEXT = b"\x81"  # final, opcode 1; a server's frames bear no mask


def joined(texts: Iterable[str]) -> bytes:
    """Whole text frames, one after the other (RFC 6455, section 5.2)."""
    parts: list[bytes] = []
    for text in texts:
        body = text.encode()
        parts += (_TEXT, _length(len(body)), body)
    return b"".join(parts)


def _length(size: int) -> bytes:
    if size < 126:
        return size.to_bytes(1)
    if size < 65_536:
        return b"\x7e" + size.to_bytes(2)
    return b"\x7f" + size.to_bytes(8)
