import { field, parseItems } from "../lib/dom.js";
import { isLookedAt, standing, tellOnce } from "../lib/notifying.js";
import { Poll } from "../lib/poll.js";
import { showCount } from "../lib/tab_count.js";
import { gettext } from "../lib/words.js";
import { Seen, unreadLine } from "../models/seen.js";

const EVERY_MS = 15000;
const called = new Set();   // what one was called for, whether it is shown yet or not

/** The list as it goes on: what is known changes in place, what is new waits behind a button, and nothing moves by itself. */
class IncidentList extends HTMLElement {
  connectedCallback() {
    this.seen = new Seen(this.dataset.me);
    this.rows = field(this, "rows");
    this.fresh = [];
    this.button = this.querySelector('[data-action="show"]');
    this.button.addEventListener("click", () => this.show());
    // A page from the browser's back/forward cache runs on where it was.
    this.back = () => this.mark();
    addEventListener("pageshow", this.back);
    this.poll = new Poll(this.dataset.source, {
      everyMs: EVERY_MS, heard: (html) => this.hear(html), unseen: () => standing() === "on",
    });
    this.poll.start();
    this.mark();
  }

  disconnectedCallback() {
    removeEventListener("pageshow", this.back);
    this.poll.stop();
  }

  hear(html) {
    const known = new Map([...this.rows.children].map((row) => [row.dataset.key, row]));
    const told = parseItems(html);
    for (const row of told) if (known.has(row.dataset.key)) update(known.get(row.dataset.key), row);
    this.fresh = told.filter((row) => !known.has(row.dataset.key));
    this.fresh.filter(isCritical).forEach(call);
    this.mark();
  }

  show() {
    this.rows.prepend(...this.fresh);
    this.rows.hidden = false;
    for (const empty of document.querySelectorAll(".empty")) empty.remove();
    const first = this.fresh[0];
    this.fresh = [];
    this.mark();
    first?.querySelector("a").focus();
  }

  mark() {
    let waits = 0;
    for (const row of this.rows.children) {
      const line = unreadLine(Number(row.dataset.head), this.seen.upTo(row.dataset.key));
      const unread = field(row, "unread");
      if (unread.textContent !== line) unread.textContent = line;
      unread.hidden = line === "";
      row.toggleAttribute("data-unread", line !== "");
      waits += Number(row.dataset.waits);
    }
    const count = this.fresh.length;
    this.button.hidden = count === 0;
    this.button.textContent = count ? gettext("{count} new - show", { count }) : "";
    showCount(count + waits);
  }
}

function isCritical(row) {
  return row.querySelector('[data-severity="critical"]') !== null && !called.has(row.dataset.key);
}

function call(row) {
  called.add(row.dataset.key);
  const link = row.querySelector("a");
  const told = { title: gettext("Critical incident"), body: link.textContent, url: new URL(link.href).pathname };
  tellOnce(`incident.${row.dataset.key}`, told, { seen: isLookedAt() });
}

/** Piece by piece, so that a focused link stays the same link. */
function update(row, told) {
  row.dataset.head = told.dataset.head;
  row.dataset.waits = told.dataset.waits;
  for (const piece of told.querySelectorAll("[data-part]")) {
    const here = row.querySelector(`[data-part="${piece.dataset.part}"]`);
    if (here.outerHTML !== piece.outerHTML) here.replaceWith(document.importNode(piece, true));
  }
}

export function define() {
  customElements.define("incident-list", IncidentList);
}
