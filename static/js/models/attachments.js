/** Files on their way into a message: {key, name, size, part, id, error}. `id` once the server has it. */
import { sizeOf } from "../lib/sizes.js";
import { gettext } from "../lib/words.js";

export const MOST = 20;

export function added(list, { key, name, size }) {
  return [...list, { key, name, size, part: 0, id: "", error: "" }];
}

export function progressed(list, key, part) {
  return changed(list, key, { part });
}

export function kept(list, key, file) {
  return changed(list, key, { part: 1, id: file.id, name: file.filename });
}

export function failed(list, key, error) {
  return changed(list, key, { error });
}

export function removed(list, key) {
  return list.filter((file) => file.key !== key);
}

/** Why a file need not even be sent; empty if nothing is wrong with it. */
export function refusal(list, size, most) {
  if (list.length >= MOST) return gettext("A message takes {count} files.", { count: MOST });
  if (size > most) return gettext("It has {size}; a file may have {most}.", { size: sizeOf(size), most: sizeOf(most) });
  return "";
}

export function isBusy(list) {
  return list.some((file) => !file.id && !file.error);
}

export function hasFailed(list) {
  return list.some((file) => file.error);
}

/** What a message carries. */
export function ready(list) {
  return list.filter((file) => file.id).map(({ id, name, size }) => ({ id, filename: name, size }));
}

function changed(list, key, fields) {
  return list.map((file) => (file.key === key ? { ...file, ...fields } : file));
}
