"""People at their browsers, as the tests follow them: by role and label, never by class."""

import json
import re
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.services.server import Server

SLOW_MS = 60_000
# The session of each person's browser at each server: a password is looked at for a third of a second.
_SIGNED_IN: dict[tuple[Path, str], list[Any]] = {}
PHONE: ViewportSize = {"width": 390, "height": 844}
# What stands in the stream, in order: the key of each item and its words.
READ_STREAM = """() => [...document.querySelectorAll('room-stream ol[data-field="items"] > li')]
    .map((item) => [item.dataset.key, (item.querySelector('.item-body') ?? item).innerText.trim()])"""


def sign_in(page: Page, server: Server, username: str, *, to: str = "/") -> None:
    """Open a page of ours and arrive there, asked who we are unless that server knows this person's browser."""
    page.context.add_cookies(_SIGNED_IN.get((server.home, username), []))
    page.goto(server.url + to)
    if "/sign-in/" in page.url:
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(server.password)
        page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(re.escape(server.url + to)))
    session = next(each for each in page.context.cookies() if each["name"] == "sessionid")
    _SIGNED_IN[server.home, username] = [{"name": "sessionid", "value": session["value"], "url": server.url}]


def enter(page: Page, server: Server, username: str, incident_id: str) -> None:
    """Sign in and stand in an incident's war room, live."""
    sign_in(page, server, username, to=f"/incidents/{incident_id}/")
    wait_until_live(page)


def program(server: Server, username: str) -> closing[httpx.Client]:
    """The same person as a program with a token: `with program(server, "commander") as client`."""
    return closing(server.sign_in(username))


def open_menu(page: Page) -> None:
    """The person's own: theme, language, notifications, keys, the way out."""
    page.locator(".user-menu > summary").click()


def wait_until_live(page: Page) -> None:
    expect(page.locator("connection-chip")).to_contain_text("Live", timeout=SLOW_MS)


def alert(address: str, *, title: str = "Many failed sign-ins, then a successful one", **more: Any) -> dict[str, Any]:
    """An alert nobody wrote an adapter for."""
    return {
        "title": title, "severity": "high", "host": "bastion-9", "user": "backup", "source_ip": address,
        "message": f"sshd: Accepted password for backup from {address} after 120 failures", **more,
    }  # fmt: skip


def raise_alert(client: httpx.Client, body: dict[str, Any]) -> str:
    """Send an alert; the incident it opened."""
    answer = client.post("/api/v1/ingest", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["incident_id"])


def declare(server: Server, title: str) -> str:
    """An incident without an alert, so that no crew is at work in it."""
    with program(server, "commander") as client:
        made = client.post("/api/v1/incidents", json={"title": title, "severity": "low"})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])


def room_of(client: httpx.Client, incident_id: str) -> str:
    return str(client.get(f"/api/v1/incidents/{incident_id}").json()["session_id"])


def approval_card(page: Page) -> Locator:
    """The request on which the crew waits."""
    card = page.get_by_role("group", name=re.compile("Request to approve"))
    expect(card).to_be_visible(timeout=SLOW_MS)
    return card


def post(page: Page, text: str) -> None:
    page.get_by_label("Message to the room").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def stream(page: Page) -> list[tuple[str, str]]:
    return [(key, words) for key, words in page.evaluate(READ_STREAM)]


def wait_for(client: httpx.Client, incident_id: str, kind: str) -> dict[str, Any]:
    """Follow the room's own stream until this has happened; what it told."""
    stream_url = f"/api/v1/sessions/{room_of(client, incident_id)}/events?after=0"
    with client.stream("GET", stream_url, headers={"Accept": "text/event-stream"}) as events:
        for line in events.iter_lines():
            if f'"type":"{kind}"' in line:
                told: dict[str, Any] = json.loads(line.removeprefix("data:"))["data"]
                return told
    raise AssertionError(f"the stream ended without {kind}")


def decide(client: httpx.Client, incident_id: str, decision: str) -> None:
    """The same decision as a program makes it, once the crew asks."""
    asked = wait_for(client, incident_id, "approval.requested")
    body = {"version": asked["version"], "digest": asked["digest"], "decision": decision}
    answer = client.post(f"/api/v1/approvals/{asked['id']}/decision", json=body)
    assert answer.status_code == 200, answer.text
