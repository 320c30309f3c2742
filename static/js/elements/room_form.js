import { field } from "../lib/dom.js";
import { request } from "../lib/http.js";

/**
 * A plain form of the room, sent by REST instead where there is a script; the room's event redraws what it changed.
 * `data-url` and `data-method` say where to, `data-json` on a field what it is called there. What is left empty is null.
 */
class RoomForm extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", this);
  }

  async handleEvent(event) {
    event.preventDefault();
    const form = event.target;
    const said = field(this, "said");
    this.ariaBusy = "true";
    try {
      await request(addressOf(this, form), { method: event.submitter?.dataset.method ?? this.dataset.method, json: bodyOf(form, event.submitter) });
      said.textContent = "";
      if (this.dataset.method === "POST" || "reset" in this.dataset) form.reset();
      const menu = form.closest("details");
      if (menu) menu.open = false;
    } catch (error) {
      said.textContent = error.message;
    } finally {
      this.ariaBusy = "false";
    }
  }
}

/** A part of the address may be a field of the form: `/roles/:role`. */
function addressOf(element, form) {
  return element.dataset.url.replace(/:(\w+)/u, (_, name) => encodeURIComponent(form.elements[name].value.trim().toLowerCase().replaceAll(" ", "_")));
}

function bodyOf(form, submitter) {
  const body = {};
  for (const input of form.querySelectorAll("[data-json]")) body[input.dataset.json] = valueOf(input);
  if (submitter?.dataset.json) body[submitter.dataset.json] = submitter.value;
  return body;
}

/** A time is in UTC, as its label says. */
function valueOf(input) {
  if (input.value === "") return input.dataset.empty ?? null;
  return input.type === "datetime-local" ? `${input.value}${input.value.length === 16 ? ":00" : ""}Z` : input.value;
}

export function define() {
  customElements.define("room-form", RoomForm);
}
