"""The API by example: python examples/api.py http://127.0.0.1:8000 PASSWORD    (pip install websockets)"""

import json
import sys
import urllib.request
import uuid
from typing import Any

from websockets.sync.client import connect
from websockets.typing import Subprotocol

base, password = sys.argv[1:3]


def call(method: str, path: str, body: Any = None, token: str = "", **headers: str) -> Any:
    request = urllib.request.Request(f"{base}/api/v1/{path}", method=method, headers=headers)
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    request.data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


# == token
token = call("POST", "auth/token", {"username": "responder", "password": password})["access"]
print("I am", call("GET", "me", token=token)["name"])

# == session
session = call("POST", "sessions", {"title": "What is this address?", "activate": True}, token)
print("session", session["id"], session["status"])

# == message
key = {"Idempotency-Key": str(uuid.uuid4())}  # send it again after a lost connection: it is said once
reply = call("POST", f"sessions/{session['id']}/messages", {"content": "Who are you?"}, token, **key)
print(reply["sender_name"], "says:", reply["content"])

# == sse
stream = urllib.request.Request(
    f"{base}/api/v1/sessions/{session['id']}/events",
    headers={"Authorization": f"Bearer {token}", "Accept": "text/event-stream"},  # and Last-Event-ID, to resume
)
with urllib.request.urlopen(stream, timeout=40) as lines:
    for line in lines:
        if line.startswith(b"data: "):
            event = json.loads(line.removeprefix(b"data: "))
            print("sse", event["seq"], event["type"])
            if event["type"] == "run.succeeded":
                break

# == socket
address = base.replace("http", "ws", 1) + "/ws/v1"
headers = {"Authorization": f"Bearer {token}"}
with connect(address, subprotocols=[Subprotocol("warroom.v1")], additional_headers=headers) as socket:
    socket.send(json.dumps({"t": "hello", "v": 1}))
    socket.send(json.dumps({"t": "sub", "room": session["id"]}))
    for text in socket:
        frame = json.loads(text)
        print("socket", frame["t"])
        if frame["t"] == "ping":
            socket.send(json.dumps({"t": "pong", "n": frame["n"]}))
        if frame["t"] == "caught_up":
            break

# == approval
asked = call("POST", f"sessions/{session['id']}/messages", {"content": "Block 203.0.113.77 for 60 minutes"}, token)
print("the run is", asked["status"], "for", asked["waiting_for"])
approver = call("POST", "auth/token", {"username": "approver", "password": password})["access"]
approval = call("GET", f"approvals/{asked['approval_ids'][0]}", token=approver)
print(approval["agent_name"], "wants", approval["tool"], approval["args"])
decision = {"version": approval["version"], "digest": approval["digest"], "decision": "reject", "feedback": "Not yet."}
decided = call("POST", f"approvals/{approval['id']}/decision", decision, approver)
print("the approval is", decided["approval"]["status"])
