/** Own messages on their way: shown at once, by the cid that the room's event will name as its cause. */
export function sending(list, { cid, content, files }) {
  return [...list.filter((one) => one.cid !== cid), { cid, content, files, state: "pending", error: "" }];
}

export function sent(list, cid) {
  return list.map((one) => (one.cid === cid ? { ...one, state: "sent" } : one));
}

export function failed(list, cid, error) {
  return list.map((one) => (one.cid === cid ? { ...one, state: "failed", error } : one));
}

/** The room told of it: from here on the event draws it. */
export function arrived(list, cause) {
  return cause && list.some((one) => one.cid === cause) ? list.filter((one) => one.cid !== cause) : list;
}

export function dropped(list, cid) {
  return list.filter((one) => one.cid !== cid);
}
