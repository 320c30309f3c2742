/** The browser's notifications: only for who asked for them, and told once however many tabs hear of it. */
const KEPT = "warroom.notify";
const HEAD_START_MS = 300;
const HELD_MS = 20000;

/** Both need a secure context: on plain HTTP elsewhere than here there are none. */
export function possible() {
  return "Notification" in globalThis && "locks" in navigator;
}

/** "unasked", "on", "off", or "blocked": the browser's own setting is stronger than ours. */
export function standing() {
  if (!possible() || Notification.permission === "denied") return "blocked";
  const wish = localStorage.getItem(KEPT);
  if (wish === "on") return Notification.permission === "granted" ? "on" : "unasked";
  return wish ?? "unasked";
}

/** The browser asks only now, when a person has pressed something. */
export async function turn(on) {
  if (on && Notification.permission === "default") await Notification.requestPermission();
  localStorage.setItem(KEPT, on && Notification.permission === "granted" ? "on" : "off");
  return standing();
}

export function isLookedAt() {
  return document.visibilityState === "visible" && document.hasFocus();
}

/**
 * The first tab that takes the key's lock tells; those that come later find it taken. A tab in which one sees it anyway
 * comes first and says nothing.
 */
export async function tellOnce(key, told, { seen }) {
  if (standing() !== "on") return;
  if (!seen) await pause(HEAD_START_MS);
  await navigator.locks.request(`warroom.told.${key}`, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    if (!seen) show(key, told);
    await pause(HELD_MS);
  });
}

function show(key, { title, body, url }) {
  const notification = new Notification(title, { body, tag: key, lang: document.documentElement.lang });
  notification.addEventListener("click", () => {
    window.focus();
    notification.close();
    if (location.pathname !== url) location.assign(url);
  });
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
