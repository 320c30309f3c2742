import { typingLine } from "../models/typing.js";

/** `Ada is typing`: a line of its own, always there, so that nothing moves when it speaks. */
class TypingLine extends HTMLElement {
  connect({ typists }) {
    typists.subscribe((list) => {
      const line = typingLine(list);
      if (this.textContent !== line) this.textContent = line;
    });
  }
}

export function define() {
  customElements.define("typing-line", TypingLine);
}
