/** Questions about one approval: may I decide it, in whose hands is it, what does it say when it is over. */
import { gettext, list, ngettext } from "../lib/words.js";
import { labelOf } from "./labels.js";
import { quoting } from "./words.js";

export function mayDecide(approval, me) {
  if (approval.can_decide !== null && approval.can_decide !== undefined) return approval.can_decide;
  const { eligible = [], exclude = [] } = approval.policy ?? {};
  return eligible.includes(me.role) && !exclude.includes(me.id);
}

/** Who may decide: `One approver or above; not the requester. Why it is asked.` The rule ends with the why in brackets. */
export function policyLine(policy) {
  const { need = [], eligible = [], exclude = [], rule = "" } = policy ?? {};
  const who = need.map((each) => needed(each, eligible)).join(gettext(" and ")) || gettext("any responder");
  const why = rule.match(/\((.+)\)$/su)?.[1];
  const about = { who: `${who[0].toUpperCase()}${who.slice(1)}` };
  const told = exclude.length ? gettext("{who}; not the requester.", about) : gettext("{who}.", about);
  return why ? `${told} ${why}.` : told;
}

function needed({ approve, role }, eligible) {
  const name = labelOf("role", role).toLowerCase();
  const roles = eligible.at(-1) === role ? name : gettext("{role} or above", { role: name });
  return ngettext("one {roles}", "{count} of: {roles}", approve, { roles });
}

export function votesLine(votes) {
  return list(votes.map(({ name, vote, feedback }) => {
    const told = gettext("{name}: {vote}", { name, vote: labelOf("vote", vote) });
    return feedback ? gettext("{vote} (“{words}”)", { vote: told, words: feedback }) : told;
  }));
}

/** What has to be typed before something destructive may be approved: the first thing it names. */
export function targetOf(args) {
  return String(Object.values(args).find((value) => typeof value === "string" && value) ?? "");
}

export function decidedLine(approval, time) {
  const about = { name: approval.decided_by?.name || gettext("a person"), time };
  return {
    pending: gettext("waits for a person"),
    approved: quoting(gettext("approved by {name} at {time}", about), approval.feedback),
    rejected: quoting(gettext("rejected by {name} at {time}", about), approval.feedback),
    expired: gettext("expired at {time}: nobody decided in time", about),
    cancelled: gettext("withdrawn at {time}: what asked for it has ended", about),
    superseded: gettext("replaced by a newer request at {time}", about),
    invalidated: gettext("void at {time}: something it rested on changed; it is asked again", about),
  }[approval.status] ?? approval.status;
}
