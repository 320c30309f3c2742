import { field } from "../lib/dom.js";
import { gettext } from "../lib/words.js";
import { readyToResolve } from "../models/waiting.js";

/** Shown when the crew has reported and works no more, until a person settles the incident. Its form needs no script. */
class ResolveCard extends HTMLElement {
  connect({ room, reported, brokeOff }) {
    const draw = () => {
      this.hidden = !readyToResolve(room.value, reported.value);
    };
    room.subscribe(draw);
    reported.subscribe(draw);
    brokeOff.subscribe((broke) => this.say(broke));
  }

  /** A crew that was stopped, or failed, leaves a report too: it is not done for that. */
  say(broke) {
    field(this, "done").hidden = broke;
    field(this, "stopped").hidden = !broke;
    field(this, "title").textContent = broke ? gettext("The crew was stopped") : gettext("Ready to resolve");
  }
}

export function define() {
  customElements.define("resolve-card", ResolveCard);
}
