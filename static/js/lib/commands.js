/** Commands on their way: each waits under its cid until its ack; after a reconnect the same cid goes out again. */
import { gettext } from "./words.js";

export class CommandRefused extends Error {
  constructor(error = {}) {
    super(error.detail || error.message || gettext("The server refused this."));
    this.code = error.error_code ?? "";
    this.reference = error.request_id ?? "";
    this.recoverable = Boolean(error.recoverable);
    this.details = error.details ?? {};
  }
}

export class Commands {
  #waiting = new Map();

  add({ cid, room, type, data }) {
    const frame = { t: "cmd", cid, type, data, ...(room ? { room } : {}) };
    const promise = new Promise((resolve, reject) => this.#waiting.set(cid, { frame, resolve, reject }));
    return { frame, promise };
  }

  settle(ack) {
    const command = this.#waiting.get(ack.cid);
    if (!command) return;
    this.#waiting.delete(ack.cid);
    if (ack.ok) command.resolve(ack);
    else command.reject(new CommandRefused(ack.error));
  }

  refuse(cid, error) {
    this.settle({ cid, ok: false, error });
  }

  /** Everything without an ack, in the order it was said. */
  unacknowledged() {
    return [...this.#waiting.values()].map((command) => command.frame);
  }
}
