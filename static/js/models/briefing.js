/** The overview of an incident in words, and what of it is new to who looks. sessions_app/pages/briefing.py says the same. */
import { clockTime } from "../lib/clock.js";
import { visible } from "../lib/escapes.js";
import { gettext, list, ngettext } from "../lib/words.js";
import { decidedLine } from "./approvals.js";
import { labelOf } from "./labels.js";

export function headline({ since, commander, waits }) {
  const told = gettext("since {time}, in command: {name}", { time: clockTime(since), name: commander?.name ?? gettext("nobody") });
  return waits.length ? list([told, ngettext("{count} thing waits", "{count} things wait", waits.length)]) : told;
}

export function decisionLine(one) {
  const target = Object.entries(one.args).filter(([name]) => name !== "reason").map(([, value]) => String(value)).join(", ");
  const line = gettext("{tool} ({target}): {decided}", { tool: one.tool, target, decided: decidedLine(one, clockTime(one.decided_at)) });
  const became = one.status === "approved" && one.outcome ? gettext("{line}; {outcome}", { line, outcome: labelOf("call", one.outcome) }) : line;
  return visible(became);
}

const WAITS = {
  approval: gettext("approval of {what}"), question: gettext("answer to: {what}"), outcome: gettext("outcome of {what}"), task: gettext("task: {what}"),
};

export function waitsLine({ kind, what, who }) {
  const names = kind === "task" ? who : who.map((role) => labelOf("role", role).toLowerCase());
  const line = WAITS[kind].replace("{what}", () => what);
  return visible(gettext("{line} - for {who}", { line, who: names.length ? list(names) : gettext("nobody yet") }));
}

/** What came after `seen`, the last seq that was looked at here; to who was never here all of it is new, so nothing is marked. */
export function newSince({ found, done }, seen) {
  if (seen === null) return { found: false, done: new Set() };
  return { found: (found?.seq ?? 0) > seen, done: new Set(done.filter((one) => one.seq > seen).map((one) => one.id)) };
}
