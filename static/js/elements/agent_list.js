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
      create: () => clone("t-agent"),
      update: (node, agent) => this.update(node, agent),
    });
    field(this, "empty").hidden = this.agents.length > 0;
    this.tick();
  }

  update(node, agent) {
    node.dataset.state = agent.state;
    drawFace(node, { kind: "agent", name: agent.name }, this.context.faces);
    fill(node, { doing: agent.text, usage: usageLine(agent.usage) });
  }

  tick() {
    const nodes = field(this, "list").children;
    this.agents?.forEach((agent, index) => {
      const busy = agent.since && agent.state !== "idle";
      fill(nodes[index], { since: busy ? gettext("for {time}", { time: span(serverNow() - Date.parse(agent.since)) }) : "" });
    });
  }
}

export function define() {
  customElements.define("agent-list", AgentList);
}
