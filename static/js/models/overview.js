/** Where an incident stands: the same of the same parts as sessions_app/overview.py. */
const UNCONTAINED = new Set(["open", "investigating"]);
const MOST_DONE = 20;
const NO_OUTCOME = new Set(["requested", "approved"]);

/** The room with its overview brought up to date; a chat has none. */
export function withOverview(room) {
  if (!room.overview || !room.incident) return room;
  const { incident } = room;
  const overview = {
    ...room.overview,
    since: incident.opened_at,
    severity: incident.severity,
    status: incident.status,
    commander: incident.commander,
    found: incident.summary ? { text: incident.summary, version: incident.summary_version, seq: incident.summary_seq } : null,
    waits: waits(room),
    suggests: suggests(incident),
  };
  return { ...room, overview };
}

/** A request that was decided, or whose decision became void, in the order of the decisions. */
export function decided(room, approval, event) {
  if (!room.overview || approval.status === "pending") return room;
  const known = room.overview.done.find((one) => one.id === approval.id);
  const seq = known?.status === approval.status ? known.seq : event.seq;
  const { id, tool, args, agent_name, status, decided_by, decided_at, outcome } = approval;
  const told = { id, tool, args, agent_name, status, decided_by, decided_at, outcome, tool_call_id: approval.tool_call_id, seq };
  return withDone(room, [...room.overview.done.filter((one) => one.id !== id), told].sort((a, b) => a.seq - b.seq).slice(-MOST_DONE));
}

export function settled(room, call) {
  if (!room.overview?.done.some((one) => one.tool_call_id === call.id)) return room;
  const outcome = NO_OUTCOME.has(call.state) ? null : call.state;
  return withDone(room, room.overview.done.map((one) => (one.tool_call_id === call.id ? { ...one, outcome } : one)));
}

function withDone(room, done) {
  return { ...room, overview: { ...room.overview, done } };
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
