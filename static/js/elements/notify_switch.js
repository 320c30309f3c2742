import { field } from "../lib/dom.js";
import { possible, standing, turn } from "../lib/notifying.js";
import { gettext } from "../lib/words.js";

/** In the menu: notifications on or off, and what the browser says of it. */
class NotifySwitch extends HTMLElement {
  connectedCallback() {
    if (!possible()) return;
    this.hidden = false;
    this.box = this.querySelector("input");
    this.words = field(this, "said").textContent;
    this.box.addEventListener("change", () => this.change());
    this.closest("details").addEventListener("toggle", () => this.draw());
    this.draw();
  }

  async change() {
    await turn(this.box.checked);
    this.draw();
  }

  draw() {
    const stands = standing();
    this.box.checked = stands === "on";
    this.box.disabled = stands === "blocked";
    field(this, "said").textContent =
      stands === "blocked" ? gettext("This browser blocks notifications of this site; its own settings allow them.") : this.words;
  }
}

/** Asked in the room, and only once somebody has done something here: who just looks around is left in peace. */
class NotifyOffer extends HTMLElement {
  connect({ used }) {
    this.querySelector('[data-action="yes"]').addEventListener("click", () => this.answer(true));
    this.querySelector('[data-action="no"]').addEventListener("click", () => this.answer(false));
    used.subscribe((isUsed) => {
      this.hidden = !isUsed || standing() !== "unasked";
    });
  }

  async answer(on) {
    this.hidden = true;
    await turn(on);
  }
}

export function define() {
  customElements.define("notify-switch", NotifySwitch);
  customElements.define("notify-offer", NotifyOffer);
}
