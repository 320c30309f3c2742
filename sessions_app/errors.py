"""The one list of error codes; REST, socket and documentation are made from it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _


class ErrorCode(NamedTuple):
    status: int
    recoverable: bool
    title: str


ERRORS: dict[str, ErrorCode] = {
    "SESSION_NOT_FOUND": ErrorCode(404, False, _("There is no such session.")),
    "SESSION_NOT_ACTIVE": ErrorCode(409, True, _("The session is not active.")),
    "SESSION_EXPIRED": ErrorCode(410, False, _("The session has expired.")),
    "SESSION_ENDED": ErrorCode(410, False, _("The session has ended.")),
    "AGENT_NOT_FOUND": ErrorCode(404, False, _("There is no such agent.")),
    "AGENT_CONFIG_ERROR": ErrorCode(500, False, _("The agent is set up wrongly.")),
    "AGENT_NOT_AVAILABLE": ErrorCode(503, True, _("The agent is not available.")),
    "INVALID_CONFIG": ErrorCode(422, False, _("The configuration is not valid.")),
    "LLM_TIMEOUT": ErrorCode(504, True, _("The model took too long.")),
    "LLM_RATE_LIMIT": ErrorCode(429, True, _("The model's provider asks us to slow down.")),
    "LLM_API_ERROR": ErrorCode(502, True, _("The model's provider failed.")),
    "LLM_CONTENT_FILTER": ErrorCode(422, False, _("The model's provider refused the content.")),
    "LLM_TOKEN_LIMIT": ErrorCode(413, False, _("The conversation is too long for the model.")),
    "TOOL_NOT_FOUND": ErrorCode(404, False, _("There is no such tool.")),
    "TOOL_EXECUTION_ERROR": ErrorCode(500, True, _("The tool failed.")),
    "TOOL_TIMEOUT": ErrorCode(504, True, _("The tool took too long.")),
    "TOOL_PERMISSION_DENIED": ErrorCode(403, False, _("Policy does not allow this call.")),
    "TOOL_VALIDATION_ERROR": ErrorCode(422, False, _("The tool's arguments are not valid.")),
    "APPROVAL_NOT_FOUND": ErrorCode(404, False, _("There is no such approval.")),
    "APPROVAL_ALREADY_DECIDED": ErrorCode(409, False, _("Already decided.")),
    "APPROVAL_EXPIRED": ErrorCode(410, False, _("The approval has expired.")),
    "APPROVAL_STALE": ErrorCode(409, False, _("The request has changed; look at it again.")),
    "APPROVAL_FORBIDDEN": ErrorCode(403, False, _("You may not decide this.")),
    "ROUND_LIMIT_REACHED": ErrorCode(409, False, _("This chat has had all its rounds.")),
    "QUOTA_EXCEEDED": ErrorCode(429, True, _("A quota is used up.")),
    "TOO_MANY_RUNS": ErrorCode(429, True, _("Too many unfinished runs.")),
    "RATE_LIMIT_EXCEEDED": ErrorCode(429, True, _("Too many requests.")),
    "RUN_ACTIVE": ErrorCode(409, True, _("A run is at work.")),
    "EMERGENCY_STOP": ErrorCode(503, True, _("Agents are stopped.")),
    "RUN_CRASHED": ErrorCode(500, False, _("The run crashed too often.")),
    "SERVICE_UNAVAILABLE": ErrorCode(503, True, _("The service is not available right now.")),
    "INVALID_REQUEST": ErrorCode(400, False, _("The request is not valid.")),
    "PAYLOAD_TOO_LARGE": ErrorCode(413, False, _("The body is too large.")),
    "UNSUPPORTED_MEDIA_TYPE": ErrorCode(415, False, _("This media type is not supported.")),
    "METHOD_NOT_ALLOWED": ErrorCode(405, False, _("This method is not allowed here.")),
    "ACCOUNT_LOCKED": ErrorCode(429, True, _("Too many failed sign-ins.")),
    "NOT_AUTHENTICATED": ErrorCode(401, False, _("Sign in first.")),
    "PERMISSION_DENIED": ErrorCode(403, False, _("You may not do this.")),
    "NOT_FOUND": ErrorCode(404, False, _("Not found.")),
    "IDEMPOTENCY_MISMATCH": ErrorCode(409, False, _("The same key came with another request.")),
    "CONFLICT": ErrorCode(409, False, _("The state has changed.")),
    "NOT_ACCEPTABLE": ErrorCode(406, False, _("This representation is not available.")),
    "INTERNAL_ERROR": ErrorCode(500, False, _("Something went wrong on our side.")),
}


class Refused(Exception):
    """A request that is answered with one of our codes; `detail` is for the person who reads it, in their language."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        details: dict[str, Any] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.code = code
        self.entry = ERRORS[code]
        self.title = gettext(self.entry.title)
        self.detail = detail or self.title
        self.details = details or {}
        self.retry_after_s = retry_after_s
        # What was written before it was raised stays written: a refusal that is audited, an expiry that was found.
        self.keeps = False
        # Or: all of it is taken back, and this is written then (see transactions.py).
        self.trace: Callable[[], None] | None = None
        super().__init__(f"{code}: {self.detail}")


class NotFound(Refused):
    """Not there, or another organisation's: the caller can't tell which."""

    def __init__(self, detail: str = "", *, code: str = "NOT_FOUND") -> None:
        super().__init__(code, detail)


class Denied(Refused):
    def __init__(self, detail: str = "", *, code: str = "PERMISSION_DENIED") -> None:
        super().__init__(code, detail)


class Conflict(Refused):
    def __init__(self, detail: str = "", *, details: dict[str, Any] | None = None) -> None:
        super().__init__("CONFLICT", detail, details=details)


class Invalid(Refused):
    """The request has the wrong shape; `details` names the fields."""

    def __init__(self, detail: str = "", *, details: dict[str, Any] | None = None) -> None:
        super().__init__("INVALID_REQUEST", detail, details=details)
