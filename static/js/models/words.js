/** What happened, in one plain line: the same words in the stream, the timeline and to a screen reader. */
export function noteOf(event) {
  const tell = NOTES[event.type];
  const told = tell?.(event.data, who(event), event);
  return told ? { tone: "plain", ...told } : null;
}

export function who(event) {
  return event.actor?.name || { user: "Somebody", agent: "An agent", system: "The system" }[event.actor?.kind] || "The system";
}

export function firstLine(text, most = 120) {
  const line = text.split("\n").find((one) => one.trim()) ?? "";
  const plain = line.replace(/^[#>\-*\s]+/u, "").replace(/[*_`]/gu, "");
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain;
}

export const OUTCOME_WORDS = {
  requested: "waits for a person", approved: "approved", rejected: "rejected", expired: "expired", cancelled: "cancelled",
  claimed: "running", succeeded: "done", failed: "failed", unknown: "unclear", skipped: "skipped",
};

const NOTES = {
  "session.ended": (_, by) => ({ text: `${by} ended the session` }),
  "session.expired": () => ({ text: "The session expired" }),
  "participant.joined": (data) => ({ text: `${data.name} joined as ${data.role}`, quiet: true }),
  "participant.left": (data) => ({ text: `${data.name} left`, quiet: true }),
  // The stream has the error itself, with what to do (`message.error`); the timeline has this line.
  "run.failed": (run) => ({
    text: `${run.agent_name} failed: ${run.error || run.error_code || "no reason given"}`, tone: "bad", quiet: true,
  }),
  "run.cancelled": (run, by) => ({ text: `${by} stopped ${run.agent_name}` }),
  "run.paused": (run) => ({ text: `${run.agent_name} is paused${run.error ? `: ${run.error}` : ""}`, tone: "waits" }),
  "run.resumed": (run, by) => ({ text: `${by} resumed ${run.agent_name}` }),
  "run.fallback": (data) => ({ text: `Answered from ${data.to} instead of ${data.from}: ${data.reason}`, tone: "waits" }),
  "phase.changed": (data) => ({ text: `Phase: ${data.phase}` }),
  "phase.violation": (data) => ({ text: `${data.tool} is not allowed in phase ${data.phase}`, tone: "bad" }),
  "skill.matched": (data) => ({ text: `Skill ${data.skill} matched` }),
  "approval.voted": (approval, by) => ({ text: `${by} voted on ${approval.tool}` }),
  "approval.edited": (approval, by) => ({ text: `${by} edited the arguments of ${approval.tool}` }),
  "execution.unknown": (data) => ({ text: `It is unclear whether ${data.tool_call.tool} took effect: a person must say`, tone: "waits" }),
  "execution.resolved": (data, by) => ({ text: `${by} settled ${data.tool_call.tool}: ${data.resolution ?? data.tool_call.state}` }),
  "grant.created": (grant) => ({ text: `${grant.by} allowed ${grant.agent_name} to use ${grant.tool}, ${grant.uses_left} times` }),
  "grant.revoked": (grant, by) => ({ text: `${by} took back the grant for ${grant.tool}` }),
  "round.started": (data) => ({ text: `Round ${data.round}`, tone: "round", key: roundKey(data.round) }),
  // The stream has the summary itself; the timeline has this line.
  "round.summarized": (data) => ({ text: `Round ${data.round} summed up, confidence ${data.confidence}`, tone: "round", quiet: true }),
  "incident.opened": (data) => ({ text: `Incident opened${sourceOf(data.incident)}`, tone: "round" }),
  "incident.changed": (data, by) => changed(data, by),
  "incident.alert": (data) => alerted(data),
  "incident.merged": (_, by) => ({ text: `${by} merged another incident into this one` }),
  "incident.closed": (_, by) => ({ text: `${by} closed the incident`, tone: "good" }),
  "incident.reported": () => ({ text: "The report is ready", tone: "good", report: true }),
  "indicator.added": (data) => ({ text: "Indicators noted", names: [data.indicator.value], quiet: true }),
  "indicator.blocked": (data) => ({ text: `${data.indicator.value} is blocked`, tone: "good" }),
  "indicator.unblocked": (data) => ({ text: `${data.indicator.value} is no longer blocked` }),
  "evidence.added": (evidence, by) => ({ text: `${evidence.uploaded_by || by} added ${evidence.filename}` }),
  "timeline.pinned": (data) => ({ text: `${data.by} pinned an entry${data.note ? `: ${data.note}` : ""}` }),
  "task.created": (data) => (data.title ? { text: `Task: ${data.title}`, quiet: true } : null),
  "team.intervention": (data) => ({ text: `Taken up by the crew${data.content ? `: “${firstLine(data.content, 80)}”` : ""}` }),
  "team.replanned": (data) => ({ text: `The team changed its plan${data.content ? `: ${firstLine(data.content)}` : ""}` }),
  "board.concluded": (data) => ({ text: `The board concluded${data.summary ? `: ${firstLine(data.summary)}` : ""}` }),
  "quota.exceeded": (data) => ({
    text: `Quota of ${data.quota_type} a ${data.period} is used up (${data.current} of ${data.limit})`, tone: "bad",
  }),
};

/** The first alert is what the incident was opened for; the next may be the same one again, or another. */
function alerted({ alert, incident }) {
  if (incident.alert_count <= 1) return { text: `Alert${alert.title ? `: ${firstLine(alert.title, 100)}` : " received"}`, quiet: true };
  if (alert.count > 1) return { text: `The alert came again (${alert.count} times)` };
  return { text: `Another alert joined${alert.title ? `: ${firstLine(alert.title, 100)}` : ""} (${incident.alert_count} in all)` };
}

function sourceOf({ source }) {
  return source ? ` from ${source === "generic" ? "a webhook" : source}` : "";
}

export function roundKey(round) {
  return `round ${round}`;
}

function changed({ changes }, by) {
  const told = Object.entries(changes ?? {}).map(([name, [from, to]]) => `${name} from ${nameOf(from)} to ${nameOf(to)}`);
  return told.length ? { text: `${by} changed ${told.join(", ")}` } : null;
}

function nameOf(value) {
  if (value === null || value === "") return "nothing";
  return typeof value === "object" ? value.name ?? JSON.stringify(value) : String(value);
}
