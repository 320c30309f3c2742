/** A value and those who draw it: however often it changes within a frame, it is drawn once. */
export class Store {
  #value;
  #listeners = new Set();
  #scheduled = false;

  constructor(value) {
    this.#value = value;
  }

  get value() {
    return this.#value;
  }

  set(value) {
    if (value === this.#value) return;
    this.#value = value;
    this.#schedule();
  }

  change(step) {
    this.set(step(this.#value));
  }

  subscribe(listener) {
    this.#listeners.add(listener);
    listener(this.#value);
    return () => this.#listeners.delete(listener);
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // A hidden tab gets no animation frames; its count in the title must still be right.
    const soon = document.hidden ? (draw) => setTimeout(draw, 50) : requestAnimationFrame;
    soon(() => {
      this.#scheduled = false;
      for (const listener of this.#listeners) listener(this.#value);
    });
  }
}
