/** Who is typing, as [{user, name, until}]: each word of it holds for a few seconds, nothing says that one has stopped. */
import { gettext } from "../lib/words.js";

export const HOLDS_MS = 6000;

export function typed(list, { user, name }, now) {
  return [...stopped(list, user), { user, name: name || gettext("Somebody"), until: now + HOLDS_MS }];
}

/** They posted, or left. */
export function stopped(list, user) {
  return list.some((one) => one.user === user) ? list.filter((one) => one.user !== user) : list;
}

export function current(list, now) {
  return list.every((one) => one.until > now) ? list : list.filter((one) => one.until > now);
}

export function typingLine(list) {
  const names = list.map((one) => one.name);
  if (names.length === 0) return "";
  if (names.length > 2) return gettext("{count} people are typing", { count: names.length });
  const [name, other] = names;
  return other ? gettext("{name} and {other} are typing", { name, other }) : gettext("{name} is typing", { name });
}
