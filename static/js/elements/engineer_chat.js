import { field, fill } from "../lib/dom.js";
import { gettext, language } from "../lib/words.js";
import { chatName, isFull, roundLine, staleLine, thinking } from "../models/private.js";
import { PrivateChats } from "../private_chats.js";

const NARROW = matchMedia("(max-width: 700px)");

/** The drawer of one's private chats: beside the room on a desk, over it on a phone. */
class EngineerChat extends HTMLElement {
  connect(room) {
    this.room = room;
    this.chats = new PrivateChats(room);
    this.dialog = this.querySelector("dialog");
    this.stream = this.querySelector("private-stream");
    this.box = this.querySelector("textarea");
    this.leavers = [];
    room.askPrivately = (question) => this.open(question);
    for (const link of document.querySelectorAll('[data-opens="engineer-chat"]')) link.addEventListener("click", (event) => this.pressed(event));
    for (const button of this.querySelectorAll("[data-action]")) button.addEventListener("click", () => this[button.dataset.action]?.());
    this.dialog.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    this.box.form.addEventListener("submit", (event) => this.submit(event));
    this.box.addEventListener("keydown", (event) => this.typed(event));
    field(this, "earlier").addEventListener("change", (event) => this.tell(() => this.chats.open(event.target.value)));
    this.chats.current.subscribe((chat) => chat && this.show(chat));
    this.chats.list.subscribe((list) => this.drawList(list ?? []));
    room.room.subscribe(() => this.draw());
  }

  pressed(event) {
    event.preventDefault();
    if (this.dialog.open) this.close();
    else this.open();
  }

  async open(question = "") {
    if (!this.dialog.open) this.dialog[NARROW.matches ? "showModal" : "show"]();
    this.box.focus();
    await this.tell(async () => {
      await this.chats.load();
      if (question) await this.chats.ask(question);
    });
    this.draw();
  }

  close() {
    this.dialog.close();
  }

  /** A chat takes the place of the one before: what drew that one lets go of it. */
  show(chat) {
    for (const leave of this.leavers) leave();
    this.stream.connect(chat, this.chats);
    this.leavers = [chat.room, chat.feedChanged, chat.trouble].map((store) => store.subscribe(() => this.draw()));
    field(this, "earlier").value = chat.id;
  }

  draw() {
    const chat = this.chats.current.value;
    field(this, "empty").hidden = Boolean(chat);
    this.stream.hidden = !chat;
    if (chat) this.drawChat(chat.room.value, chat.feed.items());
    const over = Boolean(chat) && (chat.room.value.session.status !== "active" || isFull(chat.room.value.session));
    field(this, "full").hidden = !over;
    this.querySelector(".composer").hidden = over;
    fill(this, { held: over && this.chats.held ? gettext("Your question is kept: “{question}”", { question: this.chats.held }) : "" });
    if (chat?.trouble.value) this.say(chat.trouble.value);
  }

  drawChat(state, items) {
    const run = thinking(state, items);
    fill(this, {
      round: roundLine(state.session), stale: staleLine(this.room.room.value.incident, items),
      thinker: run ? gettext("{agent} is thinking…", { agent: run.agent_name }) : "",
      "full-words": isFull(state.session)
        ? gettext("This chat has had its rounds. Begin a new one to go on; this one stays readable.")
        : gettext("This chat is over; it stays readable."),
    });
    field(this, "thinking").hidden = !run;
    field(this, "thinking").dataset.run = run?.id ?? "";
  }

  drawList(list) {
    const select = field(this, "earlier");
    select.replaceChildren(...list.map((one) => new Option(chatName(one, language), one.id)));
    select.value = this.chats.current.value?.id ?? "";
    field(this, "choose").hidden = list.length < 2;
  }

  typed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.box.form.requestSubmit();
  }

  async submit(event) {
    event.preventDefault();
    const question = this.box.value.trim();
    if (!question) return;
    this.box.value = "";
    if (!(await this.tell(() => this.chats.ask(question)))) this.box.value ||= question;
    this.draw();
  }

  async begin() {
    const buttons = this.querySelectorAll('[data-action="begin"]');
    for (const button of buttons) button.disabled = true;
    await this.tell(() => this.chats.begin());
    for (const button of buttons) button.disabled = false;
    this.draw();
    this.box.focus();
  }

  stop() {
    const run_id = field(this, "thinking").dataset.run;
    return this.tell(() => this.chats.current.value.command("run.cancel", { run_id }));
  }

  /** Do it; if it is refused say so here, where it was asked. */
  async tell(action) {
    this.chats.current.value?.trouble.set("");
    try {
      await action();
      this.say("");
      return true;
    } catch (error) {
      this.say(error.message);
      return false;
    }
  }

  say(words) {
    field(this, "said").textContent = words;
  }
}

export function define() {
  customElements.define("engineer-chat", EngineerChat);
}
