/** What happened, in one plain line: the same words in the stream, the timeline and to a screen reader. */
import { gettext, list, ngettext } from "../lib/words.js";
import { roleName } from "./incident_work.js";
import { errorWords, labelOf } from "./labels.js";

export function noteOf(event) {
  const tell = NOTES[event.type];
  const told = tell?.(event.data, who(event), event);
  return told ? { tone: "plain", ...told } : null;
}

export function who(event) {
  return event.actor?.name || { user: gettext("Somebody"), agent: gettext("An agent") }[event.actor?.kind] || gettext("The system");
}

export function firstLine(text, most = 120) {
  const line = text.split("\n").find((one) => one.trim()) ?? "";
  const plain = line.replace(/^[#>\-*\s]+/u, "").replace(/[*_`]/gu, "");
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain;
}

/** A line, and what somebody said with it. */
export function withWords(line, words) {
  return words ? gettext("{line}: {words}", { line, words }) : line;
}

export function quoting(line, words) {
  return words ? gettext("{line}: “{words}”", { line, words }) : line;
}

const NOTES = {
  "session.ended": (_, by) => ({ text: gettext("{by} ended the session", { by }) }),
  "session.expired": () => ({ text: gettext("The session expired") }),
  // What one may do is no word about who does what here: a commander by right need not be in command of this incident.
  "participant.joined": ({ name }) => ({ text: gettext("{name} joined", { name }), quiet: true }),
  "participant.left": ({ name }) => ({ text: gettext("{name} left", { name }), quiet: true }),
  // The stream has the error itself, with what to do (`message.error`); the timeline has this line.
  "run.failed": (run) => ({
    text: withWords(gettext("{agent} failed", { agent: run.agent_name }), errorWords(run.error_code, run.error) || gettext("no reason given")),
    tone: "bad", quiet: true,
  }),
  "run.cancelled": (run, by) => ({ text: gettext("{by} stopped {agent}", { by, agent: run.agent_name }) }),
  "run.paused": (run) => ({ text: withWords(gettext("{agent} is paused", { agent: run.agent_name }), errorWords(run.error_code, run.error)), tone: "waits" }),
  "run.resumed": (run, by) => ({ text: gettext("{by} resumed {agent}", { by, agent: run.agent_name }) }),
  "run.fallback": ({ to, from, reason }) => ({
    text: gettext("Answered from {to} instead of {from}: {reason}", { to, from, reason }), tone: "waits",
  }),
  "phase.changed": ({ phase }) => ({ text: gettext("Phase: {phase}", { phase }) }),
  "phase.violation": ({ tool, phase }) => ({ text: gettext("{tool} is not allowed in phase {phase}", { tool, phase }), tone: "bad" }),
  "skill.matched": ({ skill }) => ({ text: gettext("Skill {skill} matched", { skill }) }),
  "approval.voted": ({ tool }, by) => ({ text: gettext("{by} voted on {tool}", { by, tool }) }),
  "approval.edited": ({ tool }, by) => ({ text: gettext("{by} edited the arguments of {tool}", { by, tool }) }),
  "execution.unknown": ({ tool_call: { tool } }) => ({
    text: gettext("It is unclear whether {tool} took effect: a person must say", { tool }), tone: "waits",
  }),
  "execution.resolved": ({ tool_call: call, resolution }, by) => ({
    text: gettext("{by} settled {tool}: {outcome}", {
      by, tool: call.tool, outcome: resolution ? labelOf("outcome", resolution) : labelOf("call", call.state),
    }),
  }),
  "grant.created": ({ by, agent_name: agent, tool, uses_left: uses }) => ({
    text: gettext("{by} allowed {agent} to use {tool}, {uses} times", { by, agent, tool, uses }),
  }),
  "grant.revoked": ({ tool }, by) => ({ text: gettext("{by} took back the grant for {tool}", { by, tool }) }),
  "round.started": ({ round }) => ({ text: gettext("Round {round}", { round }), tone: "round", key: roundKey(round) }),
  // The stream has the summary itself; the timeline has this line.
  "round.summarized": ({ round, confidence }) => ({
    text: gettext("Round {round} summed up, confidence {confidence}", { round, confidence: labelOf("confidence", confidence) }),
    tone: "round", quiet: true,
  }),
  "incident.opened": ({ incident }) => ({ text: openedFrom(incident.source), tone: "round" }),
  "incident.changed": (data, by) => takenOut(data, by) ?? changed(data, by),
  "incident.alert": (data) => alerted(data),
  "incident.merged": ({ came, went }, by) => ({
    text: went
      ? gettext("{by} merged this incident into “{title}”: go on there", { by, title: went.incident.title })
      : gettext("{by} merged “{title}” into this incident", { by, title: came?.incident.title ?? "" }),
    tone: "round",
  }),
  "incident.closed": ({ incident }, by) => ({
    text: incident.status === "resolved" ? gettext("{by} resolved the incident", { by }) : gettext("{by} closed the incident", { by }),
    tone: "good",
  }),
  "incident.reported": (_, by, { actor }) => ({
    text: actor?.kind === "user" ? gettext("{by} saved the report", { by }) : gettext("The report is ready"), tone: "good", report: true,
  }),
  "indicator.added": ({ indicator }) => ({ text: gettext("Indicators noted"), names: [indicator.value], quiet: true }),
  "indicator.blocked": ({ indicator }) => ({ text: gettext("{indicator} is blocked", { indicator: indicator.value }), tone: "good" }),
  "indicator.unblocked": ({ indicator }) => ({ text: gettext("{indicator} is no longer blocked", { indicator: indicator.value }) }),
  "evidence.added": (evidence, by) => ({
    text: gettext("{by} added {file}", { by: evidence.uploaded_by || by, file: evidence.filename }),
  }),
  "timeline.pinned": ({ by, note }) => ({ text: withWords(gettext("{by} pinned an entry", { by }), note) }),
  "timeline.unpinned": ({ by }) => ({ text: gettext("{by} took a pin off", { by }), quiet: true }),
  // An agent's task is a line of its plan.
  "task.created": ({ title, kind, assignee }, by) => {
    if (!title) return null;
    if (kind) return { text: gettext("Task: {title}", { title }), quiet: true };
    return { text: withWords(assignee ? gettext("{by} added a task for {name}", { by, name: assignee }) : gettext("{by} added a task", { by }), title) };
  },
  "task.updated": ({ title, kind, status }, by) => {
    if (kind) return null;
    const line = status === "done" ? gettext("{by} marked a task as done", { by }) : gettext("{by} changed a task", { by });
    return { text: withWords(line, title), tone: status === "done" ? "good" : "plain" };
  },
  "team.intervention": ({ team, content }) => ({
    text: quoting(gettext("Taken up by {agent}", { agent: team.lead }), firstLine(content ?? "", 80)),
  }),
  "team.replanned": ({ content }) => ({ text: withWords(gettext("The team changed its plan"), firstLine(content ?? "")) }),
  "board.concluded": ({ summary }) => ({ text: withWords(gettext("The board concluded"), firstLine(summary ?? "")) }),
  "quota.exceeded": (data) => ({
    text: gettext("Quota of {quota} a {period} is used up ({current} of {limit})", {
      quota: labelOf("quota", data.quota_type), period: labelOf("period", data.period), current: data.current, limit: data.limit,
    }),
    tone: "bad",
  }),
};

/** The first alert is what the incident was opened for; the next may be the same one again, or another. */
function alerted({ alert, incident }) {
  const title = named(alert);
  const again = alert.count;
  if (alert.status === "resolved") return { text: gettext("The source says it is over: {title}", { title }), tone: "good" };
  if (incident.alert_count <= 1) return { text: title ? gettext("Alert: {title}", { title }) : gettext("Alert received"), quiet: true };
  if (again > 1) return { text: ngettext("The alert came again ({count} time)", "The alert came again ({count} times)", again) };
  const joined = withWords(gettext("Another alert joined"), title);
  return { text: gettext("{line} ({count} in all)", { line: joined, count: incident.alert_count }) };
}

function named({ title, techniques }) {
  const line = firstLine(title ?? "", 100);
  return techniques?.length ? `${line} (${techniques.slice(0, 5).join(", ")})` : line;
}

function openedFrom(source) {
  if (!source) return gettext("Incident opened");
  return source === "generic" ? gettext("Incident opened from a webhook") : gettext("Incident opened from {source}", { source });
}

export function roundKey(round) {
  return `round ${round}`;
}

const FIELDS = {
  title: gettext("title"), description: gettext("description"), severity: gettext("severity"), status: gettext("status"),
  commander: gettext("commander"), commander_id: gettext("commander"),
};
const CODED = { severity: "severity", status: "incident" };

/** The undoing of a merge, as each of the two rooms hears it. */
function takenOut({ came, went }, by) {
  if (went) return { text: gettext("{by} took “{title}” out of this incident again", { by, title: went.incident.title }), tone: "round" };
  return came ? { text: gettext("{by} took this incident out of “{title}” again", { by, title: came.incident.title }), tone: "round" } : null;
}

function changed({ changes }, by) {
  const told = Object.entries(changes ?? {}).map(([name, [from, to]]) =>
    gettext("{name} from {from} to {to}", { name: FIELDS[name] ?? name, from: nameOf(from, name), to: nameOf(to, name) }),
  );
  return told.length ? { text: gettext("{by} changed {changes}", { by, changes: list(told) }) } : null;
}

function nameOf(value, field) {
  if (value === null && field === "commander") return gettext("nobody");
  if (value === null || value === "") return gettext("nothing");
  if (CODED[field]) return labelOf(CODED[field], value).toLowerCase();
  if (field === "roles") return list(Object.entries(value).map(([role, holder]) => `${roleName(role)} ${holder.name ?? ""}`.trim())) || gettext("nothing");
  return typeof value === "object" ? value.name ?? JSON.stringify(value) : String(value);
}
