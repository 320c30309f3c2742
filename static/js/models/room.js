/**
 * The state of a room as a pure function: apply(snapshot, event) is what a fresh snapshot would say.
 * No DOM, no socket, no clock; nothing given is changed in place.
 */
import { decided, settled, withOverview } from "./overview.js";

const RUN_OVER = new Set(["succeeded", "failed", "cancelled"]);

export function fromSnapshot(snapshot, { seq, epoch }) {
  return { ...snapshot, seq, epoch };
}

export function apply(room, event) {
  const step = STEPS[event.type] ?? STEPS[`${event.type.split(".")[0]}.*`];
  const changed = step ? withOverview(step(room, event.data, event)) : room;
  return { ...changed, seq: event.seq, session: { ...changed.session, head: event.seq } };
}

/** Older messages, loaded by cursor, put before those that are here. */
export function withOlder(room, messages, next) {
  const known = new Set(room.messages.map((message) => message.id));
  return { ...room, messages: [...messages.filter((message) => !known.has(message.id)), ...room.messages], messages_next: next };
}

const STEPS = {
  "session.*": (room, data) => ({ ...room, session: { ...room.session, ...without(data, "reason") } }),

  "participant.joined": (room, data) => ({ ...room, participants: put(room.participants, data, "user_id") }),
  "participant.left": (room, data) => ({ ...room, participants: drop(room.participants, data.user_id, "user_id") }),

  "message.created": withMessage,
  "message.end": withMessage,

  "run.fallback": (room) => room,
  "run.*": (room, run) => ({ ...room, runs: RUN_OVER.has(run.status) ? drop(room.runs, run.id) : put(room.runs, run) }),

  "usage.recorded": withUsage,

  "plan.updated": (room, data) => ({ ...room, plan: put(room.plan, { run_id: data.run_id, nodes: data.nodes }, "run_id") }),
  "plan.step": (room, data) => withPlanNode(room, data.run_id, data.node),

  "approval.*": (room, approval, event) => ({
    ...decided(room, approval, event),
    approvals: approval.status === "pending" ? put(room.approvals, keepOpinion(room, approval)) : drop(room.approvals, approval.id),
  }),

  "tool.*": (room, call) => settled(room, call),
  "execution.unknown": (room, data) => ({ ...settled(room, data.tool_call), unknowns: put(room.unknowns, data.tool_call) }),
  "execution.*": (room, data) => ({
    ...settled(room, data.tool_call), unknowns: drop(room.unknowns, data.tool_call.id), grants: withUse(room.grants, data.grant),
  }),

  "question.*": (room, question) => ({
    ...room,
    questions: question.status === "open" ? put(room.questions, question) : drop(room.questions, question.id),
  }),

  "grant.created": (room, grant) => ({ ...room, grants: put(room.grants, without(grant, "reason")) }),
  "grant.revoked": (room, grant) => ({ ...room, grants: drop(room.grants, grant.id) }),

  "incident.*": (room, data) => withPassage({ ...room, incident: withIndicators(room.incident, data.incident) }, data),
  // What was merged shows nothing as its own, also when a block is lifted that it had.
  "indicator.*": (room, data) =>
    room.incident && !room.incident.merged_into
      ? { ...room, incident: { ...room.incident, indicators: put(room.incident.indicators, data.indicator) } }
      : room,
  "evidence.added": (room, evidence) => (room.evidence ? { ...room, evidence: put(room.evidence, evidence) } : room),
  "round.summarized": withSummary,

  // An agent's task is a node of its plan, and has a kind.
  "task.*": (room, task) => (task.kind || !room.tasks ? room : { ...room, tasks: put(room.tasks, task) }),
  "timeline.pinned": (room, pin) => ({ ...room, pins: put(room.pins, pin, "seq").toSorted((a, b) => a.seq - b.seq) }),
  "timeline.unpinned": (room, { seq }) => ({ ...room, pins: drop(room.pins, seq, "seq") }),
};

/** Of one that is told in part, the indicators that are there are put into those that are known. */
function withIndicators(known, incident) {
  if (!incident.truncated || !known) return incident;
  const indicators = incident.indicators.reduce((list, one) => put(list, one), known.indicators);
  return { ...incident, indicators, truncated: known.truncated };
}

/** Tasks come and go with an incident that is merged or taken out again. */
function withPassage(room, { came, went }) {
  if (!came && !went) return room;
  const gone = new Set(went?.tasks.map((task) => task.id));
  const kept = room.tasks.filter((task) => !gone.has(task.id));
  const tasks = (came?.tasks ?? []).reduce((list, task) => put(list, task), kept);
  return { ...room, tasks: tasks.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
}

function withMessage(room, message) {
  return { ...room, session: withRound(room.session, message), messages: bySeq(put(room.messages, message)) };
}

/** Each question of an engineer chat is a round; it says which one. */
function withRound(session, { sender_type: sender, round }) {
  if (typeof session.rounds_left !== "number" || sender !== "user" || !(round > session.rounds_used)) return session;
  return { ...session, rounds_used: round, rounds_left: Math.max(0, session.rounds_left - (round - session.rounds_used)) };
}

function withUsage(room, { run_id: runId, usage, provider, model, config }) {
  const run = room.runs.find((one) => one.id === runId);
  return run ? { ...room, runs: put(room.runs, { ...run, usage, provider, model, config }) } : room;
}

function withPlanNode(room, runId, node) {
  const plan = room.plan.find((one) => one.run_id === runId) ?? { run_id: runId, nodes: [] };
  return { ...room, plan: put(room.plan, { ...plan, nodes: put(plan.nodes, node) }, "run_id") };
}

function withSummary(room, { summary, version }, { seq }) {
  const incident = room.incident && { ...room.incident, summary, summary_version: version, summary_seq: seq };
  return { ...room, incident, summary };
}

/** Events are the same for everybody; whether I may decide is said by my snapshot, and goes on until it says otherwise. */
function keepOpinion(room, approval) {
  const before = room.approvals.find((one) => one.id === approval.id);
  return approval.can_decide === null && before ? { ...approval, can_decide: before.can_decide } : approval;
}

/** A grant as its use has left it; used up, it is gone. */
function withUse(grants, grant) {
  if (!grant) return grants;
  return grant.uses_left > 0 ? put(grants, grant) : drop(grants, grant.id);
}

function put(list, item, key = "id") {
  const at = list.findIndex((one) => one[key] === item[key]);
  return at < 0 ? [...list, item] : list.with(at, item);
}

function drop(list, id, key = "id") {
  return list.some((one) => one[key] === id) ? list.filter((one) => one[key] !== id) : list;
}

function bySeq(messages) {
  const last = messages.at(-1);
  const before = messages.at(-2);
  return !before || before.seq <= last.seq ? messages : [...messages].sort((a, b) => a.seq - b.seq);
}

function without(data, name) {
  const { [name]: dropped, ...rest } = data;
  return rest;
}
