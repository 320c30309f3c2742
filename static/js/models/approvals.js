/** Questions about one approval: may I decide it, in whose hands is it, what does it say when it is over. */
export function mayDecide(approval, me) {
  if (approval.can_decide !== null && approval.can_decide !== undefined) return approval.can_decide;
  const { eligible = [], exclude = [] } = approval.policy ?? {};
  return eligible.includes(me.role) && !exclude.includes(me.id);
}

/** Who may decide: `One approver or above; not the requester. Why it is asked.` The rule ends with the why in brackets. */
export function policyLine(policy) {
  const { need = [], eligible = [], exclude = [], rule = "" } = policy ?? {};
  const who = need.map((each) => needed(each, eligible)).join(" and ") || "any responder";
  const why = rule.match(/\((.+)\)$/su)?.[1];
  return `${who[0].toUpperCase()}${who.slice(1)}${exclude.length ? "; not the requester" : ""}.${why ? ` ${why}.` : ""}`;
}

function needed({ approve, role }, eligible) {
  const roles = eligible.at(-1) === role ? role : `${role} or above`;
  return approve === 1 ? `one ${roles}` : `${approve} of: ${roles}`;
}

export function votesLine(votes) {
  return votes.map((vote) => `${vote.name}: ${vote.vote}${vote.feedback ? ` (“${vote.feedback}”)` : ""}`).join(", ");
}

/** What has to be typed before something destructive may be approved: the first thing it names. */
export function targetOf(args) {
  return String(Object.values(args).find((value) => typeof value === "string" && value) ?? "");
}

export function decidedLine(approval, at) {
  const name = approval.decided_by?.name || "a person";
  const words = approval.feedback ? `: “${approval.feedback}”` : "";
  return {
    pending: "waits for a person",
    approved: `approved by ${name} at ${at}${words}`,
    rejected: `rejected by ${name} at ${at}${words}`,
    expired: `expired at ${at}: nobody decided in time`,
    cancelled: `withdrawn at ${at}: what asked for it has ended`,
    superseded: `replaced by a newer request at ${at}`,
    invalidated: `void at ${at}: something it rested on changed; it is asked again`,
  }[approval.status] ?? approval.status;
}
