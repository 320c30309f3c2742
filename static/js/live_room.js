/** One room brought to life: the socket's frames go into the models, the elements' wishes go out as commands. */
import { request } from "./lib/http.js";
import { isLookedAt, tellOnce } from "./lib/notifying.js";
import { Store } from "./lib/store.js";
import { gettext } from "./lib/words.js";
import { Faces } from "./models/faces.js";
import { Feed } from "./models/feed.js";
import { newsOf } from "./models/news.js";
import * as outgoing from "./models/outgoing.js";
import { privateQuestion } from "./models/private.js";
import { apply, fromSnapshot } from "./models/room.js";
import { Seen } from "./models/seen.js";
import * as typing from "./models/typing.js";
import { brokenOff } from "./models/waiting.js";
import { firstLine, withWords } from "./models/words.js";

const HISTORY_PAGE = 200;
const RUN_OVER = /^run\.(succeeded|failed|cancelled)$/u;
const ANNOUNCED_KEPT = 20;
const TELL_TYPING_MS = 3000;
const SPENDS = /^(usage\.recorded|quota\.exceeded|run\.(queued|failed|cancelled))$/u;
const USES = new Set(["message.send", "approval.decide", "question.answer"]);
const LIVE = new Set(["live", "degraded"]);

export class LiveRoom {
  constructor(page, makeSocket) {
    this.page = page;
    this.id = page.room;
    this.me = page.me;
    this.faces = new Faces(page.snapshot.agents);
    this.urls = page.urls;
    this.draftKey = `warroom.draft.${page.room}`;
    this.room = new Store(fromSnapshot(page.snapshot, page));
    this.evidence = new Store(page.evidence);
    this.feed = new Feed();
    this.feedChanged = new Store(0);
    this.textChanged = new Store(0);   // of a reply that is being written, thirty times a second: only the stream shows it
    this.outgoing = new Store([]);
    this.people = new Store([]);
    this.typists = new Store([]);
    this.connection = new Store({ name: "connecting" });
    this.trouble = new Store("");
    this.reference = "";   // under which the server's log has it
    this.reported = new Store(document.querySelector("[data-reported]") !== null);
    this.brokeOff = new Store(document.querySelector("[data-crew-broke-off]")?.dataset.crewBrokeOff ?? "");   // whether the last crew was stopped, or failed
    this.newestCrew = "";
    this.spent = new Store(0);   // how often something was taken from the quotas
    this.called = new Store(0);   // mentions of me that came while I looked elsewhere
    this.used = new Store(false);   // whether anything was done here
    this.pastRuns = new Map();
    this.filesAt = new Map();   // the newest event that told of each file
    this.deciding = new Set();   // what this tab has just decided
    this.askPrivately = null;   // where there is a drawer for it
    this.speaks = false;
    this.toldTyping = 0;
    this.lastSeen = null;
    this.target = page.target;
    this.newest = page.events.at(-1)?.seq ?? page.seq;   // up to here the stream has no gap; opened at an old message it ends early
    this.fold(page.events);
    this.socket = makeSocket((state) => this.connection.set(state));
    this.post = this.post.bind(this);
    this.command = this.command.bind(this);
    this.tellTyping = this.tellTyping.bind(this);
    this.tell = this.tell.bind(this);
    this.reconnect = () => this.socket.connectNow();
    this.keepUnsent();
    this.noteSeen();
  }

  start() {
    this.socket.follow(this.id, this, { epoch: this.page.epoch, seq: this.page.seq });
    this.socket.start();
  }

  // --- what the socket tells -----------------------------------------------------------------------------------------

  event(frame) {
    this.room.set(apply(this.room.value, frame));
    this.follow(frame);
    this.outgoing.change((list) => outgoing.arrived(list, frame.cause));
    if (frame.type === "message.created") this.typists.change((list) => typing.stopped(list, frame.data.sender_id));
    if (SPENDS.test(frame.type)) this.spent.change((count) => count + 1);
    this.announce(frame);
    this.notify(frame);
  }

  delta(frame) {
    if (this.feed.delta(frame)) this.socket.renew(this.id);
    this.textChanged.change((count) => count + 1);
  }

  partials(list) {
    this.feed.partials(list);
    this.textChanged.change((count) => count + 1);
  }

  /** Too far behind for a replay: take the state as it is now, and fetch what was missed for the stream. */
  reset({ snapshot, head, epoch }) {
    if (this.room.value.epoch !== epoch) {
      location.reload();   // the log itself was restored or purged: nothing drawn from the old one may stay
      return;
    }
    const { detached, newest: missedSince } = this;
    this.room.set(fromSnapshot(snapshot, { seq: head, epoch }));
    if (snapshot.evidence) this.evidence.set(snapshot.evidence);
    if (detached) return;   // what is read here is older than what was missed
    this.newest = head;
    this.tell(() => this.fetchBetween(missedSince, head));
  }

  caughtUp() {
    this.speaks = true;
  }

  lost(error) {
    this.connection.set({ name: "stopped", reason: error.detail, since: new Date().toISOString() });
  }

  presence(users) {
    this.people.set(users);
  }

  typing(frame) {
    if (frame.user === this.me.id) return;   // in another tab of mine
    this.typists.change((list) => typing.typed(list, frame, Date.now()));
    setTimeout(() => this.typists.change((list) => typing.current(list, Date.now())), typing.HOLDS_MS + 50);
  }

  // --- history -------------------------------------------------------------------------------------------------------

  fold(events) {
    for (const event of events) {
      this.feed.apply(event);
      this.outgoing.change((list) => outgoing.arrived(list, event.cause));   // also what a snapshot overtook
      if (event.type === "incident.reported") this.reported.set(true);
      if (RUN_OVER.test(event.type)) this.foldRun(event.data);
      this.foldFiles(event);
    }
    if (events.length) this.touch();
  }

  /** Older pages of the log are folded later, and say nothing of a newer crew. */
  foldRun(run) {
    this.pastRuns.set(run.agent_name, run);
    if (run.mode !== "crew" || run.id < this.newestCrew) return;
    this.newestCrew = run.id;
    this.brokeOff.set(brokenOff(run));
  }

  /** Files also come and go with an incident that is merged or taken out again; older pages of the log change nothing newer. */
  foldFiles({ type, seq, data }) {
    const came = type === "evidence.added" ? [data] : data.came?.evidence ?? [];
    const newest = (file) => seq > (this.filesAt.get(file.id) ?? 0) && this.filesAt.set(file.id, seq);
    for (const file of came.filter(newest)) this.evidence.change((files) => withFile(files, file));
    const gone = new Set((data.went?.evidence ?? []).filter(newest).map((file) => file.id));
    if (gone.size) this.evidence.change((files) => files.filter((file) => !gone.has(file.id)));
  }

  /** Somebody reads far back: what happens now is not part of what is shown. */
  get detached() {
    return this.newest < this.room.value.seq;
  }

  follow(frame) {
    if (frame.seq !== this.newest + 1) return;
    this.newest = frame.seq;
    this.fold([frame]);
  }

  async loadNewer() {
    const from = this.newest;
    const until = Math.min(this.room.value.seq, from + HISTORY_PAGE);
    await this.fetchBetween(from, until);
    this.newest = Math.max(this.newest, until);
  }

  /** `seq` has no gaps, so the page before the oldest event is known by its number. */
  async loadOlder() {
    const oldest = this.feed.oldest;
    if (oldest <= 1 || oldest === Infinity) return;   // all is here, or nothing yet
    await this.fetchBetween(Math.max(0, oldest - 1 - HISTORY_PAGE), oldest - 1);
  }

  async fetchBetween(after, until) {
    let from = after;
    while (from < until) {
      const limit = Math.min(HISTORY_PAGE, until - from);
      const { data } = await request(`${this.urls.events}?after=${from}&limit=${limit}`);
      if (!data.length) break;
      this.fold(data.filter((event) => event.seq <= until));
      from = data.at(-1).seq;
    }
    this.feed.oldest = Math.min(this.feed.oldest, after + 1);
    this.touch();
  }

  touch() {
    this.feedChanged.change((count) => count + 1);
  }

  /** Finished words only, and only what is new: a screen reader is not read a replay. */
  announce({ type, data }) {
    if (!this.speaks || !["message.created", "message.end", "approval.requested", "question.asked"].includes(type)) return;
    const line = document.createElement("p");
    line.textContent = {
      "approval.requested": gettext("{agent} asks to run {tool}.", { agent: data.agent_name, tool: data.tool }),
      "question.asked": gettext("{agent} asks: {question}", { agent: data.asked_by, question: data.question }),
    }[type] ?? withWords(data.sender_name, firstLine(data.content ?? "", 300));
    const log = document.getElementById("announcements");
    log.append(line);
    while (log.children.length > ANNOUNCED_KEPT) log.firstElementChild.remove();
  }

  /** Never of a replay: what came while the line was down is read in the room. */
  notify(frame) {
    const { incident, session } = this.room.value;
    const news = this.speaks ? newsOf(frame, { me: this.me, title: incident?.title ?? session.title }) : null;
    if (!news) return;
    const seen = isLookedAt();
    if (news.mention && !seen) this.called.change((count) => count + 1);
    tellOnce(`${this.id}.${frame.seq}`, { ...news, url: location.pathname }, { seen });
  }

  // --- what people wish ----------------------------------------------------------------------------------------------

  async command(type, data, cid) {
    const ack = await this.socket.send(type, data, { room: this.id, cid });
    if (USES.has(type)) this.used.set(true);
    return ack;
  }

  /** Worth nothing later: said only while there is somebody to hear it, and seldom. */
  tellTyping() {
    if (!LIVE.has(this.connection.value.name) || Date.now() - this.toldTyping < TELL_TYPING_MS) return;
    this.toldTyping = Date.now();
    this.command("typing", {}).catch(() => {});   // what was refused here is refused again, aloud, when it is posted
  }

  async post(content, files = [], cid = crypto.randomUUID()) {
    const question = this.askPrivately ? privateQuestion(content) : null;
    if (question !== null) {
      this.askPrivately(question);
      return;
    }
    this.outgoing.change((list) => outgoing.sending(list, { cid, content, files }));
    const attachments = files.map((file) => file.id);
    if (this.detached) this.leaveThePast();
    try {
      const ack = await this.command("message.send", { content, ...(files.length ? { attachments } : {}) }, cid);
      const here = ack.seq !== undefined && ack.seq <= this.room.value.seq;
      this.outgoing.change((list) => (here ? outgoing.dropped(list, cid) : outgoing.sent(list, cid)));
    } catch (error) {
      this.outgoing.change((list) => outgoing.failed(list, cid, error.message));
    }
  }

  /** The room at its end, where an answer would come; what is on its way goes with it. */
  leaveThePast() {
    location.assign(location.pathname);
  }

  /** A reload must not lose what is on its way: it goes out again under its cid, which the server knows if it had arrived. */
  keepUnsent() {
    const key = `warroom.outgoing.${this.id}`;
    const left = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    this.outgoing.subscribe((list) => sessionStorage.setItem(key, JSON.stringify(list)));
    for (const { cid, content, files, state, error } of left) {
      if (state === "failed") this.outgoing.change((list) => outgoing.failed(outgoing.sending(list, { cid, content, files }), cid, error));
      else this.post(content, files, cid);
    }
  }

  /** While somebody looks, what is here counts as seen; the list of incidents marks what comes later. */
  noteSeen() {
    const { incident } = this.page.snapshot;
    if (!incident) return;
    const seen = new Seen(this.me.id);
    this.lastSeen = seen.upTo(incident.id);   // before this visit
    const note = () => document.visibilityState === "visible" && seen.note(incident.id, this.room.value.seq);
    this.room.subscribe(note);
    document.addEventListener("visibilitychange", note);
  }

  /** A refused command keeps its answer under its cid, so sending again is a new one. */
  resend(cid) {
    const item = this.outgoing.value.find((one) => one.cid === cid);
    this.discard(cid);
    this.post(item.content, item.files);
  }

  discard(cid) {
    this.outgoing.change((list) => outgoing.dropped(list, cid));
  }

  /** Do it, and if it is refused say so in the room instead of nowhere. */
  async tell(action) {
    try {
      await action();
    } catch (error) {
      this.reference = error.reference ?? "";
      this.trouble.set(error.message);
    }
  }
}

function withFile(files, file) {
  return files.some((one) => one.id === file.id) ? files.map((one) => (one.id === file.id ? file : one)) : [...files, file];
}
