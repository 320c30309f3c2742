"""The log is a stream without an end unless it is asked for as JSON."""

from typing import Any

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    if case.operation.path.endswith("/events"):
        case.headers = {**(case.headers or {}), "Accept": "application/json"}
