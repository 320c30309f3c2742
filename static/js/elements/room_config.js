import { field, fill } from "../lib/dom.js";
import { gettext } from "../lib/words.js";
import { fromChoice, toChoice, wordsFor } from "../models/config.js";

const NUMBERS = ["temperature", "top_p", "max_tokens"];

/** Which model answers here and how: shown, and changed for the whole room from its next reply on. */
class RoomConfig extends HTMLElement {
  connect({ room, command }) {
    this.command = command;
    this.form = this.querySelector("form");
    this.usual = field(this, "in-use").textContent;
    room.subscribe(({ session }) => this.draw(session.config));
    this.form.addEventListener("submit", this);
  }

  draw(config) {
    const text = JSON.stringify(config);
    if (text === this.drawn) return;
    const first = this.drawn === undefined;
    this.drawn = text;
    if (!first) fill(this, { "in-use": wordsFor(config) || gettext("Model as the agent is set up") });
    this.form.elements.choice.value = toChoice(config);
    for (const name of NUMBERS) this.form.elements[name].value = config[name] ?? "";
  }

  async handleEvent(event) {
    event.preventDefault();
    const said = field(this, "said");
    const { choice } = this.form.elements;
    const numbers = NUMBERS.map((name) => [name, this.form.elements[name].value]).filter(([, value]) => value !== "");
    const config = { ...fromChoice(choice.value), ...Object.fromEntries(numbers.map(([name, value]) => [name, Number(value)])) };
    try {
      await this.command("session.config", { config });
      said.textContent = "";
      this.querySelector("details").open = false;
    } catch (error) {
      said.textContent = error.message;
    }
  }
}

export function define() {
  customElements.define("room-config", RoomConfig);
}
