import { clone, field, fill, reconcile, setVisible } from "../lib/dom.js";
import { gettext } from "../lib/words.js";
import { workOf } from "../models/work.js";
import { drawFace } from "./face.js";

const GO = { "run.pause": gettext("Pause"), "run.resume": gettext("Go on"), "run.retry": gettext("Try again") };
const GO_LABEL = {
  "run.pause": (name) => gettext("Let {name} pause", { name }),
  "run.resume": (name) => gettext("Let {name} go on", { name }),
  "run.retry": (name) => gettext("Let {name} try again", { name }),
};

/** The replies and the crew's work on their way, above the composer: each can be paused, told something, or stopped. */
class RunList extends HTMLElement {
  connect(context) {
    this.context = context;
    const draw = () => this.draw();
    context.room.subscribe(draw);
    context.feedChanged.subscribe(draw);
  }

  draw() {
    const { room, feed, pastRuns } = this.context;
    const { session, incident, runs } = room.value;
    const open = session.status === "active" && incident?.status !== "closed";
    this.work = workOf({ runs, past: [...pastRuns.values()], feed, open });
    reconcile(field(this, "list"), this.work, {
      key: (run) => run.id,
      create: () => this.row(),
      update: (node, run) => this.update(node, run),
    });
    this.hidden = this.work.length === 0;
  }

  row() {
    const node = clone("t-run");
    node.addEventListener("click", (event) => this.pressed(node, event.target.closest("[data-action]")));
    node.querySelector("form").addEventListener("submit", (event) => this.steer(node, event));
    return node;
  }

  update(node, run) {
    node.dataset.status = run.status;
    drawFace(node, { kind: "agent", name: run.name }, this.context.faces);
    setVisible(field(node, "about"), run.about);
    fill(node, { stands: run.stands });
    this.drawActions(node, run);
  }

  drawActions(node, { name, actions }) {
    const mine = this.context.me.posts;
    const go = node.querySelector('[data-action="go"]');
    const stop = node.querySelector('[data-action="stop"]');
    go.hidden = !mine || !actions.go;
    go.dataset.command = actions.go;
    if (actions.go) {
      go.textContent = GO[actions.go];
      go.setAttribute("aria-label", GO_LABEL[actions.go](name));
    }
    // What has the focus must not vanish under who uses the keyboard.
    if (!actions.stop && document.activeElement === stop) go.focus();
    stop.hidden = !mine || !actions.stop;
    stop.setAttribute("aria-label", gettext("Stop {name}", { name }));
    const tell = node.querySelector('[data-action="tell"]');
    tell.hidden = !mine || !actions.steer;
    tell.setAttribute("aria-label", gettext("Tell {name} something on its way", { name }));
    node.querySelector("input").setAttribute("aria-label", gettext("Words for {name}", { name }));
    if (tell.hidden) this.open(node, false);
  }

  open(node, open) {
    node.querySelector("form").hidden = !open;
    node.querySelector('[data-action="tell"]').setAttribute("aria-expanded", String(open));
  }

  async pressed(node, button) {
    if (!button) return;
    if (button.dataset.action === "tell") {
      const form = node.querySelector("form");
      this.open(node, form.hidden);
      if (!form.hidden) form.elements.content.focus();
      return;
    }
    const command = button.dataset.action === "stop" ? "run.cancel" : button.dataset.command;
    await this.ask(button, command, { run_id: node.dataset.key });
  }

  async steer(node, event) {
    event.preventDefault();
    const input = event.target.elements.content;
    const content = input.value.trim();
    if (!content) return;
    await this.ask(event.submitter, "run.steer", { run_id: node.dataset.key, content }, () => {
      input.value = "";
      this.open(node, false);
      node.querySelector('[data-action="tell"]').focus();
    });
  }

  /** `aria-disabled`, since a disabled button would lose the focus; the room's event draws what came of it. */
  async ask(button, command, data, then = () => {}) {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    await this.context.tell(async () => {
      await this.context.command(command, data);
      then();
    });
    button.removeAttribute("aria-disabled");
  }
}

export function define() {
  customElements.define("run-list", RunList);
}
