/** What is asked in private: `@AI question` in the composer, the rounds a chat has, and what its newest answer stood on. */
import { gettext, number } from "../lib/words.js";

// The same rule as ADDRESSED in agents_app/services/engineer_chats.py, which has the last word.
const ADDRESSED = /^\s*@AI(?![\w-])[,:]?\s*/iu;

/** The question without its address; null for what is meant for the room. */
export function privateQuestion(text) {
  return ADDRESSED.test(text) ? text.replace(ADDRESSED, "").trim() : null;
}

export function roundLine({ rounds_used: used, rounds_left: left }) {
  return gettext("Round {round} of {most}", { round: number(used), most: number(used + left) });
}

export function isFull(session) {
  return session.rounds_left === 0;
}

/** Who is still at an answer, and whether words of it have come. */
export function thinking({ runs }, items) {
  const run = runs.find((one) => one.status === "queued" || one.status === "running");
  const speaks = items.some((item) => item.kind === "message" && item.message.status === "streaming");
  return run && !speaks ? run : null;
}

/** The crew has summed up again since the newest answer: what it said may be out of date. */
export function staleLine(incident, items) {
  const versions = items.map((item) => item.message?.summary_version).filter((version) => typeof version === "number");
  const [known, now] = [versions.at(-1), incident?.summary_version ?? 0];
  return known !== undefined && now > known
    ? gettext("The crew has summed up again since the last answer (version {version}).", { version: number(now) })
    : "";
}

/** Where a message comes from that was shared to the room, or that an answer stands on a newer summary than the last. */
export function markOf({ metadata }) {
  const { shared_from: origin, summary_changed: changed } = metadata ?? {};
  if (origin) {
    return origin.sender_type === "user"
      ? gettext("Shared from a private chat")
      : gettext("Shared from a private chat with {name}", { name: origin.said_by });
  }
  return changed ? gettext("The summary has changed since the answer before: it is version {version} now", { version: number(changed.to) }) : "";
}

export function chatName({ created_at: at, title, rounds_used: used }, language) {
  const when = new Date(at).toLocaleString(language, { dateStyle: "short", timeStyle: "short" });
  return gettext("{title}, {when}, {rounds} rounds", { title, when, rounds: number(used) });
}
