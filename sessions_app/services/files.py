"""Files in storage, whatever they belong to: kept as they stream in, judged by their bytes, gone with their record."""

import hashlib
import unicodedata
import uuid
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, Protocol

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app.errors import Refused
from sessions_app.services import reading_copies

CHUNK = 256 * 1024
# A file without line breaks is cut into lines of this length, so that one line always fits in memory.
LONGEST_LINE = 64 * 1024
# A line begins to be looked for at most so far before it: the index grows with the bytes and not with the lines.
INDEXED_BYTES = 256 * 1024
NAME_LENGTH = 180
NAME_BYTES = 240  # what file systems take is 255, and whoever downloads it may have one of the same name
TEXT, BINARY, GZIP = "text/plain", "application/octet-stream", "application/gzip"
# What the first bytes say. There is no text among them: HTML and SVG are text here, and never more than that.
SIGNATURES = {
    b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"%PDF": "application/pdf",
    b"PK\x03\x04": "application/zip", b"\x1f\x8b": GZIP, b"BZh": "application/x-bzip2",
    b"\xfd7zXZ": "application/x-xz", b"Rar!": "application/vnd.rar", b"7z\xbc\xaf": "application/x-7z-compressed",
    b"\x7fELF": "application/x-executable", b"MZ\x90": "application/x-msdownload",
    b"SQLite format 3": "application/vnd.sqlite3", b"\xd4\xc3\xb2\xa1": "application/vnd.tcpdump.pcap",
    b"\xa1\xb2\xc3\xd4": "application/vnd.tcpdump.pcap", b"\n\r\r\n": "application/x-pcapng",
}  # fmt: skip
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b")) + b"\x7f"
# Names that Windows keeps for its devices, with any ending.
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a file once it lies in storage."""

    stored_name: str
    size: int
    sha256: str
    content_type: str
    lines: int | None
    # Number and byte offset of a line, of about every 256 KiB one.
    line_index: list[tuple[int, int]]
    # How the text was read, if not as it stands: gzip, gzip-cut, utf-16, latin-1.
    reading: str = ""


def keep(chunks: Iterable[bytes], *, most: int) -> Kept:
    """Write a stream to storage under a random name; nothing stays behind when it is too long or breaks off."""
    name = uuid.uuid4().hex
    with undone(name):
        size, digest = _write(name, chunks, most)
        head = _head(name)
        kind = _kind(head)
        reading = reading_copies.make(name, head) if kind in (TEXT, GZIP) else ""
        lines, index = _count_lines(name) if kind == TEXT or reading else (None, [])
    return Kept(name, size, digest, kind, lines, index, reading)


def chunks(stream: Readable) -> Iterator[bytes]:
    return iter(lambda: stream.read(CHUNK), b"")


def too_long(most: int) -> Refused:
    words = _("A file may have {megabytes} MB here.").format(megabytes=most // (1024 * 1024))
    return Refused("PAYLOAD_TOO_LARGE", words)


def drop(name: str) -> None:
    """The file, and the copy it is read from."""
    default_storage.delete(name)
    default_storage.delete(reading_copies.name_of(name))


@contextmanager
def undone(name: str) -> Iterator[None]:
    """What fails takes its file with it."""
    try:
        yield
    except BaseException:
        drop(name)
        raise


def tie(name: str) -> None:
    """Tie a file to the transaction that records it: whoever takes that back, however far out, takes the file too.

    No hook tells of a rollback. But Django lets go of the callbacks that waited for the commit, and with ours of the
    only thing that held on to `tied`; a commit comes first and unties it.
    """
    tied = _Tied()
    gone = weakref.finalize(tied, drop, name)
    transaction.on_commit(partial(_untie, tied, gone))


class _Tied:
    pass


def _untie(tied: _Tied, gone: "weakref.finalize[[str], _Tied]") -> None:
    gone.detach()


@contextmanager
def opened(name: str) -> Iterator[IO[bytes]]:
    with default_storage.open(name, "rb") as file:
        assert file.file is not None
        yield file.file


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Many whole lines at once, in bounded memory; of a line that is too long, a part as if it were one."""
    rest = b""
    while chunk := file.read(CHUNK):
        rest, at = rest + chunk, 0
        while len(rest) - at >= LONGEST_LINE:
            end = rest.rfind(b"\n", at, at + LONGEST_LINE) + 1 or at + LONGEST_LINE
            yield rest[at:end]
            at = end
        rest = rest[at:]
    if rest:
        yield rest


def lines_of(piece: bytes) -> int:
    return piece.count(b"\n") + (not piece.endswith(b"\n"))


def shown(line: bytes) -> str:
    """A line as text: bytes that are no text, and NUL, which PostgreSQL refuses, become the replacement character."""
    return line.rstrip(b"\r\n").decode("utf-8", "replace").replace("\0", "\ufffd")


def clean_name(filename: str) -> str:
    """The last part of whatever path was sent, without anything that could mislead a reader or a file system."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*').strip(" .")
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 16:
        stem, ending = name, ""
    if name.partition(".")[0].rstrip().lower() in RESERVED:
        stem = f"_{stem}"
    tail = f".{ending}" if ending else ""
    return _shortened(stem or "evidence", NAME_LENGTH - len(tail), NAME_BYTES - len(tail.encode())) + tail


def _shortened(text: str, length: int, size: int) -> str:
    return text[:length].encode()[:size].decode("utf-8", "ignore").rstrip(" .") or "evidence"


def _write(name: str, pieces: Iterable[bytes], most: int) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with default_storage.open(name, "wb") as file:
        for piece in pieces:
            size += len(piece)
            if size > most:
                raise too_long(most)
            digest.update(piece)
            file.write(piece)
    return size, digest.hexdigest()


def _head(name: str) -> bytes:
    with opened(name) as file:
        return file.read(8192)


def _kind(head: bytes) -> str:
    """Judged by the bytes, not by what the sender says: a log may hold a few hostile ones and is still a log."""
    known = next((kind for signature, kind in SIGNATURES.items() if head.startswith(signature)), "")
    if known or head.startswith(tuple(reading_copies.MARKS)):
        return known or TEXT
    return TEXT if len(head.translate(None, CONTROLS)) >= 0.7 * len(head) else BINARY


def _count_lines(name: str) -> tuple[int, list[tuple[int, int]]]:
    """How many lines, and where some begin: a page of the middle is then one seek away."""
    count, offset, last = 0, 0, -INDEXED_BYTES
    index: list[tuple[int, int]] = []
    with opened(reading_copies.to_read(name)) as file:
        for piece in pieces(file):
            if offset - last >= INDEXED_BYTES:
                index.append((count + 1, offset))
                last = offset
            count += lines_of(piece)
            offset += len(piece)
    return count, index
