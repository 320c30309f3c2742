/** A person's own chats on one incident: which there are, the one that is open, and a question on its way into it. */
import { request } from "./lib/http.js";
import { Store } from "./lib/store.js";
import { LiveRoom } from "./live_room.js";
import { isFull } from "./models/private.js";

const DOORS = "/api/v1/engineer-chat";

export class PrivateChats {
  constructor(room) {
    this.room = room;   // the incident's, whose socket this shares
    this.incident = room.page.snapshot.incident.id;
    this.list = new Store(null);
    this.current = new Store(null);
    this.heldKey = `warroom.held.${room.me.id}.${this.incident}`;
  }

  /** Asked when the chat was full: it goes into the next one, also after a reload. */
  get held() {
    return localStorage.getItem(this.heldKey) ?? "";
  }

  set held(question) {
    if (question) localStorage.setItem(this.heldKey, question);
    else localStorage.removeItem(this.heldKey);
  }

  /** The newest goes on; what is over is for reading. */
  load() {
    this.loading ??= this.#load().catch((error) => {
      this.loading = null;   // to be tried again
      throw error;
    });
    return this.loading;
  }

  async #load() {
    const { data } = await request(`${DOORS}/sessions?incident_id=${this.incident}`);
    this.list.set(data);
    if (data.length) await this.open(data[0].id);
  }

  async open(id) {
    if (this.current.value?.id === id) return;
    if (this.current.value) this.room.socket.unfollow(this.current.value.id);
    const session = await request(`/api/v1/sessions/${id}`);
    const { data } = await request(`${DOORS}/history?session_id=${id}&limit=200`);
    const opinions = new Map(data.map((one) => [one.id, { rating: one.feedback?.rating ?? "none", shared: one.shared }]));
    const chat = new LiveRoom(this.#page(session), () => this.#line());
    chat.opinions = new Store(opinions);
    chat.connection = this.room.connection;
    this.current.set(chat);
    chat.start();
  }

  async begin() {
    const json = { incident_id: this.incident };
    const session = await request(`${DOORS}/sessions`, { method: "POST", json });
    this.list.change((list) => [session, ...(list ?? [])]);
    await this.open(session.id);
    const question = this.held;
    this.held = "";
    if (question) this.current.value.post(question);
  }

  /** Nothing that was asked is lost: what can't be asked now is held for the next chat. */
  async ask(question) {
    const session = this.current.value?.room.value.session;
    if (session?.status === "active" && !isFull(session)) {
      this.current.value.post(question);
      return;
    }
    this.held = question;
    if (!session) await this.begin();
  }

  async share(id) {
    await request(`/api/v1/messages/${id}/share`, { method: "POST", json: {} });
    this.#note(id, { shared: true });
  }

  /** The same thumb once more takes it back. */
  async rate(id, rating, comment = "") {
    const chat = this.current.value;
    await chat.command("feedback.give", { message_id: id, rating, comment });
    this.#note(id, { rating });
  }

  #note(id, told) {
    this.current.value.opinions.change((known) => new Map(known).set(id, { ...known.get(id), ...told }));
  }

  #page(session) {
    const empty = Object.fromEntries(
      ["messages", "participants", "runs", "plan", "approvals", "questions", "unknowns", "grants", "tasks", "pins"].map((name) => [name, []]),
    );
    return {
      room: session.id, epoch: session.epoch, seq: 0, me: this.room.me, events: [], evidence: [],
      snapshot: { ...empty, session, incident: null, summary: null, overview: null, agents: this.room.page.snapshot.agents },
      urls: { ...this.room.urls, events: `/api/v1/sessions/${session.id}/events` },
    };
  }

  /** The room's own connection: a chat is one more room on it, drawn from a snapshot and the log before it. */
  #line() {
    const { socket } = this.room;
    return {
      follow: (id, listener) => socket.follow(id, listener, {}),
      renew: (id) => socket.renew(id),
      send: (...command) => socket.send(...command),
      connectNow: () => socket.connectNow(),
      start() {},
    };
  }
}
