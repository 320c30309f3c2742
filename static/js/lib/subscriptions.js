/** The rooms a connection follows: events in order and once, a new subscription wherever something is missing. */
import { fullJitter } from "./backoff.js";
import { Position } from "./position.js";
import { gettext } from "./words.js";

const GAP_PATIENCE_MS = 400;

export class Subscriptions {
  #rooms = new Map();
  #write;
  #changed;

  /** `write(frame)` sends; `changed({behind} | {live: true})` hears how far the rooms are. */
  constructor({ write, changed }) {
    this.#write = write;
    this.#changed = changed;
  }

  /** `listener`: reset(frame), event(frame), delta(frame), partials(list), caughtUp(seq), lost(error), presence(users), typing(frame). */
  add(name, listener, position) {
    this.#rooms.set(name, { name, listener, position: new Position(position), subscribed: false, caughtUp: false, refusals: 0, timer: null });
  }

  remove(name) {
    const room = this.#rooms.get(name);
    if (!room) return;
    clearTimeout(room.timer);
    this.#rooms.delete(name);
    this.#write({ t: "unsub", room: name });
  }

  subscribeAll() {
    for (const room of this.#rooms.values()) this.#subscribe(room);
  }

  subscribe(name) {
    const room = this.#rooms.get(name);
    if (room) this.#subscribe(room);
  }

  /** The text of a message has a hole: the partial that comes with a new subscription fills it. */
  renew(name) {
    const room = this.#rooms.get(name);
    if (room?.subscribed) this.#subscribe(room);
  }

  disconnected() {
    for (const room of this.#rooms.values()) {
      clearTimeout(room.timer);
      room.subscribed = false;
      room.caughtUp = false;
    }
  }

  get live() {
    return [...this.#rooms.values()].every((room) => room.caughtUp);
  }

  receive(frame) {
    const room = this.#rooms.get(frame.room);
    if (!room) return;
    if (frame.t === "subscribed") this.#subscribed(room, frame);
    else if (frame.t === "event") this.#event(room, frame);
    else if (frame.t === "delta" && room.subscribed) room.listener.delta(frame);
    else if (frame.t === "caught_up") this.#caughtUp(room, frame);
    else if (frame.t === "unsub") this.#lost(room, frame.error);
    else if (frame.t === "presence") room.listener.presence(frame.users);
    else if (frame.t === "typing") room.listener.typing(frame);
  }

  /** A head ahead of ours may only be an event still in flight: look again before asking for a replay. */
  compareHeads(heads = {}) {
    for (const [name, head] of Object.entries(heads)) {
      const room = this.#rooms.get(name);
      if (!room?.caughtUp || head <= room.position.seq) continue;
      clearTimeout(room.timer);
      room.timer = setTimeout(() => room.caughtUp && head > room.position.seq && this.#subscribe(room), GAP_PATIENCE_MS);
    }
  }

  #subscribe(room) {
    clearTimeout(room.timer);
    room.subscribed = false;
    room.caughtUp = false;
    this.#write(room.position.subscribeFrame(room.name));
  }

  #subscribed(room, frame) {
    room.subscribed = true;
    room.refusals = 0;
    if (!frame.recovered) {
      room.listener.reset(frame);
      room.position.reset(frame.epoch, frame.head);
    }
    room.listener.partials(frame.partials ?? []);
    const behind = frame.head - room.position.seq;
    if (behind > 0) this.#changed({ behind });
  }

  #event(room, frame) {
    const place = room.position.judge(frame.seq);
    if (place === "gap" && room.subscribed) this.#subscribe(room);
    if (place !== "next") return;
    room.position.moveTo(frame.seq);
    room.listener.event(frame);
  }

  #caughtUp(room, frame) {
    if (!room.subscribed) return;
    if (frame.seq > room.position.seq) {
      this.#subscribe(room);
      return;
    }
    room.caughtUp = true;
    room.listener.caughtUp(frame.seq);
    if (this.live) this.#changed({ live: true });
  }

  #lost(room, error = { error_code: "PERMISSION_DENIED", detail: gettext("You can no longer follow this room.") }) {
    clearTimeout(room.timer);
    room.subscribed = false;
    room.caughtUp = false;
    if (!error.recoverable) {
      room.listener.lost(error);
      return;
    }
    // The server can't just now; nobody has taken the room away.
    room.timer = setTimeout(() => this.#subscribe(room), fullJitter(room.refusals));
    room.refusals += 1;
  }
}
