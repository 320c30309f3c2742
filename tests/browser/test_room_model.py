"""F26 in the browser: whatever is lost, repeated or late on the way, apply(snapshot, event) is the fresh snapshot."""

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from tests.browser.people import SLOW_MS, alert, approval_card, enter, post, program, raise_alert, room_of, sign_in
from tests.services.server import Server

# A subscription of its own that knows nothing yet: what the server would tell a new client.
FRESH = """async (room) => {
  const { request } = await import("/static/js/lib/http.js");
  const { ticket } = await request("/api/v1/ws-tickets", { method: "POST", json: {} });
  const ws = new WebSocket(new URL("/ws/v1", location.href.replace("http", "ws")), "warroom.v1");
  return new Promise((resolve) => {
    ws.onopen = () => ws.send(JSON.stringify({ t: "hello", v: 1, ticket }));
    ws.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.t === "welcome") ws.send(JSON.stringify({ t: "sub", room }));
      if (frame.t === "subscribed") { ws.close(); resolve(frame); }
    };
  });
}"""
# Every snapshot, brought forward by the events after it, must be every later one.
BROUGHT_FORWARD = """async ({ snapshots, events }) => {
  const { apply, fromSnapshot } = await import("/static/js/models/room.js");
  return snapshots.map(({ snapshot, head, epoch }) => {
    let room = fromSnapshot(snapshot, { seq: head, epoch });
    const reached = {};
    for (const event of events.filter((one) => one.seq > head)) {
      room = apply(room, event);
      if (snapshots.some((one) => one.head === event.seq)) reached[event.seq] = JSON.stringify(room);
    }
    return reached;
  });
}"""
# A line that loses, repeats and reorders, between a log and a client that keeps the rules of `seq`.
BAD_LINE = """async (script) => {
  const { events, start } = window.told;
  const { Subscriptions } = await import("/static/js/lib/subscriptions.js");
  const { apply, fromSnapshot } = await import("/static/js/models/room.js");
  const head = events.at(-1).seq, epoch = start.epoch, room = start.room;
  const line = [];
  let state = fromSnapshot(start.snapshot, { seq: start.head, epoch });
  const seen = [];
  const subscriptions = new Subscriptions({
    write: (frame) => {
      line.length = 0;
      line.push({ t: "subscribed", room, epoch, head, recovered: true, partials: [] });
      for (const event of events) if (event.seq > frame.after) line.push(event);
      line.push({ t: "caught_up", room, seq: head });
    },
    changed: () => {},
  });
  const listener = { event: (event) => { seen.push(event.seq); state = apply(state, event); },
    delta() {}, partials() {}, caughtUp() {}, lost() {}, reset() {} };
  subscriptions.add(room, listener, { epoch, seq: start.head });
  subscriptions.subscribe(room);
  for (const step of script) {
    if (line.length === 0) break;
    if (step === "drop" && line[0].t === "event") line.shift();
    else if (step === "twice") subscriptions.receive(line[0]);
    else if (step === "swap" && line[0].t === "event" && line[1]?.t === "event") line.splice(0, 2, line[1], line[0]);
    else if (step === "cut") { subscriptions.disconnected(); subscriptions.subscribe(room); }
    if (line.length) subscriptions.receive(line.shift());
  }
  while (line.length) subscriptions.receive(line.shift());
  return { seen, state: JSON.stringify(state) };
}"""
TEXT = """async ({ text, pieces }) => {
  const { Texts } = await import("/static/js/models/text.js");
  const texts = new Texts();
  const points = [...text];
  const prefixes = [];
  for (const [off, length] of pieces) {
    texts.apply({ msg: "m", off, text: points.slice(off, off + length).join("") });
    prefixes.push(texts.text("m"));
  }
  texts.apply({ msg: "m", off: 0, text });
  const whole = texts.text("m");
  texts.end("m");
  return { prefixes, whole, late: texts.apply({ msg: "m", off: 0, text }) };
}"""
# Read by a person's last action, not told by events; messages beyond the newest 50 are loaded by cursor.
UNTOLD = ("last_active_at", "updated_at")


def comparable(room: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in room.items() if name not in ("messages_next", "seq", "epoch")}
    session = {name: value for name, value in room["session"].items() if name not in UNTOLD}
    return {**kept, "session": session, "messages": room["messages"][-50:]}


@pytest.fixture(scope="module")
def life(browser: Any, shared_server: Server) -> Iterator[tuple[Page, str, list[dict[str, Any]], list[dict[str, Any]]]]:
    """An incident's life, with a fresh snapshot taken at every turn, and its whole log."""
    page = browser.new_context().new_page()
    with program(shared_server, "commander") as client:
        incident = raise_alert(client, alert("203.0.113.51", title="The life of an incident"))
        room = room_of(client, incident)
        enter(page, shared_server, "commander", incident)
        snapshots = [page.evaluate(FRESH, room) for _ in live_through(page, client, incident)]
        yield page, room, snapshots, list(whole_log(client, room))
    page.context.close()


def test_of_an_incident_that_is_told_in_part_the_rest_stays(page: Page, shared_server: Server) -> None:
    page.goto(f"{shared_server.url}/sign-in/")
    known, told = ([{"id": each, "seen_count": count} for each in ids] for ids, count in (("abc", 1), ("bd", 2)))
    room = page.evaluate(
        """async ([known, told]) => {
          const { apply } = await import("/static/js/models/room.js");
          const room = { session: {}, tasks: [], incident: { id: "i", truncated: false, indicators: known } };
          const incident = { id: "i", truncated: true, alert_count: 9, indicators: told };
          return apply(room, { type: "incident.alert", seq: 5, data: { incident } });
        }""",
        [known, told],
    )
    assert {one["id"]: one["seen_count"] for one in room["incident"]["indicators"]} == {"a": 1, "b": 2, "c": 1, "d": 2}
    assert (room["incident"]["alert_count"], room["incident"]["truncated"]) == (9, False)


def whole_log(client: httpx.Client, room: str) -> Iterator[dict[str, Any]]:
    after = 0
    as_json = {"Accept": "application/json"}
    while data := client.get(f"/api/v1/sessions/{room}/events?after={after}&limit=200", headers=as_json).json()["data"]:
        yield from data
        after = data[-1]["seq"]


def live_through(page: Page, client: httpx.Client, incident: str) -> Iterator[None]:
    yield
    card = approval_card(page)
    yield
    post(page, "Go on, but be careful.")
    expect(page.get_by_text("Go on, but be careful.").first).to_be_visible(timeout=SLOW_MS)
    yield
    client.post(f"/api/v1/incidents/{incident}/evidence", files={"file": ("more.log", b"203.0.113.52 was here\n")})
    yield
    client.post(f"/api/v1/incidents/{incident}/indicators", json={"value": "203.0.113.53"})
    worse = {"severity": "critical", "title": "The life of a worse incident"}
    client.patch(f"/api/v1/incidents/{incident}", json=worse)
    yield
    card.get_by_role("button", name="Approve").click()
    expect(card).to_have_count(0, timeout=SLOW_MS)
    yield
    expect(page.get_by_text("The report is ready").first).to_be_visible(timeout=SLOW_MS)
    yield
    me = client.get("/api/v1/me").json()["id"]
    client.patch(f"/api/v1/incidents/{incident}", json={"commander_id": me})
    people_arrange_themselves(client, incident, me)
    yield
    other = client.post("/api/v1/incidents", json={"title": "The same again", "severity": "low"}).json()["id"]
    client.post(f"/api/v1/incidents/{other}/evidence", files={"file": ("other.log", b"203.0.113.54 was here\n")})
    client.post(f"/api/v1/incidents/{other}/tasks", json={"title": "Came with the other"})
    client.post(f"/api/v1/incidents/{other}/merge", json={"into": incident})
    yield
    client.post(f"/api/v1/incidents/{other}/unmerge", json={})
    yield
    client.patch(f"/api/v1/incidents/{incident}", json={"status": "closed"})
    yield


def people_arrange_themselves(client: httpx.Client, incident: str, me: str) -> None:
    path = f"/api/v1/incidents/{incident}"
    client.put(f"{path}/roles/scribe", json={"user_id": me})
    task = client.post(f"{path}/tasks", json={"title": "Rotate the key", "assignee_id": me}).json()
    client.post(f"{path}/tasks", json={"title": "Ask the owner"})
    client.patch(f"{path}/tasks/{task['id']}", json={"status": "done"})
    for seq in (3, 1, 2):
        client.put(f"{path}/timeline/{seq}/pin", json={"note": f"Entry {seq}"})
    client.delete(f"{path}/timeline/2/pin")


def test_every_snapshot_brought_forward_is_every_later_snapshot(life: Any) -> None:
    page, _, snapshots, events = life
    reached = page.evaluate(BROUGHT_FORWARD, {"snapshots": snapshots, "events": events})
    compared = 0
    for before, states in zip(snapshots, reached, strict=True):
        for after in snapshots:
            if after["head"] > before["head"]:
                state = json.loads(states[str(after["head"])])
                assert comparable(state) == comparable(after["snapshot"]), f"from {before['head']} to {after['head']}"
                compared += 1
    assert compared >= 10


STEPS = st.lists(st.sampled_from(["on", "on", "on", "drop", "twice", "swap", "cut"]), max_size=150)


@pytest.fixture(scope="module")
def calm(life: Any) -> str:
    """The room after a line without faults. The log stays in the page: it is long, and the line is asked often."""
    page, room, snapshots, events = life
    told = {"events": events, "start": {**snapshots[0], "room": room}}
    page.evaluate("(told) => { window.told = told; }", told)
    return str(page.evaluate(BAD_LINE, [])["state"])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(script=STEPS)
def test_a_line_that_loses_repeats_and_reorders_changes_nothing(life: Any, calm: str, script: list[str]) -> None:
    page, _, snapshots, events = life
    got = page.evaluate(BAD_LINE, script)
    assert got["seen"] == list(range(snapshots[0]["head"] + 1, events[-1]["seq"] + 1)), "each event once, in order"
    assert got["state"] == calm


WORDS = st.text(st.sampled_from("ab \u00e9\u4e16\U0001f525\U0001f468\u200d\u0301\n"), max_size=60)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=WORDS, chance=st.randoms(use_true_random=False))
def test_streamed_text_is_a_prefix_at_all_times_and_whole_in_the_end(
    life: Any, text: str, chance: random.Random
) -> None:
    page = life[0]
    pieces = [[chance.randint(0, len(text)), chance.randint(0, 12)] for _ in range(20)]
    got = page.evaluate(TEXT, {"text": text, "pieces": pieces})
    assert all(text.startswith(prefix) for prefix in got["prefixes"])
    assert got["whole"] == text
    assert got["late"] == "ended"


NAMED = """async () => {
  const { nameOf, treeOf } = await import("/static/js/models/plan.js");
  const { wordsFor } = await import("/static/js/models/config.js");
  const { noteOf } = await import("/static/js/models/words.js");
  const kind = "action", status = "running";
  const node = (id, parent_id, title) => ({ id, parent_id, title, kind, status });
  const [task] = treeOf([{ nodes: [node("t", null, "Count"), node("a", "t", "Count"), node("b", "t", "Look up")] }]);
  return {
    called: task.children.map((child) => nameOf(child, { tool: "summarize" })),
    uncalled: task.children.map((child) => nameOf(child, null)),
    models: [wordsFor({ model: "m", provider: "m" }), wordsFor({ model: "m", provider: "p" })],
    joined: noteOf({ type: "participant.joined", data: { name: "Casey", role: "commander" } }).text,
  };
}"""


def test_nothing_is_named_twice_and_no_right_reads_as_a_role_here(life: Any) -> None:
    told = life[0].evaluate(NAMED)
    assert told == {
        "called": ["", "Look up"],
        "uncalled": ["Count", "Look up"],
        "models": ["m", "m of p"],
        "joined": "Casey joined",
    }


def test_a_time_of_another_day_says_of_which(page: Page, shared_server: Server) -> None:
    sign_in(page, shared_server, "observer")
    today, other, day = page.evaluate(
        """async () => {
          const { clockTime } = await import("/static/js/lib/clock.js");
          const [noon, before] = [0, 2].map((days) => new Date(new Date().setHours(12, 5, 0, 0) - days * 86400000));
          return [clockTime(noon.toISOString()), clockTime(before.toISOString()), before.getDate()];
        }"""
    )
    assert today == "12:05"
    assert re.fullmatch(rf"[A-Z][a-z]{{2}} {day}, 12:05", other), other


def test_how_long_an_agent_does_what_it_does_counts_from_its_last_change(page: Page, shared_server: Server) -> None:
    sign_in(page, shared_server, "observer")
    told = page.evaluate(
        """async () => {
          const { agentsOf } = await import("/static/js/models/agents.js");
          const at = (minute) => `2026-01-01T00:${minute}:00Z`;
          const run = { id: "r", agent_name: "Mira", started_at: at("00"), usage: {} };
          const call = { id: "c", run_id: "r", agent_name: "Mira", state: "succeeded" };
          const items = [{ kind: "tool", call, ts: at("01"), updatedAt: at("09") },
            { kind: "approval", approval: { run_id: "r" }, ts: at("02"), updatedAt: at("08") },
            { kind: "approval", approval: { run_id: "other" }, ts: at("30"), updatedAt: at("30") }];
          const seen = (fields, items) => agentsOf({ runs: [{ ...run, ...fields }], past: [], items })[0];
          return [seen({ status: "running" }, []), seen({ status: "running" }, items),
            seen({ status: "waiting", waiting_for: "approval" }, items.slice(1))]
            .map(({ text, since }) => [text, since.slice(14, 16)]);
        }"""
    )
    assert told == [["thinking", "00"], ["thinking", "09"], ["waits for approval", "08"]]


def test_what_is_over_is_no_block_and_a_merged_incident_shows_nothing_as_its_own(
    page: Page, shared_server: Server
) -> None:
    sign_in(page, shared_server, "observer")
    told = page.evaluate(
        """async () => {
          const { byWeight } = await import("/static/js/models/indicators.js");
          const { brokenOff } = await import("/static/js/models/waiting.js");
          const { apply } = await import("/static/js/models/room.js");
          const one = (value, minute) => ({ value, kind: "ip", private: false, known: null, seen_count: minute,
            blocked_until: `2026-01-01T00:${minute}:00Z` });
          const [over, blocked] = [one("over", 20), one("blocked", 40)];
          const seen = { ...one("seen", 30), blocked_until: null };
          const event = { type: "indicator.unblocked", seq: 2, data: { indicator: { id: "i" } } };
          const room = (merged_into) => ({ session: {}, incident: { merged_into, indicators: [] } });
          const shown = (merged_into) => apply(room(merged_into), event).incident.indicators.length;
          return {
            order: byWeight([over, seen, blocked], Date.parse("2026-01-01T00:25:00Z")).map((each) => each.value),
            ends: ["succeeded", "cancelled", "failed"].map((status) => brokenOff({ status })),
            shown: [shown(null), shown({ id: "t" })],
          };
        }"""
    )
    assert told == {"order": ["blocked", "seen", "over"], "ends": ["", "stopped", "failed"], "shown": [1, 0]}


def test_a_close_code_says_what_to_do_next(page: Page, shared_server: Server) -> None:
    sign_in(page, shared_server, "observer")
    told = page.evaluate(
        """async (codes) => {
          const { afterClose } = await import("/static/js/lib/socket.js");
          return codes.map(afterClose);
        }""",
        [4400, 4401, 4403, 4406, 4408, 4413, 4429, 4500, 4503, 4508, 1006, 1011, 1012],
    )
    assert told == ["stop", "sign-in", "stop", "stop", "stop", "stop", "wait", *["reconnect"] * 6]
