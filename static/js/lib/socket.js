/** One connection to `/ws/v1`: sign in by ticket, follow rooms, send commands, and come back after every loss. */
import { fullJitter } from "./backoff.js";
import { Commands } from "./commands.js";
import { Subscriptions } from "./subscriptions.js";
import { Timers } from "./timers.js";
import { gettext } from "./words.js";

const PROTOCOL = "warroom.v1";
const TICKET_TIMEOUT_MS = 10000;
const HELLO_TIMEOUT_MS = 10000;
const OFFLINE_AFTER_ATTEMPTS = 4;
const REFRESH_BEFORE_MS = 60000;
const SLOW_DOWN_MS = 5000;

/** What a close code asks of us (protocol.md): come back, come back with a new ticket, wait, or stay away. */
export function afterClose(code) {
  if ([1006, 1011, 1012].includes(code) || (code >= 4500 && code < 4600)) return "reconnect";
  return { 4401: "sign-in", 4429: "wait" }[code] ?? "stop";
}

export class Socket {
  #url;
  #ticket;
  #notify;
  #ws = null;
  #dialling = false;
  #welcomed = false;
  #ended = false;
  #bye = null;
  #attempt = 0;
  #lostAt = null;
  #silenceMs = 50000;
  #parts = new Map();
  #timers = new Timers();
  #commands = new Commands();
  #rooms = new Subscriptions({ write: (frame) => this.#write(frame), changed: (how) => this.#roomsChanged(how) });

  /** `ticket(signal)` fetches a fresh one, unless the signal breaks it off; `notify(state)` hears {name, ...} whenever the connection changes. */
  constructor({ url, ticket, notify }) {
    this.#url = url;
    this.#ticket = ticket;
    this.#notify = notify;
  }

  follow(room, listener, position) {
    this.#rooms.add(room, listener, position);
    if (this.#welcomed) this.#rooms.subscribe(room);
  }

  unfollow(room) {
    this.#rooms.remove(room);
  }

  renew(room) {
    if (this.#welcomed) this.#rooms.renew(room);
  }

  start() {
    addEventListener("online", () => this.connectNow());
    addEventListener("offline", () => this.#ws && this.#closed(1006));
    this.connectNow();
  }

  stop() {
    this.#ended = true;
    this.#timers.clear();
    this.#ws?.close(1000);
  }

  async connectNow() {
    if (this.#ended || this.#ws || this.#dialling) return;
    this.#timers.clear();
    if (navigator.onLine === false) {
      this.#retry();
      return;
    }
    this.#dialling = true;
    this.#tell({ name: "connecting" });
    const patience = new AbortController();
    this.#timers.set("ticket", TICKET_TIMEOUT_MS, () => patience.abort());   // a line that swallows all never fails by itself
    try {
      this.#dial(await this.#ticket(patience.signal));
    } catch (error) {
      this.#ticketRefused(error);
    } finally {
      this.#timers.cancel("ticket");
      this.#dialling = false;
    }
  }

  /** Resolves with the ack, whenever it comes; rejects only when the server refused. */
  send(type, data, { room, cid = crypto.randomUUID() } = {}) {
    const { frame, promise } = this.#commands.add({ cid, room, type, data });
    if (this.#welcomed) this.#write(frame);
    return promise;
  }

  #dial(ticket) {
    if (this.#ended) return;
    const ws = new WebSocket(this.#url, PROTOCOL);
    this.#ws = ws;
    this.#timers.set("hello", HELLO_TIMEOUT_MS, () => this.#closed(1006));
    ws.onopen = () => ws.send(JSON.stringify({ t: "hello", v: 1, ticket, client: "browser" }));
    ws.onmessage = (message) => this.#ws === ws && this.#receive(JSON.parse(message.data));
    ws.onclose = (event) => this.#ws === ws && this.#closed(event.code);
  }

  #ticketRefused(error) {
    if (error.status === 401 || error.status === 403) this.#stay(4401, gettext("Your sign-in has ended."));
    else this.#retry(error.retryAfterMs);
  }

  #receive(frame) {
    this.#timers.set("silence", this.#silenceMs, () => this.#closed(1006));
    if (frame.t === "welcome") this.#welcome(frame);
    else if (frame.t === "ping") this.#ping(frame);
    else if (frame.t === "ack") this.#commands.settle(frame);
    else if (frame.t === "error" && frame.cid) this.#commands.refuse(frame.cid, frame.error);
    else if (frame.t === "status") this.#status(frame);
    else if (frame.t === "bye") this.#bye = frame;
    else if (frame.room) this.#rooms.receive(frame);
  }

  #welcome(frame) {
    this.#timers.cancel("hello");
    this.#welcomed = true;
    this.#silenceMs = frame.ping_ms * 2.5;
    this.#parts = new Map((frame.status ?? []).map((part) => [part.part, part]));
    this.#refreshBefore(frame.token_exp);
    this.#rooms.subscribeAll();
    for (const command of this.#commands.unacknowledged()) this.#write(command);
  }

  #ping(frame) {
    this.#write({ t: "pong", n: frame.n });
    this.#rooms.compareHeads(frame.heads);
  }

  #roomsChanged({ behind }) {
    if (behind) {
      this.#tell({ name: "resuming", count: behind });
      return;
    }
    this.#attempt = 0;
    this.#lostAt = null;
    this.#tellLive();
  }

  #status(part) {
    this.#parts.set(part.part, part);
    if (this.#welcomed && this.#rooms.live) this.#tellLive();
  }

  #tellLive() {
    const broken = [...this.#parts.values()].filter((part) => part.state !== "ok");
    this.#tell(broken.length ? { name: "degraded", parts: broken } : { name: "live" });
  }

  #refreshBefore(expires) {
    if (!expires) return;
    this.#timers.set("refresh", Math.max(1000, Date.parse(expires) - Date.now() - REFRESH_BEFORE_MS), () => this.#refresh());
  }

  async #refresh() {
    try {
      const ack = await this.send("auth.refresh", { ticket: await this.#ticket() });
      this.#refreshBefore(ack.data?.token_exp);
    } catch {
      // Nothing to do here: when the token ends the server closes with 4401, and that asks for a new ticket.
    }
  }

  #closed(code) {
    const bye = this.#bye;
    this.#ws?.close();
    this.#ws = null;
    this.#bye = null;
    this.#welcomed = false;
    this.#timers.clear();
    this.#rooms.disconnected();
    if (this.#ended) return;
    // Servers may drop the close code; the `bye` frame before it carries the true one.
    this.#next(bye?.code ?? (code === 1000 || code === 1005 ? 1006 : code), bye);
  }

  #next(code, bye) {
    const next = afterClose(code);
    if (next === "stop") this.#stay(code, bye?.reason ?? "");
    else if (next === "wait") this.#retry(bye?.retry_after_ms ?? SLOW_DOWN_MS);
    // A new ticket is asked for at once, but a server that goes on refusing it is met with patience.
    else if (next === "sign-in" && this.#attempt === 0) this.#retry(0);
    else this.#retry(bye?.retry_after_ms);
  }

  #retry(waitMs) {
    const delay = waitMs ?? fullJitter(this.#attempt);
    this.#attempt += 1;
    this.#lostAt ??= new Date().toISOString();
    const offline = navigator.onLine === false || this.#attempt > OFFLINE_AFTER_ATTEMPTS;
    this.#tell({ name: offline ? "offline" : "reconnecting", retryAt: Date.now() + delay });
    this.#timers.set("retry", delay, () => this.connectNow());
  }

  #stay(code, reason) {
    this.#lostAt ??= new Date().toISOString();
    this.#tell({ name: code === 4401 ? "signed-out" : "stopped", reason });
  }

  #write(frame) {
    if (this.#ws?.readyState === WebSocket.OPEN) this.#ws.send(JSON.stringify(frame));
  }

  #tell(state) {
    this.#notify({ since: this.#lostAt, ...state });
  }
}
