import { clone, field, fill, setMarked } from "../lib/dom.js";
import { request } from "../lib/http.js";
import { pressedAlone } from "../lib/single_keys.js";
import { Timers } from "../lib/timers.js";
import { gettext, language } from "../lib/words.js";
import { grouped, pieces } from "../models/found.js";

const SOURCE = "/api/v1/search";
const SHOWN = 30;
const PAUSE_MS = 150;
const KINDS = { incident: gettext("Incidents"), session: gettext("Chats"), message: gettext("Messages") };

/** Ctrl-K from anywhere: what is found while one types, and Enter goes there. Without a script the form above is a page. */
class SearchPalette extends HTMLElement {
  #timers = new Timers();
  #asked = 0;
  #options = [];

  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.input = this.querySelector("input[type=search]");
    this.found = field(this, "found");
    this.input.addEventListener("input", () => this.#timers.set("ask", PAUSE_MS, () => this.ask()));
    this.input.addEventListener("keydown", (event) => this.pressed(event));
    this.found.addEventListener("pointermove", (event) => this.choose(event.target.closest("[role=option]") ?? this.chosen));
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    this.querySelector("[data-action=close]").addEventListener("click", () => this.dialog.close());
    document.querySelector("[data-action=search]").addEventListener("click", (event) => this.open(event));
    document.addEventListener("keydown", (event) => this.heard(event));
  }

  heard(event) {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey) this.open(event);
    if (pressedAlone(event) === "/") this.begin(event);
  }

  begin(event) {
    const above = document.querySelector(".app-search input");
    if (!above.checkVisibility()) {
      this.open(event);
      return;
    }
    event.preventDefault();
    above.focus();
    above.select();
  }

  open(event) {
    event.preventDefault();
    if (!this.dialog.open) this.dialog.showModal();
    this.input.focus();
    this.input.select();
  }

  async ask() {
    const q = this.input.value.trim();
    const mine = ++this.#asked;
    if (!q) {
      this.draw([], "");
      return;
    }
    try {
      const hits = await request(`${SOURCE}?${new URLSearchParams({ q, limit: SHOWN })}`);
      if (mine === this.#asked) this.draw(hits, hits.length ? "" : gettext("Nothing found for “{q}”.", { q }));
    } catch (error) {
      if (mine === this.#asked) this.draw([], error.message);
    }
  }

  draw(hits, said) {
    this.found.replaceChildren(...grouped(hits).map(drawGroup));
    this.found.hidden = hits.length === 0;
    this.input.setAttribute("aria-expanded", String(hits.length > 0));
    this.#options = [...this.found.querySelectorAll("[role=option]")];
    this.#options.forEach((option, index) => {
      option.id = `found-${index}`;
    });
    this.choose(this.#options[0]);
    field(this, "said").textContent = said;
  }

  pressed(event) {
    if (event.isComposing) return;   // while an input method composes, keys are its own
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.chosen) {
      event.preventDefault();
      const { length } = this.#options;
      this.choose(this.#options[(this.#options.indexOf(this.chosen) + step + length) % length]);
      this.chosen.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && this.chosen) {
      event.preventDefault();
      this.chosen.click();
    } else if (event.key === "Escape") {
      event.preventDefault();   // a field of a search would empty itself first, and stay
      this.dialog.close();
    }
  }

  choose(option) {
    if (option && option === this.chosen) return;
    this.chosen?.setAttribute("aria-selected", "false");
    this.chosen = option;
    option?.setAttribute("aria-selected", "true");
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }
}

function drawGroup({ kind, hits }) {
  const group = clone("t-found-group");
  group.setAttribute("aria-label", KINDS[kind]);
  fill(group, { kind: KINDS[kind] });
  group.append(...hits.map(drawHit));
  return group;
}

function drawHit(hit) {
  const node = clone("t-found");
  node.href = hit.url;
  setMarked(field(node, "title"), pieces(hit.title || gettext("A chat"), hit.title_marks));
  setMarked(field(node, "snippet"), pieces(hit.snippet, hit.marks));
  const at = new Date(hit.at).toLocaleDateString(language, { dateStyle: "medium" });
  fill(node, { about: [hit.sender_name, at].filter(Boolean).join(" · ") });
  return node;
}

export function define() {
  customElements.define("search-palette", SearchPalette);
}
