import { clockTime } from "../lib/clock.js";
import { field, fill, setVisible } from "../lib/dom.js";
import { gettext } from "../lib/words.js";
import { drawArgs } from "./args.js";
import { DecisionCard } from "./decision_card.js";
import { drawFace } from "./face.js";

const SETTLERS = new Set(["approver", "commander"]);

/** A call whose end was never heard: a person says what became of it. */
class OutcomeCard extends DecisionCard {
  drawSubject(call) {
    const about = call.started_at
      ? gettext("It started at {time} and its end was never heard. It is not run again by itself.", { time: clockTime(call.started_at) })
      : gettext("It was started and its end was never heard. It is not run again by itself.");
    fill(this, { about, key: call.idempotency_key });
    drawFace(this, { kind: "agent", name: call.agent_name }, this.context.faces);
    setVisible(field(this, "tool"), call.tool);
    drawArgs(field(this, "args"), call.args);
  }

  allowed() {
    return SETTLERS.has(this.context.me.role);
  }

  notAllowed() {
    return gettext("An approver or a commander says what became of it.");
  }

  command(submitter) {
    const note = this.form.elements.note.value.trim();
    return { type: "outcome.decide", data: { tool_call_id: this.subject.id, outcome: submitter.value, ...(note ? { note } : {}) } };
  }
}

export function define() {
  customElements.define("outcome-card", OutcomeCard);
}
