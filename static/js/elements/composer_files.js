import { clone, field, fill, reconcile, setVisible } from "../lib/dom.js";
import { send } from "../lib/http.js";
import { sizeOf } from "../lib/sizes.js";
import { Store } from "../lib/store.js";
import { gettext } from "../lib/words.js";
import * as attachments from "../models/attachments.js";

/** Files chosen, dropped or pasted into the composer: sent at once, shown with how far they are, named by the next message. */
class ComposerFiles extends HTMLElement {
  #sending = new Map();

  connect({ id, urls }) {
    this.room = id;
    this.url = urls.uploads;
    this.most = Number(this.dataset.most);
    this.files = new Store([]);
    this.files.subscribe((list) => this.draw(list));
  }

  add(files) {
    for (const file of files) this.take(file);
  }

  async take(file) {
    const key = crypto.randomUUID();
    const wrong = attachments.refusal(this.files.value, file.size, this.most);
    this.files.change((list) => attachments.added(list, { key, name: file.name, size: file.size }));
    if (wrong) {
      this.files.change((list) => attachments.failed(list, key, wrong));
      return;
    }
    const sending = send(this.url, this.form(file), (part) => this.files.change((list) => attachments.progressed(list, key, part)));
    this.#sending.set(key, sending);
    try {
      const answer = await sending.answer;
      this.files.change((list) => attachments.kept(list, key, answer));
    } catch (error) {
      this.files.change((list) => attachments.failed(list, key, error.message));
    } finally {
      this.#sending.delete(key);
    }
  }

  form(file) {
    const form = new FormData();
    form.append("session_id", this.room);   // before the file: whoever reads along knows early where it goes
    form.append("file", file);
    return form;
  }

  remove(key) {
    this.#sending.get(key)?.stop();
    this.#sending.delete(key);
    this.files.change((list) => attachments.removed(list, key));
  }

  clear() {
    this.files.set([]);
  }

  draw(list) {
    this.hidden = list.length === 0;
    reconcile(field(this, "list"), list, {
      key: (file) => file.key,
      create: (file) => this.create(file),
      update: (node, file) => drawFile(node, file),
    });
  }

  create({ key }) {
    const node = clone("t-attachment");
    node.querySelector('[data-action="remove"]').addEventListener("click", () => this.remove(key));
    return node;
  }
}

function drawFile(node, file) {
  node.dataset.state = file.error ? "failed" : file.id ? "kept" : "sending";
  setVisible(field(node, "name"), file.name);
  fill(node, { size: sizeOf(file.size), error: file.error });
  const progress = field(node, "progress");
  progress.hidden = Boolean(file.error || file.id);
  progress.value = Math.round(file.part * 100);
  node.querySelector("button").setAttribute("aria-label", gettext("Remove {name}", { name: file.name }));
}

export function define() {
  customElements.define("composer-files", ComposerFiles);
}
