/** Runs as people direct them: what each is about, how it stands, and what may be asked of it now. */
import { gettext, pgettext } from "../lib/words.js";
import { firstLine } from "./words.js";

const AGAIN = new Set(["failed", "cancelled"]);
const LISTENING = new Set(["react", "crew"]);
const STANDS = {
  queued: gettext("waits its turn"), running: gettext("at work"), paused: gettext("paused"), failed: gettext("failed"),
  cancelled: gettext("stopped"),
};
const WAITS = {
  approval: gettext("waits for approval"), answer: gettext("waits for an answer"), outcome: gettext("waits for an outcome"),
};

/**
 * [{id, key, name, about, stands, status, actions}]: what is unfinished, and the last of each agent that came to nothing.
 * `past` holds the newest ended run of each agent, `feed` the messages they answer.
 */
export function workOf({ runs, past, feed, open }) {
  if (!open) return [];
  const unfinished = runs.filter((run) => !run.parent_run_id);
  const busy = new Set(unfinished.map((run) => run.agent_name));
  const broken = past.filter((run) => AGAIN.has(run.status) && !run.parent_run_id && !busy.has(run.agent_name));
  return [...broken, ...unfinished].map((run) => row(run, feed));
}

function row(run, feed) {
  const crew = run.mode === "crew";
  const asked = feed.get(run.prompt_id)?.message?.content ?? "";
  return {
    id: run.id,
    name: run.agent_name,
    status: run.status,
    stands: run.status === "waiting" ? WAITS[run.waiting_for] ?? pgettext("agent", "waits") : STANDS[run.status],
    about: crew ? gettext("the crew’s work on this incident") : asked && `“${firstLine(asked, 60)}”`,
    actions: actionsOf(run, { repeats: crew || Boolean(run.prompt_id) }),
  };
}

function actionsOf({ status, mode }, { repeats }) {
  if (AGAIN.has(status)) return { go: repeats ? "run.retry" : "", stop: false, steer: false };
  return { go: status === "paused" ? "run.resume" : "run.pause", stop: true, steer: LISTENING.has(mode) };
}
