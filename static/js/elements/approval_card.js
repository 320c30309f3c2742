import { serverNow, span } from "../lib/clock.js";
import { copyText } from "../lib/clipboard.js";
import { field, fill, setVisible } from "../lib/dom.js";
import { visible, visibleJson } from "../lib/escapes.js";
import { gettext } from "../lib/words.js";
import { mayDecide, policyLine, targetOf, votesLine } from "../models/approvals.js";
import { labelOf } from "../models/labels.js";
import { drawArgs } from "./args.js";
import { DecisionCard, DOUBLE_CLICK_MS } from "./decision_card.js";
import { drawFace } from "./face.js";
import { drawGrantWish, grantWish, listenToGrantWish } from "./grant_wish.js";

const SOON_MS = 300000;

/** One request to approve: exactly what will run, and the person's word about it. Never takes the focus, has no key of its own. */
class ApprovalCard extends DecisionCard {
  #drawn = "";
  #bareFrom = Infinity;
  // Until then a press on another button is the rest of a double click, whatever has moved under the finger.
  #settledFrom = 0;

  connect(context) {
    super.connect(context);
    for (const button of this.querySelectorAll("[data-action]")) {
      button.hidden = false;
      button.addEventListener("click", () => this.settled && this[button.dataset.action]());
    }
    field(this, "bare").hidden = true;   // for those without scripts; here the button asks again
    listenToGrantWish(this);
    this.form.elements.feedback.addEventListener("input", () => this.withWords());
    // Enter in a single-line field would press the first button, which approves.
    this.form.elements.typed.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  }

  connectedCallback() {
    this.timer = setInterval(() => this.tick(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  drawSubject(approval) {
    this.setAttribute("aria-label", visible(gettext("Request to approve {tool}", { tool: approval.tool })));
    fill(this, {
      agent: approval.agent_name, impact: "", reason: "", policy: policyLine(approval.policy),
      for: approval.requested_by ? gettext("for {name}", { name: approval.requested_by }) : gettext("for the crew's plan"),
      risk: labelOf("risk", approval.risk), "later-tool": visible(approval.tool),
    });
    drawFace(this, { kind: "agent", name: approval.agent_name }, this.context.faces);
    field(this, "risk").dataset.risk = approval.risk;
    const told = { tool: approval.tool, impact: approval.impact, reason: approval.agent_reason || gettext("None given.") };
    for (const [name, text] of Object.entries(told)) {
      setVisible(field(this, name), text);
      field(this, name).hidden = !text;
    }
    const votes = field(this, "votes");
    setVisible(votes, votesLine(approval.votes));
    votes.parentElement.hidden = approval.votes.length === 0;
    this.drawVersion(approval);
    this.drawTarget(approval);
    drawGrantWish(this, approval, { allowed: this.allowed(approval) });
    this.tick();
  }

  /** A new version voids what was typed against the old one, and says so. */
  drawVersion(approval) {
    if (this.#drawn === approval.digest) return;
    drawArgs(field(this, "args"), approval.args);
    this.form.elements.version.value = approval.version;
    this.form.elements.digest.value = approval.digest;
    this.form.elements.edited_args.value = visibleJson(approval.args);
    this.withWords();
    if (this.#drawn) {
      this.busy(false);
      this.say(gettext("The arguments were edited: look again before you decide."), "bad");
    }
    this.#drawn = approval.digest;
  }

  drawTarget(approval) {
    const target = approval.risk === "destructive" ? targetOf(approval.args) : "";
    const box = field(this, "typed");
    box.hidden = target === "";
    setVisible(box.querySelector("label"), gettext("This can't be undone. To approve, type: {target}", { target }));
  }

  tick() {
    if (!this.subject) return;
    const left = Date.parse(this.subject.expires_at) - serverNow();
    const clock = field(this, "clock");
    const strong = document.createElement("strong");
    strong.textContent = left > 0 ? gettext("{time} left", { time: span(left) }) : gettext("expired");
    clock.replaceChildren(strong);
    clock.toggleAttribute("data-soon", left < SOON_MS);
  }

  allowed(approval) {
    return mayDecide(approval, this.context.me);
  }

  notAllowed(approval) {
    return gettext("Not yours to decide. Who may: {policy}", { policy: policyLine(approval.policy) });
  }

  command(submitter) {
    const { approval_id = this.subject.id, version, digest } = { version: this.subject.version, digest: this.subject.digest };
    const decision = submitter?.value;
    if (decision !== "reject" && !(decision === "approve" && this.settled)) return null;
    const data = { approval_id, version, digest, decision };
    const feedback = this.form.elements.feedback.value.trim();
    if (feedback) data.feedback = feedback;
    if (decision === "reject") return feedback || performance.now() > this.#bareFrom ? { type: "approval.decide", data } : this.askWhy();
    if (!this.targetTyped()) return this.refuse(gettext("Type the name exactly as it stands above."));
    return this.withGrant(this.withEdit(data));
  }

  /** To say no in silence takes a second, deliberate click: the words are what the crew goes on by. */
  askWhy() {
    this.#settledFrom = performance.now() + DOUBLE_CLICK_MS;
    this.#bareFrom = Math.min(this.#bareFrom, this.#settledFrom);
    this.rejectButton.textContent = gettext("Reject without words");
    this.form.elements.feedback.focus();
    return this.refuse(gettext("Say why, so that the crew can change course. Or press again to reject without words."));
  }

  withWords() {
    this.#bareFrom = Infinity;
    this.rejectButton.textContent = gettext("Reject");
  }

  get settled() {
    return performance.now() > this.#settledFrom;
  }

  get rejectButton() {
    return this.form.querySelector('button[value="reject"]');
  }

  withEdit(data) {
    if (field(this, "edit").hidden) return { type: "approval.decide", data };
    try {
      const edited = JSON.parse(this.form.elements.edited_args.value);
      const same = JSON.stringify(edited) === JSON.stringify(this.subject.args);
      return { type: "approval.decide", data: same ? data : { ...data, edited_args: edited } };
    } catch {
      return this.refuse(gettext("The edited arguments are not JSON; nothing was sent."));
    }
  }

  withGrant(command) {
    const wish = command && grantWish(this.form, command.data.edited_args ?? this.subject.args);
    return wish ? { ...command, data: { ...command.data, grant: wish } } : command;
  }

  targetTyped() {
    return this.subject.risk !== "destructive" || this.form.elements.typed.value === targetOf(this.subject.args);
  }

  refuse(text) {
    this.say(text, "bad");
    return null;
  }

  edit() {
    const box = field(this, "edit");
    box.hidden = !box.hidden;
    if (!box.hidden) this.form.elements.edited_args.focus();
  }

  later() {
    this.form.hidden = true;
    field(this, "later").hidden = false;
  }

  back() {
    this.form.hidden = false;
    field(this, "later").hidden = true;
  }

  async copy() {
    const copied = await copyText(JSON.stringify(this.subject.args, null, 2));
    this.say(copied ? gettext("Copied.") : gettext("This browser does not let pages copy here."));
  }
}

export function define() {
  customElements.define("approval-card", ApprovalCard);
}
