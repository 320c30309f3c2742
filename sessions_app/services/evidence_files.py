"""Evidence on disk: kept as it streams in, and read line by line without ever holding it whole."""

from __future__ import annotations

import hashlib
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO

from django.conf import settings
from django.core.files.storage import default_storage

from sessions_app.errors import Refused
from sessions_app.models import Evidence, Incident

# A file without line breaks is cut into lines of this length, so that one line always fits in memory.
LONGEST_LINE = 64 * 1024
INDEXED_LINES = 1000
NAME_LENGTH = 180
BINARY_SIGNATURES = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"\x7fELF", b"MZ\x90",
    b"SQLite format 3", b"BZh",
    b"\xfd7zXZ", b"Rar!", b"7z\xbc\xaf", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\n\r\r\n",
)  # fmt: skip
# Marks the raw alert among an incident's evidence; no upload can claim it.
ALERT_TYPE = "application/vnd.warroom.alert+json"
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b")) + b"\x7f"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a file once it lies in storage."""

    stored_name: str
    size: int
    sha256: str
    content_type: str
    lines: int | None
    line_index: list[int]


def keep(chunks: Iterable[bytes]) -> Kept:
    """Write a stream to storage under a random name; nothing stays behind when it is too long or breaks off."""
    name = uuid.uuid4().hex
    try:
        size, digest = write(name, chunks)
        text = is_text(name)
        lines, index = count_lines(name) if text else (None, [])
    except BaseException:
        drop(name)
        raise
    kind = "text/plain" if text else "application/octet-stream"
    return Kept(stored_name=name, size=size, sha256=digest, content_type=kind, lines=lines, line_index=index)


def write(name: str, chunks: Iterable[bytes]) -> tuple[int, str]:
    size, digest, most = 0, hashlib.sha256(), settings.WARROOM_EVIDENCE_MAX_BYTES
    with default_storage.open(name, "wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise Refused("PAYLOAD_TOO_LARGE", f"Evidence may have {most // (1024 * 1024)} MB.")
            digest.update(chunk)
            file.write(chunk)
    return size, digest.hexdigest()


def drop(name: str) -> None:
    default_storage.delete(name)


def is_text(name: str) -> bool:
    """Judged by the bytes, not by what the sender says: a log may hold a few hostile ones and is still a log."""
    with opened(name) as file:
        head = file.read(8192)
    return not head.startswith(BINARY_SIGNATURES) and len(head.translate(None, CONTROLS)) >= 0.7 * len(head)


def count_lines(name: str) -> tuple[int, list[int]]:
    """How many lines, and where every 1,000th begins: a page of the middle is then one seek away."""
    count, offset, index = 0, 0, []
    with opened(name) as file:
        for line in cut(file):
            if count % INDEXED_LINES == 0:
                index.append(offset)
            count += 1
            offset += len(line)
    return count, index


@contextmanager
def opened(name: str) -> Iterator[IO[bytes]]:
    with default_storage.open(name, "rb") as file:
        assert file.file is not None
        yield file.file


def cut(file: IO[bytes]) -> Iterator[bytes]:
    return iter(partial(file.readline, LONGEST_LINE), b"")


def read_lines(evidence: Evidence, start: int = 1) -> Iterator[tuple[int, bytes]]:
    """The lines from number `start` on, each with its number; nothing for what is not text."""
    if evidence.lines is None or start > evidence.lines:
        return
    start = max(start, 1)
    entry = (start - 1) // INDEXED_LINES
    with opened(evidence.stored_name) as file:
        file.seek(evidence.line_index[entry])
        for number, line in enumerate(cut(file), entry * INDEXED_LINES + 1):
            if number >= start:
                yield number, line


def files_and_alerts(incident: Incident) -> tuple[list[Evidence], list[Evidence]]:
    """What was attached, and the raw alerts. An alert repeats lines of a log: together they count twice."""
    rows = list(incident.evidence.order_by("id"))
    return (
        [row for row in rows if row.content_type != ALERT_TYPE],
        [row for row in rows if row.content_type == ALERT_TYPE],
    )


def shown(line: bytes) -> str:
    """A line as text: bytes that are no text, and NUL, which PostgreSQL refuses, become the replacement character."""
    return line.rstrip(b"\r\n").decode("utf-8", "replace").replace("\0", "\ufffd")


def clean_name(filename: str) -> str:
    """The last part of whatever path was sent, without anything that could mislead a reader or a file system."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*').strip(" .")
    stem, dot, ending = name.rpartition(".")
    if dot and len(ending) <= 16:
        return f"{(stem or 'evidence')[: NAME_LENGTH - len(ending) - 1]}.{ending}"
    return name[:NAME_LENGTH] or "evidence"
