import { field, fill } from "../lib/dom.js";
import { gettext, list as listed } from "../lib/words.js";
import { hasFailed, isBusy, ready } from "../models/attachments.js";
import { privateQuestion } from "../models/private.js";
import { commandIn, hindranceOf } from "../room_commands.js";

/** Writes to the room. The draft survives a reload; what is sent leaves the box at once and is shown on its way. */
class MessageComposer extends HTMLElement {
  connect(live) {
    const { post, tellTyping, draftKey } = live;
    this.live = live;
    this.post = post;
    this.tellTyping = tellTyping;
    this.draftKey = draftKey;
    this.form = this.querySelector("form");
    this.box = this.form.elements.content;
    this.box.required = false;   // files may go without words
    this.box.value ||= localStorage.getItem(draftKey) ?? "";
    this.box.addEventListener("input", () => this.written());
    this.menu = this.querySelector("composer-menu");
    this.menu.connect(live, this.box);
    this.box.addEventListener("keydown", (event) => this.menu.pressed(event) || this.pressed(event));
    this.form.addEventListener("submit", (event) => this.submit(event));
    this.connectFiles();
  }

  /** Dropping counts anywhere in the room's column, since nobody aims at a line of text. */
  connectFiles() {
    this.carried = this.querySelector("composer-files");
    this.carried.files.subscribe((files) => this.filesChanged(files));
    this.form.elements.file.addEventListener("change", ({ target }) => {
      this.carried.add(target.files);
      target.value = "";
    });
    this.box.addEventListener("paste", (event) => this.takeFrom(event, event.clipboardData));
    const column = this.closest(".pane") ?? this;
    column.addEventListener("dragover", (event) => this.draggedOver(event));
    column.addEventListener("dragleave", (event) => column.contains(event.relatedTarget) || this.toggleAttribute("data-dropping", false));
    column.addEventListener("drop", (event) => this.takeFrom(event, event.dataTransfer));
  }

  draggedOver(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.toggleAttribute("data-dropping", true);
  }

  takeFrom(event, brought) {
    this.toggleAttribute("data-dropping", false);
    if (!brought?.files.length) return;
    event.preventDefault();
    this.carried.add(brought.files);
    this.box.focus();
  }

  pressed(event) {
    // While an input method composes (Chinese, say), Enter picks a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  submit(event) {
    event.preventDefault();
    const [words, files] = [this.box.value.trim(), this.carried.files.value];
    this.waits = isBusy(files);
    const command = files.length ? null : commandIn(words, this.live);
    const hindrance = command ? hindranceOf(command) : this.hindrance(words, files);
    this.say(hindrance);
    if (hindrance) return;
    if (command) this.run(command);
    else this.send(words, ready(files));
  }

  /** What was refused comes back, to be written otherwise. */
  async run({ command, words }) {
    const text = this.box.value;
    this.box.value = "";
    try {
      await command.run(this.live, words);
    } catch (error) {
      this.box.value ||= text;
      this.say(error.message);
    }
    this.keepDraft();
  }

  hindrance(words, files) {
    if (this.waits) return gettext("It is sent as soon as the files are there.");
    if (hasFailed(files)) return gettext("Take out the file that could not be sent.");
    if (files.length && privateQuestion(words) !== null) return gettext("A private question takes no files; send them to the room.");
    return "";
  }

  send(words, files) {
    const content = words || listed(files.map((file) => file.filename));
    if (!content) return;
    this.post(content, files);
    this.box.value = "";
    this.carried.clear();
    this.keepDraft();
  }

  /** Who has pressed Send while a file was on its way need not do so again. */
  filesChanged(files) {
    if (isBusy(files)) return;
    this.say("");
    if (this.waits) this.form.requestSubmit();
  }

  say(words) {
    fill(this, { said: words });
  }

  written() {
    this.keepDraft();
    if (this.box.value.trim() && privateQuestion(this.box.value) === null) this.tellTyping();
  }

  keepDraft() {
    if (this.box.value) localStorage.setItem(this.draftKey, this.box.value);
    else localStorage.removeItem(this.draftKey);
  }
}

export function define() {
  customElements.define("message-composer", MessageComposer);
}
