import { clockTime, serverNow } from "../lib/clock.js";
import { clone, field, fill, reconcile, setVisible, toggleAttribute } from "../lib/dom.js";
import { request } from "../lib/http.js";
import { gettext, ngettext, number } from "../lib/words.js";
import { byWeight, isBlocked, notedLine } from "../models/indicators.js";
import { labelOf } from "../models/labels.js";

const FOLDED = 8;

/** The telling ones first; the rest at a click. One opens to where it was seen; a pasted text adds all that it names. */
class IndicatorList extends HTMLElement {
  connect({ room, urls }) {
    this.urls = urls;
    this.indicators = [];
    this.button = field(this, "unfold");
    this.button.addEventListener("click", () => this.unfold());
    this.addEventListener("click", this);
    this.addEventListener("submit", this);
    field(this, "list").replaceChildren();
    room.subscribe(({ incident }) => {
      this.indicators = byWeight(incident?.indicators ?? [], serverNow());
      this.draw();
    });
  }

  unfold() {
    this.unfolded = !this.unfolded;
    this.draw();
  }

  draw() {
    const { indicators } = this;
    const shown = this.unfolded ? indicators : indicators.slice(0, FOLDED);
    this.button.hidden = indicators.length <= FOLDED;
    const all = { count: number(indicators.length) };
    this.button.textContent = this.unfolded ? gettext("Show fewer") : gettext("Show all {count}", all);
    this.button.setAttribute("aria-expanded", String(Boolean(this.unfolded)));
    reconcile(field(this, "list"), shown, {
      key: (one) => one.id,
      create: () => clone("t-indicator"),
      update: (node, one) => this.one(node, one),
    });
    field(this, "empty").hidden = indicators.length > 0;
    document.querySelector('[data-count="indicators"]').textContent = String(indicators.length);
  }

  one(node, indicator) {
    const blocked = isBlocked(indicator, serverNow()) ? gettext("blocked until {time}", { time: clockTime(indicator.blocked_until) }) : "";
    fill(node, { kind: labelOf("indicator", indicator.kind), about: blocked || aboutLine(indicator) });
    toggleAttribute(field(node, "about"), "data-blocked", Boolean(blocked));
    setVisible(field(node, "value"), indicator.value);
    const link = field(node, "link");
    link.href = this.urls.indicator.replace(this.urls.zero, indicator.id);
    if (!link.hasAttribute("aria-expanded")) link.setAttribute("aria-expanded", "false");
    const form = node.querySelector('[data-field="unblock"]');
    if (form) form.hidden = !blocked;
  }

  handleEvent(event) {
    if (event.type === "submit") return this.send(event);
    const link = event.target.closest(".indicator-link");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return undefined;
    event.preventDefault();
    return this.toggle(link.closest("li"), link);
  }

  async toggle(node, link) {
    const more = field(node, "more");
    const open = more.hidden;
    more.hidden = !open;
    link.setAttribute("aria-expanded", String(open));
    if (!open) return;
    more.textContent = gettext("Looking…");
    try {
      more.replaceChildren(this.details(await request(`${this.urls.indicators}/${node.dataset.key}`)));
    } catch (error) {
      more.textContent = error.message;
    }
  }

  details({ indicator, seen_in, of_alert, other_incidents, cut }) {
    const node = clone("t-indicator-more");
    const times = { first: clockTime(indicator.first_seen), last: clockTime(indicator.last_seen) };
    const spans = gettext("first seen {first}, last {last}", times);
    fill(node, { facts: [ngettext("seen once", "seen {count} times", indicator.seen_count), spans].join(" · ") });
    field(node, "files").append(...seen_in.map((file) => this.file(file, indicator, of_alert)));
    field(node, "others").append(...other_incidents.map((other) => this.other(other)));
    field(node, "nothing").hidden = cut || seen_in.length + other_incidents.length > 0;
    if (cut) field(node, "files").append("…"); // not all of the evidence could be read
    const unblock = field(node, "unblock");
    if (unblock) {
      unblock.hidden = !isBlocked(indicator);
      unblock.querySelector('[name="indicator"]').value = indicator.value;
    }
    return node;
  }

  file({ evidence_id, filename, count, lines }, indicator, ofAlert) {
    const numbers = lines.slice(0, 5).join(", ") + (count > 5 ? ", …" : "");
    const about = `${ngettext("{count} line", "{count} lines", count)} (${numbers})`;
    const line = ofAlert ? `${about} · ${gettext("the alert itself")}` : about;
    const query = new URLSearchParams({ q: indicator.value });
    return sighting(filename, `${this.urls.viewer.replace(this.urls.zero, evidence_id)}?${query}`, line);
  }

  other({ id, title, status, seen_count }) {
    const about = `${labelOf("incident", status)} · ${ngettext("seen once", "seen {count} times", seen_count)}`;
    return sighting(title, this.urls.war_room.replace(this.urls.zero, id), about);
  }

  async send(event) {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button");
    const quick = form.matches(".quick-add");
    button.disabled = true;
    try {
      if (quick) this.say(notedLine(await this.post(`${this.urls.indicators}/pasted`, { text: form.elements.text.value })));
      else await this.post("/api/v1/blocklists/unblock", unblocking(form));
      form.reset();
    } catch (error) {
      this.say(error.message);
    } finally {
      button.disabled = false;
    }
  }

  post(path, json) {
    return request(path, { method: "POST", json });
  }

  say(words) {
    const said = field(this, "said");
    if (said) setVisible(said, words);
  }
}

function unblocking(form) {
  const { organization, indicator, reason } = form.elements;
  return { organization_id: organization.value, indicator: indicator.value, reason: reason.value };
}

function sighting(name, href, about) {
  const node = clone("t-sighting");
  const link = field(node, "name");
  setVisible(link, name);
  link.href = href;
  return fill(node, { about });
}

/** Once is the usual and says nothing. */
function aboutLine({ known, private: own, seen_count }) {
  if (known) return gettext("known: {what}", { what: labelOf("known", known) });
  if (own) return gettext("own network");
  return seen_count > 1 ? ngettext("seen once", "seen {count} times", seen_count) : "";
}

export function define() {
  customElements.define("indicator-list", IndicatorList);
}
