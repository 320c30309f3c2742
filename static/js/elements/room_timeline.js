import { clockTime } from "../lib/clock.js";
import { clone, field, fill, reconcile, toggleAttribute } from "../lib/dom.js";
import { entriesOf } from "../models/timeline.js";

/** Everything that changed, newest first, by whom one wants to see. */
class RoomTimeline extends HTMLElement {
  connect({ feed, feedChanged }) {
    this.feed = feed;
    this.shown = new Set(["user", "agent", "system"]);
    for (const button of this.querySelectorAll("[data-kind]")) button.addEventListener("click", () => this.toggle(button));
    feedChanged.subscribe(() => this.draw());
  }

  toggle(button) {
    const { kind } = button.dataset;
    if (!this.shown.delete(kind)) this.shown.add(kind);
    button.setAttribute("aria-pressed", String(this.shown.has(kind)));
    this.draw();
  }

  draw() {
    const entries = entriesOf(this.feed.items()).filter((entry) => this.shown.has(entry.by)).reverse();
    reconcile(field(this, "list"), entries, { key: (entry) => entry.key, create: () => clone("t-timeline"), update: drawEntry });
    field(this, "empty").hidden = entries.length > 0;
  }
}

function drawEntry(node, entry) {
  fill(node, { time: clockTime(entry.ts), text: entry.text });
  field(node, "time").setAttribute("datetime", entry.ts);
  toggleAttribute(node, "data-tone", entry.tone);
}

export function define() {
  customElements.define("room-timeline", RoomTimeline);
}
