import { clockTime } from "../lib/clock.js";
import { clone, field, fill, reconcile, setVisible } from "../lib/dom.js";
import { request } from "../lib/http.js";
import { sizeOf } from "../lib/sizes.js";
import { gettext, ngettext } from "../lib/words.js";

/** Files of the incident; attaching one goes by REST, and the room's event draws it. */
class EvidenceList extends HTMLElement {
  connect({ evidence, urls }) {
    this.urls = urls;
    field(this, "list").replaceChildren();
    evidence.subscribe((files) => this.draw(files));
    this.querySelector("form")?.addEventListener("submit", this);
  }

  draw(files) {
    reconcile(field(this, "list"), files, {
      key: (file) => file.id,
      create: () => clone("t-evidence"),
      update: (node, file) => this.file(node, file),
    });
    field(this, "empty").hidden = files.length > 0;
    document.querySelector('[data-count="evidence"]').textContent = String(files.length);
  }

  file(node, file) {
    const link = field(node, "name");
    setVisible(link, file.filename);
    link.href = this.urls.viewer.replace(this.urls.zero, file.id);
    const lines = file.lines === null ? "" : `${ngettext("{count} line", "{count} lines", file.lines)} · `;
    const by = file.uploaded_by ? `${file.uploaded_by} · ` : "";
    fill(node, { size: sizeOf(file.size), about: `${lines}${by}${clockTime(file.created_at)}` });
  }

  async handleEvent(event) {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button");
    const said = field(this, "said");
    button.disabled = true;
    said.textContent = gettext("Sending the file…");
    try {
      await request(this.urls.evidence, { method: "POST", body: new FormData(form) });
      form.reset();
      said.textContent = gettext("Attached.");
    } catch (error) {
      said.textContent = gettext("Not attached: {error}", { error: error.message });
    } finally {
      button.disabled = false;
    }
  }
}

export function define() {
  customElements.define("evidence-list", EvidenceList);
}
