"""Strict JSON: no NaN, no Infinity, no duplicate of what a database can't hold, and not without end."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from sessions_app.errors import Invalid, Refused
from sessions_app.ingest.body import depth

LONGEST = 1024 * 1024
# As deep as a frame of the socket: what one request may store, every later answer must be able to encode.
DEEPEST = 32


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(LONGEST + 1)
        if len(raw) > LONGEST:
            raise Refused(
                "PAYLOAD_TOO_LARGE", _("A body may have {kibibytes} KiB at most.").format(kibibytes=LONGEST // 1024)
            )
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise Invalid(
                _("The body is not JSON: {problem} (line {line}, column {column}).").format(
                    problem=error.msg, line=error.lineno, column=error.colno
                )
            ) from None
        if depth(value) > DEEPEST:
            raise Invalid(_("The body is nested deeper than {levels} levels.").format(levels=DEEPEST))
        return value
