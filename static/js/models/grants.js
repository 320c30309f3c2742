/** *For this session*: what may be allowed beforehand, and how it is said. */
import { gettext, ngettext } from "../lib/words.js";

/** Never what can't be undone, nor what more than one person decides. */
export function mayGrant({ risk, policy }) {
  return risk !== "destructive" && (policy?.need ?? []).reduce((sum, each) => sum + each.approve, 0) === 1;
}

export function constraintLine(constraint) {
  const told = Object.entries(constraint).map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ");
  return told || gettext("any arguments");
}

export function grantLine({ agent_name: agent, uses_left: uses, by }) {
  return ngettext("{agent} may use it once more, says {by}", "{agent} may use it {count} times more, says {by}", uses, { agent, by });
}
