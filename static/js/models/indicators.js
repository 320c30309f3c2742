/** Indicators in the order a responder asks for them: blocked, then what comes from outside, then what is seen most. */
const KINDS = ["ip", "domain", "url", "hash", "process", "file", "user", "host", "email"];

export function byWeight(indicators) {
  return [...indicators].sort((a, b) => rank(a) - rank(b) || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || b.seen_count - a.seen_count);
}

function rank(indicator) {
  if (indicator.blocked_until) return 0;
  return indicator.private === false ? 1 : indicator.private === null ? 2 : 3;
}
