"""How a reply is told as Server-Sent Events: the words of `sessions/{id}/chat`, and those of `chat/start`."""

from datetime import datetime
from itertools import count
from typing import Any, Protocol

from django.utils import timezone

from sessions_app.events import frames

Data = dict[str, Any]


class Words(Protocol):
    """What may be told of a reply on its way; each answers the text of one event, or nothing."""

    def alive(self) -> str: ...

    def content(self, text: str, message_id: str) -> str: ...

    def thinking(self, text: str, message_id: str) -> str: ...

    def reset(self, message_id: str, reason: str) -> str: ...

    def tool_call(self, call: Data) -> str: ...

    def tool_result(self, call: Data) -> str: ...

    def approval(self, approval: Data) -> str: ...

    def question(self, question: Data) -> str: ...

    def error(self, error: Data) -> str: ...

    def done(self, run: Data, message_id: str | None, content: str) -> str: ...


class OfSession:
    """Each event is named by its `type`; `done` is the last, whatever became of the reply or of this stream."""

    def alive(self) -> str:
        return ": still here\n\n"

    def content(self, text: str, message_id: str) -> str:
        return _event("content", {"type": "content", "data": text, "message_id": message_id})

    def thinking(self, text: str, message_id: str) -> str:
        """What was told as content of this message was thought before a tool was used; it is no part of the reply."""
        return _event("thinking", {"type": "thinking", "data": text, "message_id": message_id})

    def reset(self, message_id: str, reason: str) -> str:
        """What was told as content of this message is void; another follows."""
        return _event("reset", {"type": "reset", "message_id": message_id, "reason": reason})

    def tool_call(self, call: Data) -> str:
        return _event("tool_call", {"type": "tool_call", "data": call})

    def tool_result(self, call: Data) -> str:
        return _event("tool_result", {"type": "tool_result", "data": call})

    def approval(self, approval: Data) -> str:
        return _event("approval_required", {"type": "approval_required", "data": approval})

    def question(self, question: Data) -> str:
        return _event("question", {"type": "question", "data": question})

    def error(self, error: Data) -> str:
        return _event("error", {"type": "error", **error})

    def done(self, run: Data, message_id: str | None, content: str) -> str:
        told = {"type": "done", "content": content, "message_id": message_id, "usage": run["usage"]}
        return _event("done", {**told, "run_id": run["id"], "status": run["status"]})


class OfStart:
    """Numbered events of four names; what they tell stands in `type`, in the camelCase of this door."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def alive(self) -> str:
        return self._told("heartbeat", "heartbeat", {})

    def content(self, text: str, message_id: str) -> str:
        return self._told("message", "text", {"content": text, "messageId": message_id})

    def thinking(self, text: str, message_id: str) -> str:
        return self._told("message", "thinking", {"content": text, "messageId": message_id})

    def reset(self, message_id: str, reason: str) -> str:
        """The text of this message is void."""
        return self._told("message", "text", {"content": "", "messageId": message_id, "reset": True, "reason": reason})

    def tool_call(self, call: Data) -> str:
        return self._told("message", "tool_call", {**_call(call), "arguments": call["args"], "status": call["state"]})

    def tool_result(self, call: Data) -> str:
        told = {"result": call["result"], "success": call["state"] == "succeeded", "duration": _milliseconds(call)}
        failed = {"error": call["error"]} if call["error"] else {}
        return self._told("message", "tool_result", {**_call(call), **told, **failed})

    def approval(self, approval: Data) -> str:
        told = {"toolCallId": approval["tool_call_id"], "toolName": approval["tool"], "arguments": approval["args"]}
        return self._told(
            "message", "tool_call", {**told, "status": "approval_required", "approvalId": approval["id"]}
        )  # fmt: skip

    def question(self, question: Data) -> str:
        """The call that asks has been told, and its answer will be."""
        return ""

    def error(self, error: Data) -> str:
        told = {"errorCode": error["error_code"], "message": error["detail"], "recoverable": error["recoverable"]}
        return self._told("error", "error", told)

    def done(self, run: Data, message_id: str | None, content: str) -> str:
        told = {"sessionId": run["session_id"], "messageId": message_id, "usage": run["usage"], "status": run["status"]}
        return self._told("done", "done", {**told, "executionMode": run["path"]})

    def _told(self, event: str, kind: str, data: Data) -> str:
        number = next(self._numbers)
        told = {"id": number, "type": kind, "data": data, "timestamp": timezone.now()}
        return f"id: {number}\n{_event(event, told)}"


def _event(name: str, data: Data) -> str:
    return f"event: {name}\ndata: {frames.encode(data)}\n\n"


def _call(call: Data) -> Data:
    return {"toolCallId": call["id"], "toolName": call["tool"]}


def _milliseconds(call: Data) -> int:
    """From the moment it was begun; what was refused took no time."""
    if not call["started_at"] or not call["ended_at"]:
        return 0
    began, ended = (datetime.fromisoformat(call[name]) for name in ("started_at", "ended_at"))
    return round((ended - began).total_seconds() * 1000)
