import { serverNow, span } from "../lib/clock.js";
import { clone, field, fill, reconcile } from "../lib/dom.js";
import { gettext } from "../lib/words.js";
import { agentsOf, usageLine } from "../models/agents.js";
import { drawFace } from "./face.js";

/** Who of the agents does what, for how long, at what cost. */
class AgentList extends HTMLElement {
  connect(context) {
    this.context = context;
    const draw = () => this.draw();
    context.room.subscribe(draw);
    context.feedChanged.subscribe(draw);
    this.timer = setInterval(() => this.tick(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  draw() {
    const { room, feed, pastRuns } = this.context;
    this.agents = agentsOf({ runs: room.value.runs, past: [...pastRuns.values()], items: feed.items() });
    reconcile(field(this, "list"), this.agents, {
      key: (agent) => agent.name,
      create: () => this.row(),
      update: (node, agent) => this.update(node, agent),
    });
    field(this, "empty").hidden = this.agents.length > 0;
    this.tick();
  }

  row() {
    const node = clone("t-agent");
    const button = node.querySelector("button");
    button.addEventListener("click", () => this.cancel(button));
    return node;
  }

  update(node, agent) {
    node.dataset.state = agent.state;
    drawFace(node, { kind: "agent", name: agent.name }, this.context.faces);
    fill(node, { doing: agent.text, usage: usageLine(agent.usage) });
    const button = node.querySelector("button");
    button.dataset.run = agent.stops ?? "";
    button.setAttribute("aria-label", gettext("Stop {name}", { name: agent.name }));
    button.hidden = !agent.stops || !this.context.me.posts;
  }

  tick() {
    const nodes = field(this, "list").children;
    this.agents?.forEach((agent, index) => {
      const busy = agent.since && agent.state !== "idle";
      fill(nodes[index], { since: busy ? gettext("for {time}", { time: span(serverNow() - Date.parse(agent.since)) }) : "" });
    });
  }

  async cancel(button) {
    button.disabled = true;
    await this.context.tell(() => this.context.command("run.cancel", { run_id: button.dataset.run }));
    button.disabled = false;
  }
}

export function define() {
  customElements.define("agent-list", AgentList);
}
