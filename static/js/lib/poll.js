/** Ask again and again for what may have changed, but only while somebody looks (or wants to be called); what is the same has the same ETag. */
import { Timers } from "./timers.js";

export class Poll {
  #url;
  #everyMs;
  #heard;
  #unseen;
  #etag = null;
  #asking = false;
  #timers = new Timers();

  constructor(url, { everyMs, heard, unseen = () => false }) {
    this.#url = url;
    this.#everyMs = everyMs;
    this.#heard = heard;
    this.#unseen = unseen;
  }

  start() {
    this.look = () => {
      if (document.visibilityState === "visible") this.#ask();
      else if (!this.#unseen()) this.#timers.clear();
    };
    document.addEventListener("visibilitychange", this.look);
    this.#wait();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.look);
    this.#timers.clear();
  }

  #wait() {
    this.#timers.set("next", this.#everyMs, () => this.#ask());
  }

  async #ask() {
    if (this.#asking) return;
    this.#asking = true;
    try {
      await this.#fetch();
    } catch {
      // The line or the server is away for now; the next time comes by itself.
    } finally {
      this.#asking = false;
    }
  }

  async #fetch() {
    this.#wait();
    const headers = this.#etag ? { "If-None-Match": this.#etag } : {};
    const response = await fetch(this.#url, { headers, credentials: "same-origin", redirect: "error", cache: "no-store" });
    if (!response.ok) return;
    this.#etag = response.headers.get("ETag");
    this.#heard(await response.text());
  }
}
