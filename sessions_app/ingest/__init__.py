"""Alerts in: from a body of bytes to what it says (pure: no database). One file a format, `generic` for the rest."""

from sessions_app.ingest.alert import ParsedAlert
from sessions_app.ingest.body import parse
from sessions_app.ingest.sources import SOURCES, guess, read

__all__ = ["SOURCES", "ParsedAlert", "guess", "parse", "read"]
