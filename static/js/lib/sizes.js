import { ngettext } from "./words.js";

export function sizeOf(bytes) {
  if (bytes < 1024) return ngettext("{count} byte", "{count} bytes", bytes);
  return bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}
