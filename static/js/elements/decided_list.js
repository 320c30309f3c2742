import { clockTime } from "../lib/clock.js";
import { clone, field, fill, reconcile } from "../lib/dom.js";
import { visible } from "../lib/escapes.js";
import { decidedLine } from "../models/approvals.js";

const SHOWN = 3;

/** Where a card was, what became of it: who decided and when, the newest first. */
class DecidedList extends HTMLElement {
  connect({ feed, feedChanged }) {
    const list = field(this, "list");
    feedChanged.subscribe(() => {
      const decided = feed.items().filter((item) => item.kind === "approval" && item.approval.status !== "pending");
      const newest = decided.sort((a, b) => b.updated - a.updated).slice(0, SHOWN);
      reconcile(list, newest, { key: (item) => item.key, create: () => clone("t-decision"), update: drawDecision });
      list.hidden = newest.length === 0;
    });
  }
}

function drawDecision(node, { approval, updatedAt }) {
  node.dataset.status = approval.status;
  const at = clockTime(approval.decided_at ?? updatedAt);
  fill(node, { tool: visible(approval.tool), decided: visible(decidedLine(approval, at)) });
}

export function define() {
  customElements.define("decided-list", DecidedList);
}
