"""The files of an incident's evidence, read line by line without ever holding one whole."""

from collections.abc import Iterator

from sessions_app.models import Evidence, Incident
from sessions_app.services.files import INDEXED_LINES, cut, opened

# Marks the raw alert among an incident's evidence; no upload can claim it.
ALERT_TYPE = "application/vnd.warroom.alert+json"


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
