"""Follow a war room: all that happens in it, each thing once, over every lost connection.

pip install websockets
python examples/follow_room.py http://127.0.0.1:8000 commander PASSWORD [session id of the room]
"""

import json
import random
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol


def request(base: str, path: str, *, token: str = "", body: dict[str, Any] | None = None) -> Any:
    asking = urllib.request.Request(f"{base}/api/v1/{path}", headers={"Content-Type": "application/json"})
    if token:
        asking.add_header("Authorization", f"Bearer {token}")
    if body is not None:
        asking.data = json.dumps(body).encode()
    with urllib.request.urlopen(asking, timeout=30) as answer:
        return json.load(answer)


def frames(base: str, who: dict[str, str], room: str) -> Iterator[dict[str, Any]]:
    """Frames of the room without an end: a new connection goes on where the last one broke."""
    place: dict[str, Any] = {}  # the log's epoch and the last seq we have seen
    while True:
        try:
            token = request(base, "auth/token", body=who)["access"]
            address = base.replace("http", "ws", 1) + "/ws/v1"
            headers = {"Authorization": f"Bearer {token}"}
            with connect(address, subprotocols=[Subprotocol("warroom.v1")], additional_headers=headers) as socket:
                socket.send(json.dumps({"t": "hello", "v": 1}))
                socket.send(json.dumps({"t": "sub", "room": room, **place}))
                for text in socket:
                    frame = json.loads(text)
                    if frame["t"] == "ping":
                        socket.send(json.dumps({"t": "pong", "n": frame["n"]}))
                    elif frame["t"] == "subscribed":
                        if not frame["recovered"]:  # the snapshot stands for everything up to its head
                            place = {"epoch": frame["epoch"], "after": frame["head"]}
                            yield frame
                    elif frame["t"] == "event" and frame["seq"] > place["after"]:
                        place["after"] = frame["seq"]
                        yield frame
        except HTTPError as refused:
            if refused.code not in (429, 502, 503, 504):  # asking again would change nothing, and lock the account
                raise
            time.sleep(float(refused.headers.get("Retry-After") or 1))
        except (OSError, ConnectionClosed) as lost:
            print(f"-- lost: {lost}", file=sys.stderr, flush=True)
        time.sleep(random.uniform(0.2, 2))


def show(frame: dict[str, Any]) -> None:
    if frame["t"] == "subscribed":
        for message in frame["snapshot"]["messages"]:
            print(f"{message['sender_name']}: {message['content']}")
        for approval in frame["snapshot"]["approvals"]:
            print(f"-- {asked(approval)}")
    elif frame["type"] in ("message.created", "message.end"):
        message = frame["data"]
        print(f"{message['sender_name']}: {message['content']}")
    elif line := told(frame):
        print(f"-- {line}")
    sys.stdout.flush()


def told(frame: dict[str, Any]) -> str:
    """An event in words; nothing for those that only move the machinery: runs, plans, tokens."""
    kind, _, what = frame["type"].partition(".")
    data, actor = frame["data"], frame["actor"]["name"]
    if kind == "approval":
        return asked(data) if what == "requested" else decided(data, what)
    if kind == "question":
        answer = f"question {what}: {data['answer'] or ''}"
        return f"{data['asked_by']} asks: {data['question']}" if what == "asked" else answer
    if kind == "execution":
        ran = data["tool_call"]
        return "" if what == "started" else f"{call(ran)}: {what} {ran.get('error') or ''}".strip()
    if kind == "incident":
        changes = "; ".join(f"{name} from {old} to {new}" for name, (old, new) in (data.get("changes") or {}).items())
        return f"incident {what} by {actor}{f': {changes}' if changes else ''}"
    if kind == "evidence":
        return f"{actor} attached {data['filename']}"
    if kind == "indicator":
        return f"{data['indicator']['kind']} {data['indicator']['value']}: {what}"
    if frame["type"] in ("run.failed", "run.cancelled"):
        return f"a run of {data['agent_name']} {what}: {data['error'] or ''}"
    return f"round {data['round']} begins" if frame["type"] == "round.started" else ""


def asked(approval: dict[str, Any]) -> str:
    what = f"{approval['agent_name']} asks to run {call(approval)}. {approval['impact']}"
    return f"{what} Its reason: {approval['agent_reason']} A person decides until {approval['expires_at']}."


def decided(approval: dict[str, Any], what: str) -> str:
    by = (approval["decided_by"] or {}).get("name", "nobody")
    words = f", saying: {approval['feedback']}" if approval["feedback"] else ""
    return f"{call(approval)}: {what} by {by}{words}"


def call(asked_for: dict[str, Any]) -> str:
    args = ", ".join(f"{name}={value}" for name, value in asked_for["args"].items() if name != "reason")
    return f"{asked_for['tool']}({args})"


def main(base: str, username: str, password: str, room: str = "") -> None:
    who = {"username": username, "password": password}
    if not room:
        token = request(base, "auth/token", body=who)["access"]
        room = request(base, "incidents", token=token)["data"][0]["session_id"]
    for frame in frames(base, who, room):
        show(frame)


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:5])
    except HTTPError as refused:
        sys.exit(f"The server refuses: {refused}")
    except KeyboardInterrupt:
        sys.exit(0)
