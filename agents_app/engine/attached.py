"""Files that a message points to, as a model is told of them: data, with the beginning of what is text."""

from typing import Any

from agents_app.engine import data_blocks
from sessions_app import masking
from sessions_app.models import Message
from sessions_app.services import files, reading_copies

MOST = 5
# Of a file; the rest of one that is evidence is found by searching.
LONGEST = 3_000
TOLD = ("filename", "content_type", "size", "lines")


def named(message: Message) -> str:
    """Which they are, after the words of the message."""
    return _block([_facts(each) for each in message.attachments[:MOST]])


def opened(message: Message) -> str:
    """The same with how each text begins; reads storage, so not for the event loop."""
    return _block([{**_facts(each), **_beginning(each)} for each in message.attachments[:MOST]])


def _block(told: list[dict[str, Any]]) -> str:
    return f"\n\n{data_blocks.block('attachments', told)}" if told else ""


def _facts(file: dict[str, Any]) -> dict[str, Any]:
    searched = bool(file.get("evidence_id") or file.get("download_url", "").startswith("/api/v1/evidence/"))
    return {**{name: file.get(name) for name in TOLD}, "in_evidence": searched}


def _beginning(file: dict[str, Any]) -> dict[str, Any]:
    if file.get("lines") is None:
        return {}
    try:
        with files.opened(reading_copies.to_read(file["stored_name"])) as stored:
            text = files.shown(stored.read(LONGEST * 4))
    except FileNotFoundError:
        return {"gone": True}
    return {"begins": masking.mask(text[:LONGEST]), **({"cut": True} if len(text) > LONGEST else {})}
