import { field } from "../lib/dom.js";
import { gettext } from "../lib/words.js";
import { readyToResolve } from "../models/waiting.js";

const TITLES = { done: gettext("Ready to resolve"), stopped: gettext("The crew was stopped"), failed: gettext("The crew failed") };

/** Shown when the crew has reported and works no more, until a person settles the incident. Its form needs no script. */
class ResolveCard extends HTMLElement {
  connect({ room, reported, brokeOff }) {
    const draw = () => {
      const comes = this.hidden && readyToResolve(room.value, reported.value);
      this.hidden = !readyToResolve(room.value, reported.value);
      // It comes above what its pane has been scrolled to; whoever writes beneath it is left where they are.
      if (comes && !this.parentElement.querySelector("textarea:focus, input:focus")) this.scrollIntoView({ block: "nearest" });
    };
    room.subscribe(draw);
    reported.subscribe(draw);
    brokeOff.subscribe((broke) => this.say(broke));
  }

  /** A crew that was stopped, or failed, leaves a report too: it is not done for that. */
  say(broke) {
    const said = broke || "done";
    for (const name of Object.keys(TITLES)) field(this, name).hidden = name !== said;
    field(this, "title").textContent = TITLES[said];
  }
}

export function define() {
  customElements.define("resolve-card", ResolveCard);
}
