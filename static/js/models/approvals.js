/** Questions about one approval: may I decide it, in whose hands is it, what does it say when it is over. */
export function mayDecide(approval, me) {
  if (approval.can_decide !== null && approval.can_decide !== undefined) return approval.can_decide;
  const { eligible = [], exclude = [] } = approval.policy ?? {};
  return eligible.includes(me.role) && !exclude.includes(me.id);
}

export function policyLine(policy) {
  if (policy?.rule) return policy.rule;
  const need = (policy?.need ?? []).map((each) => `${each.approve} of: ${each.role}`).join(" and ") || "any responder";
  return `${need}${policy?.exclude?.length ? "; not the requester" : ""}`;
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
