/** Where an incident stands: the same of the same parts as sessions_app/summaries.py. */
const UNCONTAINED = new Set(["open", "investigating"]);
const MOST_DONE = 20;
const NO_OUTCOME = new Set(["requested", "approved"]);

/** The room with its summary brought up to date; a chat has none. */
export function summarized(room) {
  if (!room.summary || !room.incident) return room;
  const { incident } = room;
  const summary = {
    ...room.summary,
    since: incident.opened_at,
    severity: incident.severity,
    status: incident.status,
    commander: incident.commander,
    found: incident.summary ? { text: incident.summary, version: incident.summary_version, seq: incident.summary_seq } : null,
    waits: waits(room),
    suggests: suggests(incident),
  };
  return { ...room, summary };
}

/** A request that was decided, or whose decision became void, in the order of the decisions. */
export function decided(room, approval, event) {
  if (!room.summary || approval.status === "pending") return room;
  const known = room.summary.done.find((one) => one.id === approval.id);
  const seq = known?.status === approval.status ? known.seq : event.seq;
  const { id, tool, args, agent_name, status, decided_by, decided_at, outcome } = approval;
  const told = { id, tool, args, agent_name, status, decided_by, decided_at, outcome, tool_call_id: approval.tool_call_id, seq };
  return withDone(room, [...room.summary.done.filter((one) => one.id !== id), told].sort((a, b) => a.seq - b.seq).slice(-MOST_DONE));
}

export function settled(room, call) {
  if (!room.summary?.done.some((one) => one.tool_call_id === call.id)) return room;
  const outcome = NO_OUTCOME.has(call.state) ? null : call.state;
  return withDone(room, room.summary.done.map((one) => (one.tool_call_id === call.id ? { ...one, outcome } : one)));
}

function withDone(room, done) {
  return { ...room, summary: { ...room.summary, done } };
}

function waits({ approvals, questions, unknowns, tasks }) {
  const open = tasks.filter((task) => task.status === "open");
  return [
    ...approvals.map((one) => ({ kind: "approval", id: one.id, what: one.tool, who: one.policy.eligible ?? [] })),
    ...questions.map((one) => ({ kind: "question", id: one.id, what: one.question, who: ["responder"] })),
    ...unknowns.map((one) => ({ kind: "outcome", id: one.id, what: one.tool, who: ["approver"] })),
    ...open.map((one) => ({ kind: "task", id: one.id, what: one.title, who: one.assignee ? [one.assignee] : [] })),
  ];
}

function suggests({ status, indicators }) {
  return UNCONTAINED.has(status) && indicators.some((one) => one.blocked_until) ? "contained" : null;
}
