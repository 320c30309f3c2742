import { clockTime } from "../lib/clock.js";
import { gettext, number } from "../lib/words.js";

const BANNER_AFTER_MS = 3000;
const NOTHING_LOST = gettext(
  "Nothing is lost: what happens meanwhile arrives when the connection is back; decisions are held until then.",
);
const FINE = new Set(["live", "degraded"]);

/** The state of the connection in two or three words; the same words for the chip and the banner. */
export function wordsFor(state, now) {
  const since = state.since ? clockTime(state.since) : "";
  const seconds = Math.max(0, Math.ceil((state.retryAt - now) / 1000));
  return {
    connecting: gettext("Connecting"),
    resuming: gettext("Resuming {count}", { count: number(state.count ?? 0) }),
    live: gettext("Live"),
    degraded: gettext("Degraded ({parts})", { parts: (state.parts ?? []).map((part) => part.part).join(", ") }),
    reconnecting: gettext("Reconnecting in {seconds} s", { seconds }),
    offline: gettext("Offline since {time}", { time: since }),
    "signed-out": gettext("Signed out"),
    stopped: gettext("Disconnected"),
  }[state.name];
}

function bannerFor({ name, reason, since }) {
  if (name === "signed-out") return gettext("Your sign-in has ended. What you wrote is kept in this browser; sign in again to go on.");
  if (name === "stopped") {
    return reason
      ? gettext("The server ended this connection: {reason}. Reload the page to go on.", { reason: reason.replace(/[.。]$/u, "") })
      : gettext("The server ended this connection. Reload the page to go on.");
  }
  const told = since ? gettext("No live updates since {time}.", { time: clockTime(since) }) : gettext("No live updates.");
  return `${told} ${NOTHING_LOST}`;
}

class ConnectionChip extends HTMLElement {
  connect({ connection, reconnect }) {
    this.chip = this.querySelector(".chip");
    this.button = document.createElement("button");
    Object.assign(this.button, { type: "button", className: "link-button", textContent: gettext("now"), hidden: true });
    this.button.setAttribute("aria-label", gettext("Reconnect now"));
    this.button.addEventListener("click", reconnect);
    this.chip.append(this.button);
    connection.subscribe((state) => {
      this.state = state;
      this.draw();
    });
    setInterval(() => this.state.retryAt && this.draw(), 500);
  }

  draw() {
    const text = wordsFor(this.state, Date.now());
    const label = this.querySelector('[data-field="text"]');
    // The chip is a live region: it speaks when the state changes, not with every second of a countdown.
    this.chip.setAttribute("aria-live", this.state.name === "reconnecting" ? "off" : "polite");
    if (label.textContent !== text) label.textContent = text;
    this.chip.dataset.state = this.state.name;
    this.button.hidden = !["reconnecting", "offline"].includes(this.state.name);
  }
}

class ConnectionBanner extends HTMLElement {
  connect({ connection, reconnect }) {
    this.button = this.querySelector("button");
    this.button.addEventListener("click", () => (this.state.name === "signed-out" ? location.reload() : reconnect()));
    connection.subscribe((state) => this.hear(state));
  }

  hear(state) {
    this.state = state;
    if (FINE.has(state.name)) {
      clearTimeout(this.timer);
      this.timer = null;
      this.hidden = true;
    } else if (!this.hidden || ["signed-out", "stopped"].includes(state.name)) this.draw();
    else this.timer ??= setTimeout(() => this.draw(), BANNER_AFTER_MS);
  }

  draw() {
    this.querySelector('[data-field="text"]').textContent = bannerFor(this.state);
    this.button.textContent = this.state.name === "signed-out" ? gettext("Sign in again") : gettext("Reconnect now");
    this.button.hidden = this.state.name === "stopped";
    this.hidden = false;
  }
}

export function define() {
  customElements.define("connection-chip", ConnectionChip);
  customElements.define("connection-banner", ConnectionBanner);
}
