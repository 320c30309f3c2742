/** How far in each room's log its owner has looked, in this browser: what came after is unread. */
import { gettext, ngettext } from "../lib/words.js";

const KEPT = 500;

export class Seen {
  #key;
  #store;

  constructor(me, store = localStorage) {
    this.#key = `warroom.seen.${me}`;
    this.#store = store;
  }

  /** null: never opened here. */
  upTo(incident) {
    return this.#all()[incident] ?? null;
  }

  note(incident, seq) {
    const { [incident]: before = 0, ...others } = this.#all();
    if (seq <= before) return;
    const newest = [...Object.entries(others), [incident, seq]].slice(-KEPT);
    this.#store.setItem(this.#key, JSON.stringify(Object.fromEntries(newest)));
  }

  #all() {
    return JSON.parse(this.#store.getItem(this.#key) ?? "{}");
  }
}

/** What a row says of it: nothing, that it was never opened, or how much came since. */
export function unreadLine(head, seen) {
  if (seen === null) return gettext("not opened yet");
  const since = head - seen;
  return since > 0 ? ngettext("{count} update", "{count} updates", since) : "";
}
