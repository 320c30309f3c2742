import { clockTime } from "../lib/clock.js";
import { clone, field, fill, reconcile } from "../lib/dom.js";
import { visible } from "../lib/escapes.js";
import { gettext } from "../lib/words.js";
import { decidedLine } from "../models/approvals.js";
import { firstLine, quoting } from "../models/words.js";

const SHOWN = 3;

/** Where a card was, what became of it: who decided and when, the newest first. */
class DecidedList extends HTMLElement {
  connect({ feed, feedChanged, deciding }) {
    this.deciding = deciding;
    this.list = field(this, "list");
    feedChanged.subscribe(() => this.draw(feed.items().filter(isOver)));
  }

  draw(over) {
    const newest = over.sort((a, b) => b.updated - a.updated).slice(0, SHOWN);
    reconcile(this.list, newest, { key: (item) => item.key, create: () => clone("t-decision"), update: drawDecision });
    this.list.hidden = newest.length === 0;
    for (const { key } of newest) if (this.deciding.delete(key)) this.lead(key);
  }

  /** The card took the focus of whoever decided with it; they go on where its outcome stands, and see it. */
  lead(key) {
    const line = [...this.list.children].find((node) => node.dataset.key === key);
    if (document.activeElement === document.body) line.focus({ preventScroll: true });
    line.scrollIntoView({ block: "nearest" });
  }
}

function isOver(item) {
  if (item.kind === "approval") return item.approval.status !== "pending";
  return item.kind === "question" && item.question.status === "answered";
}

function drawDecision(node, { approval, question, updatedAt }) {
  if (question) {
    const about = { name: question.answered_by ?? gettext("Somebody"), agent: question.asked_by, time: clockTime(updatedAt) };
    const told = quoting(gettext("{name} answered {agent} at {time}", about), firstLine(question.answer ?? "", 80));
    fill(node, { tool: "", decided: visible(told) });
    return;
  }
  node.dataset.status = approval.status;
  const at = clockTime(approval.decided_at ?? updatedAt);
  fill(node, { tool: visible(approval.tool), decided: visible(decidedLine(approval, at)) });
}

export function define() {
  customElements.define("decided-list", DecidedList);
}
