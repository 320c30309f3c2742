import { clone, fill } from "../lib/dom.js";
import { offered } from "../models/composer_menu.js";
import { commandsOf } from "../room_commands.js";

/** Opens over the composer for `@` and `/`: arrows choose, Enter or Tab takes, Esc closes; a press does, too. */
class ComposerMenu extends HTMLElement {
  connect(live, box) {
    this.live = live;
    this.box = box;
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", this.id);
    box.addEventListener("input", () => this.look());
    box.addEventListener("blur", () => this.close());
    // On `pointerdown` the box would lose the focus first.
    this.addEventListener("pointerdown", (event) => event.preventDefault());
    this.addEventListener("click", (event) => this.take(event.target.closest("[role=option]")));
  }

  look() {
    const { me, people, room, askPrivately } = this.live;
    const known = [...people.value, ...room.value.participants].map(({ name }) => name);
    const names = [...new Set(known)].filter((name) => name && name !== me.name);
    const before = this.box.value.slice(0, this.box.selectionStart);
    const found = offered(before, { names, commands: commandsOf(this.live), asksPrivately: Boolean(askPrivately) });
    if (!found) {
      this.close();
      return;
    }
    this.from = found.from;
    this.replaceChildren(...found.entries.map(drawEntry));
    this.hidden = false;
    this.choose(this.firstElementChild);
  }

  close() {
    this.hidden = true;
    this.box.removeAttribute("aria-activedescendant");
  }

  /** Whether the key was for the menu. */
  pressed(event) {
    if (this.hidden || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.move(step);
    else if (event.key === "Enter" || event.key === "Tab") return this.take(this.chosen, event);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  move(step) {
    const all = [...this.children];
    this.choose(all[(all.indexOf(this.chosen) + step + all.length) % all.length]);
  }

  choose(entry) {
    this.chosen?.setAttribute("aria-selected", "false");
    this.chosen = entry;
    entry.setAttribute("aria-selected", "true");
    entry.scrollIntoView({ block: "nearest" });
    this.box.setAttribute("aria-activedescendant", entry.id);
  }

  take(entry, event) {
    if (!entry || (entry.getAttribute("aria-disabled") === "true" && event?.key === "Enter")) return false;
    event?.preventDefault();
    if (entry.getAttribute("aria-disabled") === "true") return true;
    this.box.setRangeText(`${entry.dataset.name} `, this.from, this.box.selectionStart, "end");
    this.close();
    this.box.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }
}

function drawEntry({ name, hint = "", about, off }, index) {
  const node = clone("t-composer-entry");
  node.id = `composer-entry-${index}`;
  node.dataset.name = name;
  node.setAttribute("aria-disabled", String(off !== ""));
  fill(node, { name: hint ? `${name} ${hint}` : name, about, off });
  return node;
}

export function define() {
  customElements.define("composer-menu", ComposerMenu);
}
