/** Whether keys pressed alone mean something here: only where nobody writes, and only for who wants it so (WCAG 2.1.4). */
const KEPT = "warroom.single_keys";
const WRITTEN_INTO = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

export function wanted() {
  return localStorage.getItem(KEPT) !== "off";
}

export function want(on) {
  localStorage.setItem(KEPT, on ? "on" : "off");
}

/** The key that was pressed alone and is ours to take; empty otherwise. */
export function pressedAlone(event) {
  const chord = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
  if (chord || !wanted() || event.target.closest(WRITTEN_INTO) || document.querySelector("dialog[open]:modal")) return "";
  return event.key;
}
