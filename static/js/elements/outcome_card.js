import { clockTime } from "../lib/clock.js";
import { field, fill, setVisible } from "../lib/dom.js";
import { drawArgs } from "./args.js";
import { DecisionCard } from "./decision_card.js";
import { drawFace } from "./face.js";

const SETTLERS = new Set(["approver", "commander"]);

/** A call whose end was never heard: a person says what became of it. */
class OutcomeCard extends DecisionCard {
  drawSubject(call) {
    const started = call.started_at ? `It started at ${clockTime(call.started_at)}` : "It was started";
    fill(this, { about: `${started} and its end was never heard. It is not run again by itself.`, key: call.idempotency_key });
    drawFace(this, { kind: "agent", name: call.agent_name }, this.context.faces);
    setVisible(field(this, "tool"), call.tool);
    drawArgs(field(this, "args"), call.args);
  }

  allowed() {
    return SETTLERS.has(this.context.me.role);
  }

  notAllowed() {
    return "An approver or a commander says what became of it.";
  }

  command(submitter) {
    const note = this.form.elements.note.value.trim();
    return { type: "outcome.decide", data: { tool_call_id: this.subject.id, outcome: submitter.value, ...(note ? { note } : {}) } };
  }
}

export function define() {
  customElements.define("outcome-card", OutcomeCard);
}
