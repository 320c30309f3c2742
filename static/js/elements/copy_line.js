import { copyText } from "../lib/clipboard.js";
import { field } from "../lib/dom.js";
import { gettext } from "../lib/words.js";

/** A line of text with a button that copies it; without a script there is nothing to press. */
class CopyLine extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", () => this.copy());
  }

  async copy() {
    const copied = await copyText(field(this, "text").textContent);
    field(this, "said").textContent = copied ? gettext("Copied.") : gettext("This browser does not let pages copy here.");
  }
}

export function define() {
  customElements.define("copy-line", CopyLine);
}
