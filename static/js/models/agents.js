/** What each agent is doing, read from the room's runs and from what they last said and ran. */
import { gettext, ngettext, number, pgettext } from "../lib/words.js";

const WAITS = {
  approval: gettext("waits for approval"), answer: gettext("waits for an answer"), outcome: gettext("waits for an outcome"),
};
const STATES = {
  queued: gettext("waits its turn"), running: gettext("thinking"), paused: gettext("paused"), waiting: pgettext("agent", "waits"),
  idle: gettext("idle"), failed: gettext("failed"),
};

/** [{name, state, text, since, usage}], those at work first. `past` holds the newest ended run of each agent. */
export function agentsOf({ runs, past, items }) {
  const byName = new Map();
  for (const item of items) note(byName, lastSeen(item));
  for (const run of past) note(byName, { ...settled(run), usage: run.usage });
  for (const item of items) note(byName, busyWith(item));
  for (const run of runs) note(byName, atWork(run, byName.get(run.agent_name), changedAt(run, items)));
  return [...byName.values()].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

function note(byName, agent) {
  if (agent?.name) byName.set(agent.name, { ...byName.get(agent.name), ...agent });
}

function lastSeen(item) {
  const said = item.message && !["user", "system"].includes(item.message.sender_type) ? item.message.sender_name : null;
  const name = said ?? item.call?.agent_name;
  return name ? { name, state: "idle", text: STATES.idle, since: null } : null;
}

function busyWith(item) {
  const { message, call } = item;
  if (item.kind === "message" && message?.status === "streaming") {
    return { name: message.sender_name, state: "running", text: gettext("writing"), since: item.ts };
  }
  if (item.kind === "tool" && call.state === "claimed") {
    return { name: call.agent_name, state: "running", text: gettext("runs {tool}", { tool: call.tool }), since: call.started_at };
  }
  return null;
}

function settled(run) {
  const state = run.status === "failed" ? "failed" : "idle";
  return { name: run.agent_name, state, text: STATES[state] };
}

/** When a run last did something else: what it said, called and asked is on record; before that, when it began. */
function changedAt(run, items) {
  const of = ({ message, call, approval, question }) => message?.run_id ?? call?.run_id ?? approval?.run_id ?? question?.run_id;
  const times = items.filter((item) => of(item) === run.id && item.updatedAt).map((item) => item.updatedAt);
  return [run.started_at ?? run.created_at, ...times].reduce((last, time) => (Date.parse(time) > Date.parse(last) ? time : last));
}

function atWork(run, seen, since) {
  const about = { name: run.agent_name, usage: run.usage };
  if (run.status === "waiting") return { ...about, state: "waiting", text: WAITS[run.waiting_for] ?? STATES.waiting, since };
  if (run.status === "running" && seen?.state === "running") return about;
  return { ...about, state: run.status, text: STATES[run.status] ?? run.status, since };
}

function rank(agent) {
  return { running: 0, waiting: 1, paused: 2, queued: 3, failed: 4 }[agent.state] ?? 5;
}

export function usageLine(usage) {
  const tokens = (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0);
  if (!tokens) return "";
  const amount = tokens < 10000 ? number(tokens) : `${number(Math.round(tokens / 1000))}k`;
  const told = ngettext("{amount} token", "{amount} tokens", tokens, { amount });
  return `${usage.estimated ? "≈ " : ""}${told}${usage.cost ? ` · $${Number(usage.cost).toFixed(3)}` : ""}`;
}
