import { field, toggleAttribute } from "../lib/dom.js";
import { gettext } from "../lib/words.js";

/** A second click this soon after the first is a double click, and no second thought. */
export const DOUBLE_CLICK_MS = 700;

/** What the three cards share: a form that becomes one command, is off while not live, and says what came of it. */
export class DecisionCard extends HTMLElement {
  #live = false;
  #busy = false;

  connect(context) {
    this.context = context;
    this.form = this.querySelector("form");
    this.form.addEventListener("submit", this);
    for (const label of this.querySelectorAll("[data-for]")) this.nameControl(label);
    context.connection.subscribe((state) => {
      this.#live = state.name === "live" || state.name === "degraded";
      this.enable();
    });
  }

  nameControl(label) {
    const control = this.form.elements[label.dataset.for];
    control.id ||= `field-${crypto.randomUUID()}`;
    label.htmlFor = control.id;
  }

  draw(subject) {
    this.subject = subject;
    this.drawSubject(subject);
    this.enable();
  }

  allowed() {
    return this.context.me.posts;
  }

  enable() {
    if (!this.subject) return;
    const off = !this.#live || this.#busy || !this.allowed(this.subject);
    for (const button of this.form.querySelectorAll("button:not([type=button])")) button.disabled = off;
    toggleAttribute(this, "aria-busy", this.#busy ? "true" : null);
    if (!this.#busy) this.explain();
  }

  explain() {
    if (!this.allowed(this.subject)) this.say(this.notAllowed(this.subject));
    else if (!this.#live) this.say(gettext("Held until the connection is back."));
    else if (this.said !== "kept") this.say("");
  }

  notAllowed() {
    return gettext("Your role reads here.");
  }

  async handleEvent(event) {
    event.preventDefault();
    const command = this.command(event.submitter);
    if (!command) return;
    this.busy(true);
    this.say(gettext("Sending…"));
    this.context.deciding.add(this.subject.id);
    try {
      await this.context.command(command.type, command.data);
      this.say(gettext("Sent."));   // the room's event takes the card away
    } catch (error) {
      this.context.deciding.delete(this.subject.id);
      this.busy(false);
      this.say(error.message, "bad");
    }
  }

  busy(busy) {
    this.#busy = busy;
    this.enable();
  }

  say(text, tone = "") {
    this.said = tone ? "kept" : "";
    const node = field(this, "said");
    if (node.textContent !== text) node.textContent = text;
    toggleAttribute(node, "data-tone", tone);
  }
}
