import { field } from "../lib/dom.js";
import { gettext } from "../lib/words.js";
import { readyToResolve } from "../models/waiting.js";

/** Shown when the crew has reported and works no more, until a person settles the incident. Its form needs no script. */
class ResolveCard extends HTMLElement {
  connect({ room, reported, pastRuns, feedChanged }) {
    const draw = () => {
      this.hidden = !readyToResolve(room.value, reported.value);
      const last = [...pastRuns.values()].filter((run) => run.mode === "crew").at(-1);
      if (last) this.say(last.status !== "succeeded");
    };
    room.subscribe(draw);
    reported.subscribe(draw);
    feedChanged.subscribe(draw);
  }

  /** A crew that was stopped, or failed, leaves a report too: it is not done for that. */
  say(brokeOff) {
    field(this, "done").hidden = brokeOff;
    field(this, "stopped").hidden = !brokeOff;
    field(this, "title").textContent = brokeOff ? gettext("The crew was stopped") : gettext("Ready to resolve");
  }
}

export function define() {
  customElements.define("resolve-card", ResolveCard);
}
