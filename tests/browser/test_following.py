"""Nobody in the room misses anything: two browsers, cuts in mid-stream, a reload, a reader who has scrolled up."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.people import (
    READ_STREAM,
    SLOW_MS,
    alert,
    approval_card,
    declare,
    enter,
    post,
    program,
    raise_alert,
    room_of,
    sign_in,
    stream,
    wait_until_live,
)
from tests.services.server import Server

CUTS = 30
NewContext = Callable[..., BrowserContext]


# The page's own socket, cut after a few frames; the frame it is cut at is lost, as on a real line. Back-off is short.
CUTTER = """() => {
  let state = 7;
  const draw = () => (state = (state * 16807) % 2147483647) / 2147483647;
  Math.random = () => 0.02;
  window.cutsLeft = CUTS;
  window.WebSocket = class extends WebSocket {
    constructor(...where) {
      super(...where);
      let budget = 3 + Math.floor(draw() * 12);
      this.addEventListener("message", (event) => {
        budget -= 1;
        if (budget > 0 || window.cutsLeft === 0) return;
        event.stopImmediatePropagation();
        if (budget === 0) { window.cutsLeft -= 1; this.close(); }
      });
    }
  };
}"""


@pytest.mark.long
def test_cut_off_thirty_times_while_text_streams_ends_with_the_same(
    new_context: NewContext, start_server: Callable[..., Server]
) -> None:
    server = start_server(WARROOM_DEMO_TOKEN_MS="25")
    steady, cut = new_context().new_page(), new_context().new_page()
    cut.add_init_script(f"({CUTTER.replace('CUTS', str(CUTS))})()")
    with program(server, "commander") as client:
        incident = raise_alert(client, alert("203.0.113.71"))
        enter(steady, server, "commander", incident)
        enter_while_cut(cut, server, incident)
        approval_card(steady).get_by_role("button", name="Approve").click()
        expect(steady.get_by_text("The report is ready").first).to_be_visible(timeout=SLOW_MS)
        while cuts := cut.evaluate("window.cutsLeft"):
            ask_and_wait(client, incident, f"What does the evidence say of 203.0.113.71? ({cuts} cuts to go)")
    wait_until_live(cut)
    post(steady, "That was the last word.")
    expect(cut.get_by_text("That was the last word.").first).to_be_visible(timeout=SLOW_MS)
    settle(steady)
    settle(cut)
    assert stream(cut) == stream(steady)
    assert len({key for key, _ in stream(cut)}) == len(stream(cut))


def enter_while_cut(page: Page, server: Server, incident: str) -> None:
    page.goto(f"{server.url}/incidents/{incident}/")
    page.get_by_label("Username").fill("responder")
    page.get_by_label("Password").fill(server.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Message to the room")).to_be_visible()


def ask_and_wait(client: httpx.Client, incident: str, question: str) -> None:
    room = room_of(client, incident)
    answer = client.post(f"/api/v1/sessions/{room}/messages", json={"content": question}, timeout=60)
    assert answer.status_code in (200, 201), answer.text


def settle(page: Page) -> None:
    """All replies are finished: nobody writes and nobody thinks."""
    busy = page.locator("agent-list").get_by_text(re.compile("thinking|writing|waits its turn"))
    expect(busy).to_have_count(0, timeout=SLOW_MS)


def test_two_browsers_show_the_same_stream_and_a_reload_shows_it_again(
    new_context: NewContext, shared_server: Server
) -> None:
    with program(shared_server, "commander") as client:
        incident = raise_alert(client, alert("203.0.113.72", title="Two people watch"))
    one, two = new_context().new_page(), new_context().new_page()
    enter(one, shared_server, "commander", incident)
    enter(two, shared_server, "responder", incident)
    approval_card(one).get_by_role("button", name="Approve").click()
    post(two, "I have called the owner of the host.")
    for page in (one, two):
        expect(page.get_by_text("I have called the owner of the host.").first).to_be_visible(timeout=SLOW_MS)
        expect(page.get_by_text("The report is ready").first).to_be_visible(timeout=SLOW_MS)
        settle(page)
    seen = stream(one)
    assert seen == stream(two)
    two.reload()
    wait_until_live(two)
    assert stream(two) == seen


def test_a_message_written_while_offline_is_sent_once_when_back(page: Page, shared_server: Server) -> None:
    incident = declare(shared_server, "A train goes into a tunnel")
    enter(page, shared_server, "responder", incident)
    page.context.set_offline(True)
    expect(page.locator("connection-chip")).to_contain_text(re.compile("Reconnecting|Offline"))
    post(page, "Written in the tunnel.")
    expect(page.get_by_text("Sending…")).to_be_visible()
    page.context.set_offline(False)
    wait_until_live(page)
    expect(page.get_by_text("Sending…")).to_have_count(0)
    expect(page.locator("room-stream").get_by_text("Written in the tunnel.", exact=True)).to_have_count(1)


def test_a_draft_survives_a_reload(page: Page, shared_server: Server) -> None:
    incident = declare(shared_server, "A draft is kept")
    enter(page, shared_server, "responder", incident)
    page.get_by_label("Message to the room").fill("half a thought")
    page.reload()
    expect(page.get_by_label("Message to the room")).to_have_value("half a thought")


def test_a_reader_is_never_scrolled(page: Page, shared_server: Server) -> None:
    with program(shared_server, "commander") as client:
        incident = raise_alert(client, alert("203.0.113.75", title="Somebody reads"))
    page.set_viewport_size({"width": 1280, "height": 480})
    enter(page, shared_server, "responder", incident)
    approval_card(page)
    messages = page.get_by_role("region", name="Messages")
    messages.evaluate("node => { node.scrollTop = Math.floor(node.scrollHeight / 3); }")
    expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()
    before = messages.evaluate("node => node.scrollTop")
    post(page, "Something new at the end.")
    expect(page.get_by_role("button", name=re.compile("new, jump to latest"))).to_be_visible(timeout=SLOW_MS)
    assert messages.evaluate("node => node.scrollTop") == before
    page.get_by_role("button", name=re.compile("jump to latest")).click()
    expect(page.get_by_text("Something new at the end.").first).to_be_in_viewport()


# The page as if it had come with less: only the newest events, or from long ago.
LESS = """(keep) => {
  const parse = JSON.parse;
  JSON.parse = (text, reviver) => {
    const value = parse(text, reviver);
    if (value?.events && value.snapshot) keep(value);
    if (value?.t === "subscribed" && window.answer) { Object.assign(value, window.answer); window.answer = null; }
    return value;
  };
}"""
NEWEST_ONLY = "(page) => { page.events = page.events.slice(-20); }"
FROM_LONG_AGO = """(page) => {
  window.answer = { recovered: false, reason: "too_far", snapshot: structuredClone(page.snapshot) };
  page.events = page.events.filter((event) => event.seq <= 10);
  page.seq = 10;
}"""


@pytest.mark.parametrize("kept", [NEWEST_ONLY, FROM_LONG_AGO], ids=["scrolled up", "too far behind for a replay"])
def test_history_that_did_not_come_with_the_page_is_fetched(page: Page, shared_server: Server, kept: str) -> None:
    with program(shared_server, "commander") as client:
        incident = raise_alert(client, alert("203.0.113.76", title="A long story"))
    enter(page, shared_server, "responder", incident)
    approval_card(page)
    whole = stream(page)
    page.add_init_script(f"({LESS})({kept})")
    page.reload()
    wait_until_live(page)
    messages = page.get_by_role("region", name="Messages")
    messages.evaluate("node => { node.scrollTop = 0; }")
    page.wait_for_function(f"() => ({READ_STREAM})().length >= {len(whole)}")
    assert stream(page) == whole


def test_one_sees_who_is_here_and_who_is_typing(new_context: NewContext, shared_server: Server) -> None:
    incident = declare(shared_server, "Two people talk")
    one, two = new_context().new_page(), new_context().new_page()
    enter(one, shared_server, "commander", incident)
    enter(two, shared_server, "responder", incident)
    here = one.get_by_role("group", name="Here now")
    expect(here.get_by_role("img", name="Ravi Menon")).to_be_visible()
    two.get_by_label("Message to the room").press_sequentially("I look at the")
    expect(one.get_by_text("Ravi Menon is typing")).to_be_visible()
    expect(two.get_by_text("is typing")).to_have_count(0)
    post(two, "I look at the bastion.")
    expect(one.get_by_text("I look at the bastion.").first).to_be_visible(timeout=SLOW_MS)
    expect(one.get_by_text("Ravi Menon is typing")).to_have_count(0)
    two.close()
    expect(here.get_by_role("img", name="Ravi Menon")).to_have_count(0)


# Keeps the page's sockets where a test can reach them.
KEPT_SOCKETS = """
  window.sockets = [];
  window.WebSocket = class extends WebSocket {
    constructor(...where) { super(...where); window.sockets.push(this); }
  };
"""
SIGN_IN_ENDED = """() => {
  const bye = JSON.stringify({ t: "bye", code: 4401, reason: "sign in again" });
  window.sockets.at(-1).dispatchEvent(new MessageEvent("message", { data: bye }));
  window.sockets.at(-1).close();
}"""


def test_a_ticket_that_is_no_good_any_more_is_replaced(page: Page, shared_server: Server) -> None:
    incident = declare(shared_server, "A ticket runs out")
    tickets: list[str] = []

    def first_one_expired(route: Route) -> None:
        tickets.append(route.request.url)
        if len(tickets) > 1:
            route.continue_()
        else:
            route.fulfill(status=201, json={"ticket": "t" * 43, "expires_at": "2020-01-01T00:00:00Z"})

    page.route("**/api/v1/ws-tickets", first_one_expired)
    page.add_init_script(KEPT_SOCKETS)
    enter(page, shared_server, "responder", incident)
    assert len(tickets) == 2
    page.evaluate(SIGN_IN_ENDED)
    page.wait_for_function("() => window.sockets.length === 3")
    wait_until_live(page)
    assert len(tickets) == 3
    post(page, "Here again.")
    expect(page.locator("room-stream").get_by_text("Here again.", exact=True)).to_have_count(1)


def test_a_ticket_that_never_comes_is_asked_for_again(page: Page, shared_server: Server) -> None:
    """A line that swallows what is sent breaks nothing off by itself, and says nothing."""
    incident = declare(shared_server, "A ticket is swallowed")
    swallowed: list[Route] = []

    def first_one_swallowed(route: Route) -> None:
        if swallowed:
            route.continue_()
        else:
            swallowed.append(route)

    page.clock.install()
    page.route("**/api/v1/ws-tickets", first_one_swallowed)
    sign_in(page, shared_server, "responder", to=f"/incidents/{incident}/")
    expect(page.locator("connection-chip")).to_contain_text("Connecting")
    page.clock.run_for(15_000)
    wait_until_live(page)


# What a server says that can't reach its database just then, in place of its first answer.
FIRST_SUB_REFUSED = """
  const error = { error_code: "SERVICE_UNAVAILABLE", detail: "No database.", recoverable: true };
  let refused = 0;
  window.WebSocket = class extends WebSocket {
    constructor(...where) {
      super(...where);
      this.addEventListener("message", (event) => {
        const { t, room } = JSON.parse(event.data);
        if (refused || t !== "subscribed") return;
        refused += 1;
        event.stopImmediatePropagation();
        this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify({ t: "unsub", room, error }) }));
      });
    }
  };
"""


def test_a_room_that_the_server_cannot_give_just_then_is_asked_for_again(page: Page, shared_server: Server) -> None:
    incident = declare(shared_server, "The database is away for a moment")
    page.add_init_script(FIRST_SUB_REFUSED)
    enter(page, shared_server, "responder", incident)
    post(page, "Here all the same.")
    expect(page.locator("room-stream").get_by_text("Here all the same.", exact=True)).to_have_count(1)
