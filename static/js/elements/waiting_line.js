import { field, setVisible } from "../lib/dom.js";
import { nextForMe } from "../models/waiting.js";

/** Where the right pane is a tab away: what waits for me, said in the room, and one press from it. */
class WaitingLine extends HTMLElement {
  connect({ room, reported, brokeOff, me }) {
    const button = this.querySelector("button");
    const closes = document.querySelector("resolve-card form") !== null;
    button.addEventListener("click", () => showCard(this.key));
    const draw = () => {
      const next = nextForMe(room.value, { me, closes, reported: reported.value, brokeOff: brokeOff.value });
      this.hidden = next === null;
      if (!next) return;
      this.key = next.key;
      setVisible(field(this, "text"), next.text);
      button.textContent = next.action;
    };
    room.subscribe(draw);
    reported.subscribe(draw);
    brokeOff.subscribe(draw);
  }
}

/** Bring a card of the right pane before the eyes of who asked for it. */
export function showCard(key) {
  document.querySelector("pane-layout").show("right");
  const card = key === "resolve" ? document.querySelector("resolve-card") : document.querySelector(`.pane-right [data-key="${CSS.escape(key)}"]`);
  if (!card) return;
  card.tabIndex = -1;
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "start" });
}

export function define() {
  customElements.define("waiting-line", WaitingLine);
}
