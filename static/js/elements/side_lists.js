import { clockTime } from "../lib/clock.js";
import { clone, field, fill, reconcile, setVisible, toggleAttribute } from "../lib/dom.js";
import { request } from "../lib/http.js";
import { sizeOf } from "../lib/sizes.js";
import { gettext, ngettext, number } from "../lib/words.js";
import { byWeight } from "../models/indicators.js";
import { labelOf } from "../models/labels.js";

const FOLDED = 8;

/** The telling ones first; the rest at a click. */
class IndicatorList extends HTMLElement {
  connect({ room }) {
    this.indicators = [];
    this.button = field(this, "more");
    this.button.addEventListener("click", () => this.unfold());
    field(this, "list").replaceChildren();
    room.subscribe(({ incident }) => {
      this.indicators = byWeight(incident?.indicators ?? []);
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
    reconcile(field(this, "list"), shown, { key: (one) => one.id, create: () => clone("t-indicator"), update: drawIndicator });
    field(this, "empty").hidden = indicators.length > 0;
    document.querySelector('[data-count="indicators"]').textContent = String(indicators.length);
  }
}

function drawIndicator(node, indicator) {
  const blocked = indicator.blocked_until ? gettext("blocked until {time}", { time: clockTime(indicator.blocked_until) }) : "";
  const about = blocked || (indicator.private ? gettext("own network") : seenLine(indicator.seen_count));
  fill(node, { kind: labelOf("indicator", indicator.kind), about });
  toggleAttribute(field(node, "about"), "data-blocked", Boolean(blocked));
  setVisible(field(node, "value"), indicator.value);
}

/** Once is the usual and says nothing. */
function seenLine(count) {
  return count > 1 ? ngettext("seen once", "seen {count} times", count) : "";
}

/** Files of the incident; attaching one goes by REST, and the room's event draws it. */
class EvidenceList extends HTMLElement {
  connect({ evidence, urls }) {
    this.urls = urls;
    field(this, "list").replaceChildren();
    evidence.subscribe((files) => this.draw(files));
    this.querySelector("form")?.addEventListener("submit", this);
  }

  draw(files) {
    reconcile(field(this, "list"), files, {
      key: (file) => file.id,
      create: () => clone("t-evidence"),
      update: (node, file) => this.file(node, file),
    });
    field(this, "empty").hidden = files.length > 0;
    document.querySelector('[data-count="evidence"]').textContent = String(files.length);
  }

  file(node, file) {
    const link = field(node, "name");
    setVisible(link, file.filename);
    link.href = this.urls.viewer.replace(this.urls.zero, file.id);
    const lines = file.lines === null ? "" : `${ngettext("{count} line", "{count} lines", file.lines)} · `;
    const by = file.uploaded_by ? `${file.uploaded_by} · ` : "";
    fill(node, { size: sizeOf(file.size), about: `${lines}${by}${clockTime(file.created_at)}` });
  }

  async handleEvent(event) {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button");
    const said = field(this, "said");
    button.disabled = true;
    said.textContent = gettext("Sending the file…");
    try {
      await request(this.urls.evidence, { method: "POST", body: new FormData(form) });
      form.reset();
      said.textContent = gettext("Attached.");
    } catch (error) {
      said.textContent = gettext("Not attached: {error}", { error: error.message });
    } finally {
      button.disabled = false;
    }
  }
}

export function define() {
  customElements.define("indicator-list", IndicatorList);
  customElements.define("evidence-list", EvidenceList);
}
