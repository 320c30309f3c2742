import { field, fill, reconcile, setVisible } from "../lib/dom.js";
import { gettext, ngettext } from "../lib/words.js";
import { decisionLine, headline, newSince, waitsLine } from "../models/briefing.js";

const LATE_MS = 5 * 60 * 1000;

/** Where the incident stands, at the top of the room; what came since one's last visit is marked. */
class RoomBriefing extends HTMLElement {
  connect({ room, lastSeen, page }) {
    this.lastSeen = lastSeen;
    this.arrivedAt = page.seq;
    for (const name of ["done", "waits"]) field(this, name).replaceChildren();
    room.subscribe(({ overview }) => overview && this.draw(overview));
    const late = Date.parse(page.now) - Date.parse(page.snapshot.overview.since) > LATE_MS;
    // Who comes late for the first time is told at once, where there is room for it.
    this.querySelector("details").open = lastSeen === null && late && matchMedia("(min-width: 1100px)").matches;
  }

  draw(overview) {
    const fresh = newSince(overview, this.lastSeen);
    fill(this, { line: headline(overview) });
    setVisible(field(this, "found"), overview.found?.text ?? "");
    field(this, "found").toggleAttribute("data-new", fresh.found);
    this.lines("done", overview.done, decisionLine, (one) => fresh.done.has(one.id));
    this.lines("waits", overview.waits, waitsLine, () => false);
    field(this, "found-empty").hidden = Boolean(overview.found);
    this.say(this.lastSeen === null ? 0 : Math.max(0, this.arrivedAt - this.lastSeen));
    const suggestion = field(this, "suggestion");
    if (suggestion) suggestion.hidden = !overview.suggests;
  }

  lines(name, rows, words, isNew) {
    reconcile(field(this, name), rows, {
      key: (one) => one.id,
      create: () => document.createElement("li"),
      update: (row, one) => {
        setVisible(row, words(one));
        row.toggleAttribute("data-new", isNew(one));
        if (isNew(one)) row.title = gettext("New since your last visit");
      },
    });
    field(this, `${name}-empty`).hidden = rows.length > 0;
  }

  say(count) {
    const told = field(this, "new");
    told.hidden = count === 0;
    told.textContent = count ? ngettext("{count} new since your last visit", "{count} new since your last visit", count) : "";
  }
}

export function define() {
  customElements.define("room-briefing", RoomBriefing);
}
