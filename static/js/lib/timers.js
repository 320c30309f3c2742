/** Timers by name: setting one again replaces it, and all end together. */
const LONGEST_MS = 2 ** 31 - 1;

export class Timers {
  #running = new Map();

  set(name, ms, action) {
    this.cancel(name);
    this.#running.set(name, setTimeout(action, Math.min(ms, LONGEST_MS)));
  }

  cancel(name) {
    clearTimeout(this.#running.get(name));
    this.#running.delete(name);
  }

  clear() {
    for (const name of [...this.#running.keys()]) this.cancel(name);
  }
}
