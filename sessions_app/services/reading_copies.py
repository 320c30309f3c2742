"""Texts that come packed or in another encoding: beside the file, which stays as it came, lies a copy to be read.

The copy is UTF-8, so that lines, searches and counts know one kind of text only. The file's hash is the file's.
"""

import codecs
import zlib
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.core.files.storage import default_storage

ENDING = ".text"
CHUNK = 256 * 1024
GZIP, UTF16, LATIN1 = "gzip", "utf-16", "latin-1"
# Of a file that unpacks to more, the rest is not read: a small one may hold as much as any disk.
TIMES_THE_LARGEST = 2
CUT = "-cut"
MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# Signs that no Latin-1 text holds: with one of them a line is not text of another encoding but hostile or broken.
NEVER_TEXT = bytes({*range(9), *range(14, 27), *range(28, 32), *range(0x7F, 0xA0)})


def name_of(stored_name: str) -> str:
    return stored_name + ENDING


def to_read(stored_name: str) -> str:
    """The file that holds the text: the copy where there is one."""
    copy = name_of(stored_name)
    return copy if default_storage.exists(copy) else stored_name


def make(stored_name: str, head: bytes) -> str:
    """Write the copy if the text needs one; says how it was read, and nothing where the file itself is read."""
    if head.startswith(b"\x1f\x8b"):
        return _unpacked(stored_name)
    if encoding := next((name for mark, name in MARKS.items() if head.startswith(mark)), ""):
        _write(stored_name, _decoded(_pieces(stored_name), encoding))
        return UTF16
    return _from_latin1(stored_name)


def bound() -> int:
    return TIMES_THE_LARGEST * settings.WARROOM_EVIDENCE_MAX_BYTES


def _unpacked(stored_name: str) -> str:
    """As far as the bound, or as the file is whole; nothing if there is no text in it."""
    unpacking = _Unpacking(_pieces(stored_name), bound())
    pieces = iter(unpacking)
    first = next(pieces, b"")
    if not first or first.count(0) * 10 > len(first) * 3:
        return ""
    _write(stored_name, _with_first(first, pieces))
    return GZIP if unpacking.whole else GZIP + CUT


class _Unpacking:
    """Members of a gzip file one after the other, never more at a time than a chunk."""

    def __init__(self, packed: Iterable[bytes], most: int) -> None:
        self._packed, self._left = packed, most
        self.whole = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._members()
        except zlib.error:
            return

    def _members(self) -> Iterator[bytes]:
        stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        for piece in self._packed:
            while piece:
                out = stream.decompress(piece, min(CHUNK, self._left + 1))
                if len(out) > self._left:
                    yield out[: self._left]
                    return
                self._left -= len(out)
                if out:
                    yield out
                piece = stream.unconsumed_tail
                if stream.eof:
                    piece = stream.unused_data.lstrip(b"\0")
                    stream = zlib.decompressobj(zlib.MAX_WBITS | 16) if piece else stream
                    if not piece:
                        break
        self.whole = stream.eof


def _decoded(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for piece in pieces:
        yield decoder.decode(piece).replace("\ufeff", "").encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _from_latin1(stored_name: str) -> str:
    """Only where a line says that it is: logs of many machines hold lines of both."""
    if _is_utf8(stored_name) or not any(_is_latin1(line) for line in _lines(stored_name)):
        return ""
    lines = _lines(stored_name)
    _write(stored_name, (line.decode("latin-1").encode() if _is_latin1(line) else line for line in lines))
    return LATIN1


def _is_utf8(stored_name: str) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in _pieces(stored_name):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_latin1(line: bytes) -> bool:
    if line.isascii() or len(line.translate(None, NEVER_TEXT)) != len(line):
        return False
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False


def _lines(stored_name: str) -> Iterator[bytes]:
    with default_storage.open(stored_name, "rb") as file:
        while line := file.readline(64 * 1024):
            yield line


def _pieces(stored_name: str) -> Iterator[bytes]:
    with default_storage.open(stored_name, "rb") as file:
        while piece := file.read(CHUNK):
            yield piece


def _with_first(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _write(stored_name: str, pieces: Iterable[bytes]) -> None:
    with default_storage.open(name_of(stored_name), "wb") as file:
        for piece in pieces:
            file.write(piece)
