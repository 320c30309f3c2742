import { copyText } from "../lib/clipboard.js";
import { gettext } from "../lib/words.js";

/** What a browser alone can do with a report; without a script there is nothing to press. */
class ReportTools extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.dropSavedDraft();
    this.addEventListener("click", (event) => this[event.target.dataset.action]?.());
  }

  dropSavedDraft() {
    const key = `warroom.report.${this.dataset.key}`;
    if (JSON.parse(localStorage.getItem(key) ?? "null")?.submitted) localStorage.removeItem(key);
  }

  print() {
    window.print();
  }

  async copy() {
    const markdown = JSON.parse(document.getElementById("markdown").textContent);
    const copied = await copyText(markdown);
    const said = this.querySelector('[data-field="said"]');
    said.textContent = copied ? gettext("Copied.") : gettext("This browser does not let pages copy here.");
  }
}

export function define() {
  customElements.define("report-tools", ReportTools);
}
