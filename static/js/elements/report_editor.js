import { field, setHtml } from "../lib/dom.js";
import { gettext } from "../lib/words.js";

const PREVIEW_AFTER_MS = 400;

/** Writing a report: what it will look like beside the words, and a draft that survives a reload until it is saved. */
class ReportEditor extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.box = this.form.elements.markdown;
    this.key = `warroom.report.${this.dataset.key}`;
    this.saved = this.box.value;
    this.takeUp();
    this.box.addEventListener("input", () => this.written());
    this.form.addEventListener("submit", (event) => this.submitted(event));
    this.querySelector('[data-action="forget"]').addEventListener("click", () => this.forget());
    this.preview();
  }

  /** What was being written here before a reload; after a conflict the server has sent it back itself. */
  takeUp() {
    const kept = JSON.parse(localStorage.getItem(this.key) ?? "null");
    if (!kept || "posted" in this.dataset || kept.markdown === this.saved) return;
    this.box.value = kept.markdown;
    this.form.elements.version.value = kept.version;   // from where it began: saving finds what came since
    field(this, "kept-words").textContent = gettext("Your unsaved words are back.");
    field(this, "kept").hidden = false;
  }

  written() {
    this.keep();
    clearTimeout(this.later);
    this.later = setTimeout(() => this.preview(), PREVIEW_AFTER_MS);
  }

  keep(more = {}) {
    const draft = { markdown: this.box.value, version: this.form.elements.version.value, ...more };
    localStorage.setItem(this.key, JSON.stringify(draft));
  }

  /** The draft is done with once the report's page is reached (report_tools.js): a save may yet be refused. */
  submitted(event) {
    if (event.submitter?.value === "preview") {
      event.preventDefault();
      this.preview();
    } else this.keep({ submitted: true });
  }

  forget() {
    localStorage.removeItem(this.key);
    location.reload();
  }

  async preview() {
    const asked = new FormData(this.form);
    const answer = await fetch(this.dataset.preview, { method: "POST", body: asked, credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok) return;   // what is written stays; the next word asks again
    setHtml(field(this, "html"), await answer.text());
    field(this, "preview").hidden = false;
  }
}

export function define() {
  customElements.define("report-editor", ReportEditor);
}
