import { clone, field, fill, reconcile, setVisible } from "../lib/dom.js";
import { request } from "../lib/http.js";
import { gettext } from "../lib/words.js";
import { initials } from "../models/faces.js";
import { labelOf } from "../models/labels.js";

const FACES_SHOWN = 5;

/** Severity, status, commander and who is here, as the room tells them. */
class IncidentHeader extends HTMLElement {
  connect({ room, people, urls, me, reported }) {
    this.me = me;
    this.urls = urls;
    room.subscribe((state) => state.incident && this.draw(state.incident));
    reported.subscribe((ready) => {
      if (ready) field(this, "report").hidden = false;
    });
    people.subscribe((here) => this.drawPeople(here));
    this.querySelector("form")?.addEventListener("submit", this);
  }

  draw(incident) {
    for (const name of ["severity", "status"]) field(this, name).dataset[name] = incident[name];
    fill(this, { severity: labelOf("severity", incident.severity), status: labelOf("incident", incident.status) });
    setVisible(field(this, "title"), incident.title);
    fill(this, { commander: incident.commander?.name ?? gettext("No commander") });
    this.drawTechniques(incident.techniques ?? []);
  }

  drawTechniques(techniques) {
    fill(this, { techniques: techniques.join(", ") });
    field(this, "techniques").parentElement.hidden = techniques.length === 0;
  }

  drawPeople(people) {
    const box = field(this, "people");
    const shown = people.slice(0, FACES_SHOWN);
    reconcile(box, shown, { key: (person) => person.id, create: () => clone("t-person"), update: drawPerson });
    box.hidden = shown.length === 0;
    if (people.length > FACES_SHOWN) box.append(more(people.length - FACES_SHOWN));
  }

  async handleEvent(event) {
    event.preventDefault();
    const form = event.target;
    const chosen = { severity: form.elements.severity.value, status: form.elements.status.value };
    if (form.elements.take_command.checked) chosen.commander_id = this.me.id;
    const said = field(this, "said");
    try {
      await request(this.urls.incident, { method: "PATCH", json: chosen });
      said.textContent = "";
      form.closest("details").open = false;
    } catch (error) {
      said.textContent = error.message;
    }
  }
}

function drawPerson(node, person) {
  node.textContent = initials(person.name);
  node.title = person.name;
  node.setAttribute("aria-label", person.name);
}

function more(count) {
  const node = document.createElement("span");
  node.className = "more";
  node.textContent = `+${count}`;
  return node;
}

export function define() {
  customElements.define("incident-header", IncidentHeader);
}
