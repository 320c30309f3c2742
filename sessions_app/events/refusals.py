"""The socket's error object: the list of codes, without what belongs to HTTP."""

from typing import Any

from django.utils import timezone

from sessions_app.errors import Refused


def error_object(refused: Refused) -> dict[str, Any]:
    told: dict[str, Any] = {
        "error_code": refused.code,
        "detail": refused.detail[:2000],
        "message": refused.detail[:2000],
        "recoverable": refused.entry.recoverable,
        "details": refused.details,
        "timestamp": timezone.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if refused.retry_after_s is not None:
        told["retry_after_ms"] = int(refused.retry_after_s * 1000)
    return told
