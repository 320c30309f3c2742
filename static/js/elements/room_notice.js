import { copyText } from "../lib/clipboard.js";
import { field, fill } from "../lib/dom.js";

/** Says what was refused, where everybody looks, until it is read: what happened, and a reference for who asks about it. */
class RoomNotice extends HTMLElement {
  connect(live) {
    const reference = field(this, "reference");
    this.querySelector('[data-action="close"]').addEventListener("click", () => live.trouble.set(""));
    reference.addEventListener("click", () => copyText(reference.textContent));
    live.trouble.subscribe((text) => {
      fill(this, { text, reference: text ? live.reference : "" });
      field(this, "about").hidden = reference.textContent === "";
      this.hidden = text === "";
    });
  }
}

export function define() {
  customElements.define("room-notice", RoomNotice);
}
