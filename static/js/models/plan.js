/** The plan as a tree: round > task > action, each action with its call and what came of it. */
import { gettext, number } from "../lib/words.js";

export function treeOf(plans) {
  return plans.flatMap(({ nodes }) => {
    const children = new Map();
    for (const node of nodes) {
      const parent = node.parent_id ?? "";
      if (!children.has(parent)) children.set(parent, []);
      children.get(parent).push(node);
    }
    const grow = (parent) => (children.get(parent) ?? []).map((node) => folded({ ...node, children: grow(node.id) }));
    return grow("");
  });
}

/** A task of one action that says the same is one line: the action's call and outcome under the task. */
function folded(node) {
  const [only, ...more] = node.children;
  if (!only || only.children.length) return node;
  if (more.length) return { ...node, children: node.children.map((child) => ({ ...child, repeats: child.title === node.title })) };
  if (only.title !== node.title) return node;
  return { ...node, tool_call_id: only.tool_call_id, outcome: only.outcome, error: only.error ?? node.error, children: [] };
}

/** What stands over a node's call. Of an action that says what its task says, the call tells enough. */
export function nameOf(node, call) {
  return node.repeats && call ? "" : titleOf(node);
}

/** A round is called by its number, which the log says in English. */
export function titleOf({ kind, title }) {
  const [, round] = (kind === "round" && title.match(/^Round (\d+)$/u)) || [];
  return round ? gettext("Round {round}", { round }) : title;
}

const OVER = new Set(["succeeded", "failed", "rejected", "skipped", "cancelled"]);

/** How far a round is: `3 of 5`. */
export function progressOf({ children }) {
  const over = children.filter((child) => OVER.has(child.status)).length;
  return children.length ? gettext("{done} of {all}", { done: number(over), all: number(children.length) }) : "";
}
