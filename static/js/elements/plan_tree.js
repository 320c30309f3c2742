import { duration } from "../lib/clock.js";
import { clone, field, fill, reconcile } from "../lib/dom.js";
import { visible } from "../lib/escapes.js";
import { labelOf } from "../models/labels.js";
import { nameOf, progressOf, treeOf } from "../models/plan.js";
import { firstLine } from "../models/words.js";
import { drawFace } from "./face.js";

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
    reconcile(list, nodes, {
      key: (node) => `${node.id} ${node.children.length > 0}`,
      create: (node) => clone(node.children.length ? "t-plan-branch" : "t-plan-leaf"),
      update: (item, node) => this.node(item, node),
    });
  }

  node(item, node) {
    item.firstElementChild.dataset.kind = node.kind;
    const mark = item.querySelector(".plan-mark");
    if (mark.dataset.status !== node.status) mark.dataset.status = node.status;
    const status = labelOf("step", node.status);
    mark.setAttribute("aria-label", status);
    const call = node.tool_call_id ? this.context.feed.get(node.tool_call_id)?.call : null;
    const done = node.kind === "round" ? progressOf(node) : "";
    fill(item, { title: nameOf(node, call), about: [done, node.status === "succeeded" ? "" : status].filter(Boolean).join(" · ") });
    this.assignee(item, node);
    this.leaf(item, node, call);
    if (node.children.length) this.level(field(item, "children"), node.children);
  }

  /** Whose it is, by the face they have everywhere. */
  assignee(item, { kind, assignee }) {
    const name = kind === "round" ? "" : assignee;
    const face = item.querySelector(".face");
    face.hidden = !name;
    fill(item, { assignee: name });
    if (!name) return;
    face.title = name;
    drawFace(item, { kind: "agent", name }, this.context.faces);
  }

  leaf(item, node, call) {
    const outcome = node.error || node.outcome || outcomeOf(call);
    // The task says in words what the arguments say; the stream has them whole.
    fill(item, { call: call ? visible(call.tool) : "", outcome: firstLine(outcome, 160) });
    field(item, "leaf").hidden = !call && !outcome;
    field(item, "outcome").classList.toggle("bad", Boolean(node.error));
  }
}

/** A call's end, and how long it took; what is still open is said by the node's own status. */
function outcomeOf(call) {
  if (call?.state === "unknown") return labelOf("call", "unknown");
  return call?.started_at && call.ended_at ? `${labelOf("call", call.state)} ${duration(call.started_at, call.ended_at)}` : "";
}

export function define() {
  customElements.define("plan-tree", PlanTree);
}
