/** What waits for a person in a room, and which of it waits for me. */
import { gettext, ngettext } from "../lib/words.js";
import { mayDecide } from "./approvals.js";

const SETTLED = new Set(["resolved", "closed"]);
const BROKE_OFF = { cancelled: "stopped", failed: "failed" };

/** How a crew's run ended before it was done; "" if it did not. */
export function brokenOff(run) {
  return BROKE_OFF[run.status] ?? "";
}

export function waitingCount({ approvals, questions, unknowns }) {
  return approvals.length + (questions?.length ?? 0) + (unknowns?.length ?? 0);
}

/** The crew has reported and works no more; a person settles the incident. */
export function readyToResolve({ incident, runs }, reported) {
  return Boolean(incident) && reported && !SETTLED.has(incident.status) && !runs.some((run) => run.mode === "crew");
}

/** The next thing for me in one line and what to press for it: {text, action, key}; null when nothing is mine. */
export function nextForMe(room, { me, reported, closes, brokeOff }) {
  if (!me.posts) return null;
  const mine = room.approvals.filter((approval) => mayDecide(approval, me));
  if (mine.length) return approvalsLine(mine);
  const [question] = room.questions ?? [];
  if (question) {
    return { text: gettext("{agent} has a question", { agent: question.asked_by }), action: gettext("Look and answer"), key: question.id };
  }
  if (closes && readyToResolve(room, reported)) {
    return { text: crewLine(brokeOff), action: gettext("Look and resolve"), key: "resolve" };
  }
  return null;
}

function crewLine(brokeOff) {
  if (brokeOff === "failed") return gettext("The crew failed before it was done.");
  return brokeOff ? gettext("The crew was stopped before it was done.") : gettext("The crew is done and its report is ready.");
}

function approvalsLine([first, ...more]) {
  const text = more.length
    ? ngettext("{count} request waits for your decision", "{count} requests wait for your decision", more.length + 1)
    : gettext("{agent} asks to run {tool}", { agent: first.agent_name, tool: first.tool });
  return { text, action: gettext("Look and decide"), key: first.id };
}
