/** The server's time as seen from here: countdowns must not believe the clock of a laptop. */
import { gettext, language } from "./words.js";

// Made once: each `toLocaleTimeString` makes one of its own, and took a fifth of a busy room's time.
const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const CLOCK = new Intl.DateTimeFormat(language, TIME);
const DAY_AND_CLOCK = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", ...TIME });

let offsetMs = 0;

export function setServerTime(iso) {
  const server = Date.parse(iso);
  if (!Number.isNaN(server)) offsetMs = server - Date.now();
}

export function serverNow() {
  return Date.now() + offsetMs;
}

export function span(ms) {
  const total = Math.max(0, Math.floor(ms / 1000));
  const [days, hours, minutes, seconds] = [
    Math.floor(total / 86400), Math.floor(total / 3600) % 24, Math.floor(total / 60) % 60, total % 60,
  ];
  if (days) return gettext("{days} d {hours} h", { days, hours });
  if (hours) return gettext("{hours} h {minutes} min", { hours, minutes });
  if (minutes >= 10) return gettext("{minutes} min", { minutes });
  if (minutes) return gettext("{minutes} min {seconds} s", { minutes, seconds });
  return gettext("{seconds} s", { seconds });
}

export function duration(fromIso, toIso) {
  const ms = Date.parse(toIso) - Date.parse(fromIso);
  if (Number.isNaN(ms)) return "";
  if (ms < 1000) return gettext("{milliseconds} ms", { milliseconds: Math.max(0, Math.round(ms)) });
  return ms < 10000 ? gettext("{seconds} s", { seconds: (ms / 1000).toFixed(1) }) : span(ms);
}

/** The time of day; of another day than today, with it. */
export function clockTime(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return (date.toDateString() === new Date().toDateString() ? CLOCK : DAY_AND_CLOCK).format(date);
}
