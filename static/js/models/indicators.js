import { gettext, number } from "../lib/words.js";

/** Indicators in the order a responder asks for them: blocked, then what comes from outside, then what is seen most. */
const KINDS = ["ip", "domain", "url", "hash", "process", "file", "user", "host", "email"];

export function byWeight(indicators, now) {
  return [...indicators].sort((a, b) => rank(a, now) - rank(b, now) || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || b.seen_count - a.seen_count);
}

/** A block ends by itself: its time is over, and nothing says so. */
export function isBlocked({ blocked_until: until }, now) {
  return until !== null && Date.parse(until) > now;
}

function rank(indicator, now) {
  if (isBlocked(indicator, now)) return 0;
  if (indicator.known) return 3;
  return indicator.private === false ? 1 : indicator.private === null ? 2 : 3;
}

const MOST_NAMED = 6;

/** What came of a pasted text; `in_words` of sessions_app/pages/indicators.py says the same. */
export function notedLine({ added, known, unread }) {
  const parts = [];
  if (added.length) parts.push(gettext("Added {count}: {names}.", { count: number(added.length), names: namesOf(added) }));
  if (known.length) parts.push(gettext("Here already: {names}.", { names: namesOf(known) }));
  if (unread.length) parts.push(gettext("Nothing found in: {lines}.", { lines: unread.join("; ") }));
  return parts.join(" ");
}

function namesOf(indicators) {
  const shown = indicators.slice(0, MOST_NAMED).map((one) => one.value);
  return [...shown, ...(indicators.length > MOST_NAMED ? ["…"] : [])].join(", ");
}
