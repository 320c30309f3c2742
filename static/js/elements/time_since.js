import { serverNow, span } from "../lib/clock.js";

/** How long ago, by the server's clock, going on while one looks. */
class TimeSince extends HTMLElement {
  connectedCallback() {
    this.draw();
    this.timer = setInterval(() => this.draw(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  draw() {
    const ms = serverNow() - Date.parse(this.getAttribute("datetime"));
    if (Number.isNaN(ms)) return;
    const text = ms < 3600000 ? span(ms) : span(Math.floor(ms / 60000) * 60000);
    const time = this.firstElementChild;
    if (time.textContent !== text) time.textContent = text;
  }
}

export function define() {
  customElements.define("time-since", TimeSince);
}
