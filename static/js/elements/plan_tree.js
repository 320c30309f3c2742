import { clone, field, fill, reconcile } from "../lib/dom.js";
import { visible } from "../lib/escapes.js";
import { labelOf } from "../models/labels.js";
import { titleOf, treeOf } from "../models/plan.js";
import { firstLine } from "../models/words.js";

/** Round > task > action > call > outcome, as it goes on. */
class PlanTree extends HTMLElement {
  connect(context) {
    this.context = context;
    const tree = field(this, "tree");
    tree.replaceChildren();
    const draw = () => {
      const nodes = treeOf(context.room.value.plan ?? []);
      this.level(tree, nodes);
      field(this, "empty").hidden = nodes.length > 0;
    };
    context.room.subscribe(draw);
    context.feedChanged.subscribe(draw);
  }

  level(list, nodes) {
    list.hidden = nodes.length === 0;
    reconcile(list, nodes, { key: (node) => node.id, create: () => clone("t-plan-node"), update: (item, node) => this.node(item, node) });
  }

  node(item, node) {
    const details = item.firstElementChild;
    details.dataset.kind = node.kind;
    const mark = item.querySelector(".plan-mark");
    if (mark.dataset.status !== node.status) mark.dataset.status = node.status;
    const status = labelOf("step", node.status);
    mark.setAttribute("aria-label", status);
    fill(item, { title: titleOf(node), about: node.status === "succeeded" ? "" : status });
    this.leaf(field(item, "leaf"), node);
    this.level(field(item, "children"), node.children);
  }

  leaf(leaf, node) {
    const call = node.tool_call_id ? this.context.feed.get(node.tool_call_id)?.call : null;
    const state = call?.state === "unknown" ? labelOf("call", "unknown") : "";   // the node's own status says the rest
    const outcome = node.error || node.outcome || state;
    const assignee = node.kind === "round" ? "" : node.assignee;
    leaf.hidden = !call && !outcome && !assignee;
    // The task says in words what the arguments say; the stream has them whole.
    fill(leaf, { assignee, call: call ? visible(call.tool) : "", outcome: firstLine(outcome, 160) });
    field(leaf, "outcome").classList.toggle("bad", Boolean(node.error));
  }
}

export function define() {
  customElements.define("plan-tree", PlanTree);
}
