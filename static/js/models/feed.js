/**
 * What is read in the stream, folded from the log: messages, tool calls, requests to people, notes.
 * Events may come in any order of pages (older history is loaded later): a newer state is never overwritten by an older.
 */
import { Texts } from "./text.js";
import { noteOf, roundKey } from "./words.js";

const SHOWN_AS_CALLS = new Set(["tool_call", "tool_result", "approval"]);
const QUIET_MESSAGE = { status: "streaming" };

export class Feed {
  #items = new Map();
  #sorted = null;
  #texts = new Texts();
  #holes = new Set();
  oldest = Infinity;

  apply(event) {
    this.oldest = Math.min(this.oldest, event.seq);
    FOLDS[event.type.split(".")[0]]?.call(this, event);
    const note = noteOf(event);
    if (note) this.put(note.key ?? `note ${event.seq}`, event, { kind: "note", note, void: false });
  }

  /** True when a hole was found for the first time: subscribing again may bring what is missing. */
  delta(frame) {
    const outcome = this.#texts.apply(frame);
    if (outcome === "appended") this.#touch(frame.msg);
    if (outcome !== "hole" || this.#holes.has(frame.msg)) return false;
    this.#holes.add(frame.msg);
    return true;
  }

  partials(list) {
    for (const partial of list) {
      if (this.#texts.apply(partial) === "appended") this.#touch(partial.msg);
    }
  }

  text(messageId, kind) {
    return this.#texts.text(messageId, kind);
  }

  items() {
    this.#sorted ??= [...this.#items.values()].filter((item) => !item.void).sort((a, b) => a.seq - b.seq);
    return this.#sorted;
  }

  get(key) {
    return this.#items.get(key);
  }

  put(key, event, values) {
    const before = this.#items.get(key);
    const newest = !before || event.seq >= before.updated;
    const first = !before || event.seq < before.seq;
    this.#items.set(key, {
      ...(newest ? { ...before, ...values } : { ...values, ...before }),
      key,
      seq: first ? event.seq : before.seq,
      ts: first ? event.ts : before.ts,
      actor: first ? event.actor : before.actor,
      updated: newest ? event.seq : before.updated,
      updatedAt: newest ? event.ts : before.updatedAt,
      version: (before?.version ?? 0) + 1,
    });
    this.#sorted = null;
  }

  /** Keep a place in the order for an item that may come later, or earlier in the log than what names it. */
  place(key, { seq, ts, actor }) {
    const known = this.#items.get(key) ?? { kind: "note", void: true, key, updated: 0, version: 0, seq: Infinity };
    if (seq >= known.seq) return;
    this.#items.set(key, { ...known, seq, ts, actor });
    this.#sorted = null;
  }

  end(messageId) {
    this.#texts.end(messageId);
  }

  #touch(messageId) {
    const item = this.#items.get(messageId);
    if (!item) return;
    this.#items.set(messageId, { ...item, version: item.version + 1 });
    this.#sorted = null;
  }
}

/** A run fails once: the error of the log and what was said of it in words are one entry. */
function errorKey(run) {
  return `error ${run}`;
}

const FOLDS = {
  message(event) {
    const { data, type } = event;
    const id = data.message_id;
    if (type === "message.start") {
      this.put(id, event, { kind: "message", message: this.get(id)?.message ?? { ...data, ...QUIET_MESSAGE, content: "" } });
    } else if (type === "message.created" || type === "message.end") {
      this.end(id);
      if (data.message_type === "error" && data.run_id) this.put(errorKey(data.run_id), event, { kind: "error", message: data });
      else if (!SHOWN_AS_CALLS.has(data.message_type)) this.put(id, event, { kind: "message", message: data, cause: event.cause });
    } else if (type === "message.reset") {
      this.end(id);
      this.put(id, event, { kind: "message", void: true });
    } else if (type === "message.error") {
      if (id) this.end(id);
      this.put(id ?? errorKey(data.run_id), event, { kind: "error", error: data.error });
    } else if (type === "message.thinking") {
      this.put(`thinking ${id}`, event, { kind: "thinking", content: data.content });
    }
    // A round starts when its captain has spoken, and its line belongs before those words.
    if (data.round) this.place(roundKey(data.round), { ...event, seq: (this.get(id)?.seq ?? event.seq) - 0.5 });
  },

  tool(event) {
    this.put(event.data.id, event, { kind: "tool", call: event.data });
  },

  execution(event) {
    this.put(event.data.tool_call.id, event, { kind: "tool", call: event.data.tool_call });
  },

  approval(event) {
    this.put(event.data.id, event, { kind: "approval", approval: event.data });
  },

  question(event) {
    this.put(event.data.id, event, { kind: "question", question: event.data });
  },
};
