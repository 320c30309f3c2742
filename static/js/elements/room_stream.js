import { clone, field, fill, reconcile } from "../lib/dom.js";
import { gettext } from "../lib/words.js";
import { speakerOf } from "../models/faces.js";
import { drawFace } from "./face.js";
import { createItem, drawFiles, drawItem } from "./stream_items.js";

const NEAR_END_PX = 48;
const NEAR_START_PX = 240;
const SAME_BREATH_MS = 300000;
const QUIET = (item) => item.kind === "note" && item.note.quiet;

/** The stream. A reader who has scrolled up is never moved; who is at the end stays at the end. */
export class RoomStream extends HTMLElement {
  #drawn = new WeakMap();
  #seen = 0;

  connect(context) {
    if (!this.scroller) this.wire();
    for (const stop of this.stops) stop();
    this.context = context;
    this.atEnd = !context.target;
    this.list.replaceChildren();
    this.stops = [context.feedChanged, context.textChanged].map((changed) => changed.subscribe(() => this.draw()));
    this.stops.push(context.outgoing.subscribe((list) => this.drawOutgoing(list)));
  }

  wire() {
    this.stops = [];
    this.scroller = this.querySelector(".stream-scroll");
    this.list = field(this, "items");
    this.waiting = field(this, "outgoing");
    this.jump = this.querySelector('[data-action="jump"]');
    this.older = field(this, "older");
    this.jump.addEventListener("click", () => (this.context.detached ? this.context.leaveThePast() : this.toEnd()));
    this.older.addEventListener("click", (event) => this.loadOlder(event));
    this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.resized()).observe(this.scroller);
    field(this, "newest")?.remove();
  }

  resized() {
    this.height = this.scroller.clientHeight;
    if (this.atEnd) this.toEnd();
  }

  /** At a message that a link names; one that is not among the newest needs a page that begins around it. */
  openAt(message) {
    const node = document.getElementById(`message-${message}`);
    if (!node && !this.context.target) location.replace(`?message=${message}${location.hash}`);
    if (!node) return;
    this.atEnd = false;
    node.toggleAttribute("data-target", true);
    node.scrollIntoView({ block: "center" });
    this.scrolled();
  }

  draw() {
    const items = this.context.feed.items().filter((item) => !QUIET(item));
    const first = this.list.firstElementChild;
    const before = first?.offsetTop;
    reconcile(this.list, items, { key: (item) => item.key, create: createItem, update: (node, item) => this.update(node, item) });
    this.markBreaths(items);
    this.keepPlace(first, before, items.length);
    this.older.hidden = this.context.feed.oldest <= 1;
    this.fillView();
  }

  /** What is too short to scroll could never be scrolled up for more. */
  fillView() {
    const { clientHeight, scrollHeight } = this.scroller;
    if (clientHeight > 0 && scrollHeight <= clientHeight) this.loadOlder();
    if (this.atEnd && this.context.detached) this.loadNewer();
  }

  update(node, item) {
    if (this.#drawn.get(node) === item.version) return;
    this.#drawn.set(node, item.version);
    drawItem(node, item, this.context);
  }

  /** One head for all that one speaker says in a breath. */
  markBreaths(items) {
    let before = null;
    items.forEach((item, index) => {
      const node = this.list.children[index];
      const name = item.kind === "note" ? null : speakerOf(item).name;
      const continues = name !== null && before?.name === name && Date.parse(item.ts) - before.at < SAME_BREATH_MS;
      node.toggleAttribute("data-continues", continues);
      before = { name, at: Date.parse(item.ts) };
    });
  }

  keepPlace(first, before, count) {
    if (this.atEnd) {
      this.#seen = count;
      this.toEnd();
    } else if (first?.isConnected && first.offsetTop !== before) {
      this.scroller.scrollTop += first.offsetTop - before;
    }
    this.drawJump(count);
  }

  drawJump(count) {
    const fresh = this.context.detached ? 0 : Math.max(0, count - this.#seen);
    this.jump.hidden = this.atEnd && !this.context.detached;
    fill(this, { "jump-text": fresh ? gettext("{count} new, jump to latest", { count: fresh }) : gettext("Jump to latest") });
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (clientHeight !== this.height) {   // the pane was hidden, shown or resized: nobody has scrolled
      this.height = clientHeight;
      if (this.atEnd) return;
    }
    this.atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (this.atEnd) this.#seen = this.list.children.length;
    this.drawJump(this.list.children.length);
    if (scrollTop < NEAR_START_PX && scrollHeight > clientHeight) this.loadOlder();
    if (this.atEnd && this.context.detached) this.loadNewer();
  }

  toEnd() {
    this.atEnd = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.jump.hidden = true;
  }

  async loadOlder(event) {
    event?.preventDefault();
    if (this.loading || this.context.feed.oldest <= 1) return;
    this.loading = true;
    try {
      const before = this.list.children.length;
      await this.context.loadOlder();
      this.#seen += this.list.children.length - before;
    } catch {
      this.older.hidden = false;   // the button stays, to try again
    } finally {
      this.loading = false;
    }
  }

  /** Downwards, until the stream is at its end again and goes on by itself. */
  async loadNewer() {
    if (this.loading) return;
    this.loading = true;
    this.atEnd = false;
    try {
      await this.context.loadNewer();
      if (!this.context.target) this.toEnd();
    } catch (error) {
      this.context.trouble.set(error.message);
    } finally {
      this.loading = false;
    }
  }

  drawOutgoing(list) {
    reconcile(this.waiting, list, {
      key: (item) => item.cid,
      create: (item) => this.createOutgoing(item),
      update: (node, item) => drawOutgoing(node, item, this.context),
    });
    if (list.length && this.atEnd) this.toEnd();
  }

  createOutgoing({ cid }) {
    const node = clone("t-outgoing");
    node.querySelector('[data-action="retry"]').addEventListener("click", () => this.context.resend(cid));
    node.querySelector('[data-action="drop"]').addEventListener("click", () => this.context.discard(cid));
    return node;
  }
}

function drawOutgoing(node, item, { me, faces }) {
  drawFiles(node, item.files);
  node.dataset.state = item.state;
  fill(node, { text: item.content, state: stateOf(item) });
  drawFace(node, { kind: "user", name: me.name }, faces);
  node.querySelector(".speaker").textContent = gettext("You");
  for (const button of node.querySelectorAll("button")) button.hidden = item.state !== "failed";
}

function stateOf({ state, error }) {
  if (state === "failed") return gettext("Not sent: {error}", { error });
  return state === "sent" ? gettext("Sent") : gettext("Sending…");
}

export function define() {
  customElements.define("room-stream", RoomStream);
}
