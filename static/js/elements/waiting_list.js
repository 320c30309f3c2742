import { clone, field, reconcile } from "../lib/dom.js";
import { readyToResolve, waitingCount } from "../models/waiting.js";

/** All that waits for a person: requests to approve, questions, unclear outcomes. */
class WaitingList extends HTMLElement {
  connect(context) {
    this.context = context;
    for (const name of ["approvals", "questions", "unknowns"]) field(this, name).replaceChildren();
    context.room.subscribe((room) => this.draw(room));
    context.reported.subscribe(() => this.draw(context.room.value));
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

function drawBadge(badge, count) {
  badge.textContent = String(count);
  badge.hidden = count === 0;
}

export function define() {
  customElements.define("waiting-list", WaitingList);
}
