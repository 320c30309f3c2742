"""The files of an incident's evidence, read piece by piece or line by line without ever holding one whole."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain

from sessions_app.models import Evidence, Incident
from sessions_app.services import reading_copies
from sessions_app.services.files import lines_of, opened, pieces

# Marks the raw alert among an incident's evidence; no upload can claim it.
ALERT_TYPE = "application/vnd.warroom.alert+json"


def read_lines(evidence: Evidence, start: int = 1) -> Iterator[tuple[int, bytes]]:
    """The lines from number `start` on, each with its number; nothing for what is not text."""
    return chain.from_iterable(enumerate(split(piece), number) for number, piece in read_pieces(evidence, start))


def read_pieces(evidence: Evidence, start: int = 1) -> Iterator[tuple[int, bytes]]:
    """The same, many lines at once, with the number of the first: one search in a piece is quicker than many."""
    start = max(start, 1)
    if evidence.lines is None or start > evidence.lines:
        return
    number, offset = evidence.line_index[bisect_right(evidence.line_index, start, key=lambda each: each[0]) - 1]
    with opened(reading_copies.to_read(evidence.stored_name)) as file:
        file.seek(offset)
        for piece in pieces(file):
            following = number + lines_of(piece)
            if following > start:
                yield max(number, start), _from(piece, start - number)
            number = following


def split(piece: bytes) -> list[bytes]:
    lines = piece.split(b"\n")
    return lines if lines[-1] else lines[:-1]


def _from(piece: bytes, line: int) -> bytes:
    at = 0
    for _ in range(line):
        at = piece.index(b"\n", at) + 1
    return piece[at:]


def files_and_alerts(incident: Incident) -> tuple[list[Evidence], list[Evidence]]:
    """What was attached, and the raw alerts. An alert repeats lines of a log: together they count twice."""
    rows = list(incident.evidence.order_by("id"))
    return (
        [row for row in rows if row.content_type != ALERT_TYPE],
        [row for row in rows if row.content_type == ALERT_TYPE],
    )
