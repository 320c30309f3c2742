/** What `/` in the composer of an incident's room does: the same doors as the buttons, said in a word. */
import { request } from "./lib/http.js";
import { gettext } from "./lib/words.js";
import { labelOf } from "./models/labels.js";

const SEVERITIES = ["critical", "high", "medium", "low", "info"];
const STATUSES = ["open", "investigating", "contained", "resolved"];
const WRITTEN = /^\/([a-z]+)(?:\s+(.*))?$/su;

const choices = (kind, codes) => () => codes.map((code) => [code, labelOf(kind, code)]);
const change = (live, json) => request(live.urls.incident, { method: "PATCH", json });
const crewOf = (live) => live.room.value.runs.find((run) => run.mode === "crew");
const ofCrew = (type, data = {}) => (live) => live.command(type, { run_id: crewOf(live).id, ...data });
const needsCrew = (live) => (crewOf(live) ? "" : gettext("the crew is not at work"));

const COMMANDS = [
  { name: "severity", hint: "…", about: gettext("Set the severity"), values: choices("severity", SEVERITIES), run: (live, words) => change(live, { severity: words }) },
  { name: "status", hint: "…", about: gettext("Set the status"), values: choices("incident", STATUSES), run: (live, words) => change(live, { status: words }) },
  { name: "command", about: gettext("Take command of the incident"), run: (live) => change(live, { commander_id: live.me.id }) },
  { name: "pause", about: gettext("Let the crew pause"), off: needsCrew, run: ofCrew("run.pause") },
  { name: "resume", about: gettext("Let the crew go on"), off: needsCrew, run: ofCrew("run.resume") },
  { name: "stop", about: gettext("Stop the crew"), off: needsCrew, run: ofCrew("run.cancel") },
  { name: "tell", hint: "…", about: gettext("Tell the crew something on its way"), off: needsCrew, run: (live, content) => ofCrew("run.steer", { content })(live) },
  {
    name: "report", about: gettext("Open the report"), off: (live) => (live.reported.value ? "" : gettext("there is none yet")),
    run: (live) => location.assign(live.urls.report),
  },
];

/** Each as it stands now: `off` says why it can't be used. A chat outside of incidents has none. */
export function commandsOf(live) {
  if (!live.room.value.incident) return [];
  return COMMANDS.map((command) => ({ ...command, off: command.off?.(live) ?? "" }));
}

/** {command, words} for a message that is a command; what begins with `/` and is none (a path, say) is a message. */
export function commandIn(text, live) {
  const [, name, words = ""] = text.match(WRITTEN) ?? [];
  const command = commandsOf(live).find((one) => one.name === name);
  return command ? { command, words: words.trim() } : null;
}

/** Why it was not done; empty if it may be. */
export function hindranceOf({ command, words }) {
  if (command.off) return gettext("/{name}: {reason}. Nothing was sent.", { name: command.name, reason: command.off });
  const values = command.values?.().map(([code]) => code);
  if (values && !values.includes(words)) return gettext("/{name} takes one of: {values}.", { name: command.name, values: values.join(", ") });
  return command.hint && !words ? gettext("/{name} needs words after it.", { name: command.name }) : "";
}
