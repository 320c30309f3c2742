"""Indicators: who and what an incident is about, found in text and JSON (pure: no database)."""

from sessions_app.indicators.addresses import address, is_own
from sessions_app.indicators.defanging import refang
from sessions_app.indicators.found import KINDS, Found, Kind
from sessions_app.indicators.keys import from_json
from sessions_app.indicators.kinds import fits, key_of, kind_of, normal
from sessions_app.indicators.known import Known, known_as
from sessions_app.indicators.leaves import leaves
from sessions_app.indicators.text import extract

__all__ = [
    "KINDS",
    "Found",
    "Kind",
    "Known",
    "address",
    "extract",
    "fits",
    "from_json",
    "is_own",
    "key_of",
    "kind_of",
    "known_as",
    "leaves",
    "normal",
    "refang",
]
