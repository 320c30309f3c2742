import { field, fill, setVisible } from "../lib/dom.js";
import { labelOf } from "../models/labels.js";
import { roundLine } from "../models/private.js";

/** What a chat is called and whether it goes on, as its room tells it. */
class ChatHeader extends HTMLElement {
  connect({ room }) {
    room.subscribe(({ session }) => this.draw(session));
  }

  draw(session) {
    if (session.title) setVisible(field(this, "title"), session.title);
    field(this, "status").dataset.status = session.status;
    fill(this, { status: labelOf("session", session.status) });
    if (typeof session.rounds_left === "number") fill(this, { round: roundLine(session) });
    const over = session.status === "ended" || session.status === "expired";
    const end = this.querySelector('[data-part="end"]');
    if (end) end.hidden = over;
    const composer = document.querySelector("message-composer");
    if (composer) composer.hidden = over;
  }
}

export function define() {
  customElements.define("chat-header", ChatHeader);
}
