import { privateQuestion } from "../models/private.js";

/** Writes to the room. The draft survives a reload; what is sent leaves the box at once and is shown on its way. */
class MessageComposer extends HTMLElement {
  connect({ post, tellTyping, draftKey }) {
    this.post = post;
    this.tellTyping = tellTyping;
    this.draftKey = draftKey;
    this.form = this.querySelector("form");
    this.box = this.form.elements.content;
    this.box.value ||= localStorage.getItem(draftKey) ?? "";
    this.box.addEventListener("input", () => this.written());
    this.box.addEventListener("keydown", (event) => this.pressed(event));
    this.form.addEventListener("submit", (event) => this.submit(event));
  }

  pressed(event) {
    // While an input method composes (Chinese, say), Enter picks a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  submit(event) {
    event.preventDefault();
    const content = this.box.value.trim();
    if (!content) return;
    this.post(content);
    this.box.value = "";
    this.keepDraft();
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
