import { readyToResolve } from "../models/waiting.js";

/** Shown when the crew has reported and works no more, until a person settles the incident. Its form needs no script. */
class ResolveCard extends HTMLElement {
  connect({ room, reported }) {
    const draw = () => {
      this.hidden = !readyToResolve(room.value, reported.value);
    };
    room.subscribe(draw);
    reported.subscribe(draw);
  }
}

export function define() {
  customElements.define("resolve-card", ResolveCard);
}
