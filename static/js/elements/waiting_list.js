import { clone, field, reconcile } from "../lib/dom.js";
import { readyToResolve, waitingCount } from "../models/waiting.js";
import { DOUBLE_CLICK_MS } from "./decision_card.js";

const SAME_PLACE_PX = 40;

/** All that waits for a person: requests to approve, questions, unclear outcomes. */
class WaitingList extends HTMLElement {
  #pressed = { card: null, at: -Infinity, x: 0, y: 0 };

  connect(context) {
    this.context = context;
    this.addEventListener("click", (event) => this.press(event), { capture: true });
    for (const name of ["approvals", "questions", "unknowns"]) field(this, name).replaceChildren();
    context.room.subscribe((room) => this.draw(room));
    context.reported.subscribe(() => this.draw(context.room.value));
  }

  /** The first click of a double click takes its card away: the second is not meant for the card that has moved up. */
  press(event) {
    const { timeStamp: at, clientX: x, clientY: y, detail } = event;
    const card = event.target.closest("approval-card, question-card, outcome-card");
    const before = this.#pressed;
    const again = detail > 0 && at - before.at < DOUBLE_CLICK_MS && Math.hypot(x - before.x, y - before.y) < SAME_PLACE_PX;
    if (!again || card === before.card) this.#pressed = { card, at, x, y };
    else swallow(event);
  }

  draw(room) {
    this.cards("approvals", room.approvals, "t-approval");
    this.cards("questions", room.questions ?? [], "t-question");
    this.cards("unknowns", room.unknowns ?? [], "t-outcome");
    const count = waitingCount(room);
    field(this, "empty").hidden = count > 0;
    drawBadge(document.querySelector('[data-count="waiting"]'), count);
    // Behind its tab the pane also holds the word that ends an incident.
    drawBadge(document.querySelector('.room-tabs [data-field="waiting"]'), count + Number(readyToResolve(room, this.context.reported.value)));
  }

  cards(name, list, template) {
    const box = field(this, name);
    box.hidden = list.length === 0;
    reconcile(box, list, {
      key: (one) => one.id,
      create: () => {
        const card = clone(template);
        card.connect(this.context);
        return card;
      },
      update: (card, one) => card.draw(one),
    });
  }
}

function swallow(event) {
  event.preventDefault();
  event.stopPropagation();
}

function drawBadge(badge, count) {
  badge.textContent = String(count);
  badge.hidden = count === 0;
}

export function define() {
  customElements.define("waiting-list", WaitingList);
}
