import { field } from "../lib/dom.js";
import { pressedAlone, want, wanted } from "../lib/single_keys.js";

const SEQUENCE_MS = 1500;
const WALKED = ".incident-rows .title, .found-list > .found, room-stream .item, room-stream .note-item";
const WRITTEN_TO = "#composer-text";

/** The keys of every page, and the window that tells them. None of them decides anything. */
class KeyHelp extends HTMLElement {
  #went = -Infinity;

  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.box = field(this, "single-keys");
    this.box.checked = wanted();
    this.box.addEventListener("change", () => want(this.box.checked));
    this.querySelector("[data-action=close]").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    const button = document.querySelector("[data-action=keys]");
    button.hidden = false;
    button.addEventListener("click", () => this.open());
    document.addEventListener("keydown", (event) => this.heard(event));
  }

  open() {
    for (const menu of document.querySelectorAll("[data-menu][open]")) menu.open = false;
    this.dialog.showModal();
  }

  heard(event) {
    if (event.key === "Escape") leaveField(event.target);
    const key = pressedAlone(event);
    const going = event.timeStamp - this.#went < SEQUENCE_MS;
    this.#went = key === "g" ? event.timeStamp : -Infinity;
    const taken = going ? go(key) : this.take(key);
    if (taken) event.preventDefault();
  }

  take(key) {
    if (key === "?") this.open();
    else if (key === "j" || key === "k") return walk(key === "j" ? 1 : -1);
    else if (key === "m") return write();
    else return false;
    return true;
  }
}

function go(key) {
  const link = key && document.querySelector(`[data-key-go="${CSS.escape(key)}"]`);
  link?.click();
  return Boolean(link);
}

/** From where one stands; in a room one begins at its end, in a list at its top. */
function walk(step) {
  const all = [...document.querySelectorAll(WALKED)].filter((node) => node.checkVisibility());
  if (!all.length) return false;
  const from = all.findIndex((node) => node.contains(document.activeElement));
  const inRoom = all[0].closest("room-stream") !== null;
  const first = inRoom ? all.length - 1 : 0;
  const next = all[from < 0 ? first : Math.min(all.length - 1, Math.max(0, from + step))];
  if (inRoom) next.tabIndex = -1;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function write() {
  const box = document.querySelector(WRITTEN_TO);
  if (!box) return false;
  document.querySelector("pane-layout")?.show("middle");
  box.focus();
  return true;
}

/** Out of a field of the page; a window or a menu has its own way out. */
function leaveField(node) {
  if (node.matches("input, textarea") && !node.closest("dialog, [data-menu], [aria-expanded=true]")) node.blur();
}

export function define() {
  customElements.define("key-help", KeyHelp);
}
