import { clockTime } from "../lib/clock.js";
import { clone, field, fill, reconcile, toggleAttribute } from "../lib/dom.js";
import { request } from "../lib/http.js";
import { gettext } from "../lib/words.js";
import { entriesOf } from "../models/timeline.js";

/** Everything that changed, newest first, by whom one wants to see. */
class RoomTimeline extends HTMLElement {
  connect({ feed, feedChanged, room, urls, tell }) {
    this.feed = feed;
    this.pinned = new Set();
    field(this, "list").addEventListener("click", ({ target }) => target.dataset.action === "pin" && tell(() => this.pin(target, urls)));
    this.shown = new Set(["user", "agent", "system"]);
    for (const button of this.querySelectorAll("[data-kind]")) button.addEventListener("click", () => this.toggle(button));
    room.subscribe(({ pins }) => {
      this.pinned = new Set(pins?.map((pin) => pin.seq));
      this.draw();
    });
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
    reconcile(field(this, "list"), entries, { key: (entry) => entry.key, create: () => clone("t-timeline"), update: (node, entry) => this.entry(node, entry) });
    field(this, "empty").hidden = entries.length > 0;
  }

  entry(node, entry) {
    fill(node, { time: clockTime(entry.ts), text: entry.text });
    toggleAttribute(field(node, "time"), "datetime", entry.ts);
    toggleAttribute(node, "data-tone", entry.tone);
    const button = node.querySelector('[data-action="pin"]');
    if (!button) return;
    const pinned = this.pinned.has(entry.seq);
    button.hidden = !Number.isInteger(entry.seq);   // the line of a round stands between two entries
    button.dataset.seq = entry.seq;
    button.setAttribute("aria-pressed", String(pinned));
    button.textContent = pinned ? gettext("Unpin") : gettext("Pin");
  }

  pin(button, urls) {
    const off = button.getAttribute("aria-pressed") === "true";
    return request(`${urls.incident}/timeline/${button.dataset.seq}/pin`, off ? { method: "DELETE" } : { method: "PUT", json: {} });
  }
}

export function define() {
  customElements.define("room-timeline", RoomTimeline);
}
