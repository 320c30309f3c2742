/** Streamed text put together by code-point offset (protocol.md, *Text*): drops, repeats and overlaps change nothing. */
export class Texts {
  #open = new Map();
  #ended = new Set();

  /** "appended", "old" (nothing new), "ended" (too late) or "hole" (something before it is missing). */
  apply({ msg, kind = "text", off, text }) {
    if (this.#ended.has(msg)) return "ended";
    const part = this.#part(msg, kind);
    if (off > part.points) return "hole";
    const points = [...text];
    const known = part.points - off;
    if (known >= points.length) return "old";
    const fresh = points.slice(known);
    part.text += fresh.join("");
    part.points += fresh.length;
    return "appended";
  }

  /** The message is whole (or void): what still arrives for it is late. */
  end(msg) {
    this.#open.delete(msg);
    this.#ended.add(msg);
  }

  text(msg, kind = "text") {
    return this.#open.get(msg)?.get(kind)?.text ?? "";
  }

  #part(msg, kind) {
    if (!this.#open.has(msg)) this.#open.set(msg, new Map());
    const kinds = this.#open.get(msg);
    if (!kinds.has(kind)) kinds.set(kind, { text: "", points: 0 });
    return kinds.get(kind);
  }
}
