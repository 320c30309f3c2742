import { request } from "../lib/http.js";
import { Timers } from "../lib/timers.js";

const SOON_MS = 1500;

/** How near the writer is to a quota, in the server's words; nothing while there is enough left. */
class QuotaLine extends HTMLElement {
  connect({ spent }) {
    this.timers = new Timers();
    let seen = spent.value;
    spent.subscribe((count) => {
      if (count !== seen) this.lookSoon();
      seen = count;
    });
  }

  disconnectedCallback() {
    this.timers?.clear();
  }

  /** Once for whatever happens within a moment: many may look at a room that many agents work in. */
  lookSoon() {
    if (this.waits) return;
    this.waits = true;
    this.timers.set("look", SOON_MS, () => this.look());
  }

  async look() {
    this.waits = false;
    try {
      const { data } = await request(this.dataset.url);
      this.draw(data.filter(({ level }) => level !== "free"));
    } catch {
      // What stands there stays; whoever is refused is told why.
    }
  }

  draw(lines) {
    this.replaceChildren(...lines.map(({ level, words }) => {
      const line = document.createElement("span");
      line.dataset.level = level;
      line.textContent = words;
      return line;
    }));
    this.hidden = !lines.length;
  }
}

export function define() {
  customElements.define("quota-line", QuotaLine);
}
