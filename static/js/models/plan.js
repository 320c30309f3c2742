/** The plan as a tree: round > task > action, each action with its call and what came of it. */
export function treeOf(plans) {
  return plans.flatMap(({ nodes }) => {
    const children = new Map();
    for (const node of nodes) {
      const parent = node.parent_id ?? "";
      if (!children.has(parent)) children.set(parent, []);
      children.get(parent).push(node);
    }
    const grow = (parent) => (children.get(parent) ?? []).map((node) => ({ ...node, children: grow(node.id) }));
    return grow("");
  });
}

export const NODE_MARKS = {
  succeeded: "done", done: "done", completed: "done", failed: "failed", rejected: "failed", running: "running", started: "running",
  waiting: "waits", pending: "open", planned: "open", open: "open", skipped: "skipped", cancelled: "skipped", expired: "failed", unknown: "waits",
};
