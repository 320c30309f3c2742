import { clone, field } from "../lib/dom.js";
import { gettext } from "../lib/words.js";
import { RoomStream } from "./room_stream.js";

/** The stream of a private chat: what can be said of an answer, shown to the room, or tried again stands below it. */
class PrivateStream extends RoomStream {
  connect(chat, chats) {
    this.chats = chats;
    super.connect(chat);
    this.stops.push(chat.opinions.subscribe(() => this.drawActions()), chat.room.subscribe(() => this.drawActions()));
  }

  draw() {
    super.draw();
    this.drawActions();
  }

  drawActions() {
    const items = this.context.feed.items().filter((item) => item.kind !== "note");
    const open = unanswered(items);
    for (const item of items) {
      const node = [...this.list.children].find((one) => one.dataset.key === item.key);
      if (node && this.#hasActions(item)) this.#draw(node, item, open.has(item));
    }
    if (this.atEnd) this.toEnd();
  }

  #hasActions({ kind, message }) {
    return kind === "error" || (kind === "message" && message.sender_type !== "system" && message.status !== "streaming");
  }

  #draw(node, item, open) {
    const box = node.querySelector(".answer-actions") ?? this.#add(node);
    const opinion = this.context.opinions.value.get(item.key) ?? { rating: "none", shared: false };
    const { runs, session } = this.context.room.value;
    const answered = item.kind === "message" && ["ai", "agent"].includes(item.message.sender_type);
    box.dataset.id = item.key;
    box.dataset.run = item.message?.run_id ?? "";
    for (const button of box.querySelectorAll("[data-rating]")) {
      button.hidden = !answered;
      button.setAttribute("aria-pressed", String(button.dataset.rating === opinion.rating));
    }
    const share = box.querySelector('[data-action="share"]');
    share.hidden = item.kind === "error";
    share.disabled = opinion.shared;
    field(share, "label").textContent = opinion.shared ? gettext("Shared") : gettext("Share to room");
    box.querySelector('[data-action="retry"]').hidden = item.kind !== "error" || !open || runs.length > 0 || session.status !== "active";
  }

  #add(node) {
    const box = clone("t-answer-actions");
    box.addEventListener("click", (event) => this.#pressed(event.target.closest("button"), box));
    box.querySelector("form").addEventListener("submit", (event) => this.#said(event, box));
    node.querySelector(".item-body").append(box);
    return box;
  }

  async #pressed(button, box) {
    const { id, run } = box.dataset;
    if (!button || button.form) return;
    const { rating } = button.dataset;
    button.disabled = true;
    if (rating) await this.#rate(box, button.getAttribute("aria-pressed") === "true" ? "none" : rating);
    else if (button.dataset.action === "share") await this.context.tell(() => this.chats.share(id));
    else if (button.dataset.action === "retry") await this.context.tell(() => this.context.command("run.retry", { run_id: run }));
    button.disabled = button.dataset.action === "share" && Boolean(this.context.opinions.value.get(id)?.shared);
  }

  async #rate(box, rating) {
    await this.context.tell(() => this.chats.rate(box.dataset.id, rating));
    box.querySelector("form").hidden = rating !== "down";
  }

  async #said(event, box) {
    event.preventDefault();
    const { comment } = event.target.elements;
    await this.context.tell(() => this.chats.rate(box.dataset.id, "down", comment.value.trim()));
    event.target.hidden = true;
  }
}

/** Of each round without an answer the newest failure: that question can be tried again, whatever was asked since. */
function unanswered(items) {
  const rounds = new Map();
  for (const item of items) {
    const { round, status, sender_type: sender } = item.message ?? {};
    if (item.kind === "error") rounds.set(round, item);
    else if (sender === "ai" && status === "complete" && item.message.message_type === "text") rounds.delete(round);
  }
  return new Set(rounds.values());
}

export function define() {
  customElements.define("private-stream", PrivateStream);
}
