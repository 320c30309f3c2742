import { clockTime } from "../lib/clock.js";
import { clone, field, fill, reconcile, setVisible } from "../lib/dom.js";
import { gettext } from "../lib/words.js";
import { constraintLine, grantLine } from "../models/grants.js";

/** What agents may do here without being asked about each time; anyone who posts may take it back. */
class GrantList extends HTMLElement {
  connect(context) {
    this.context = context;
    field(this, "list").replaceChildren();   // what stood there is for those without scripts
    context.room.subscribe(({ grants }) => this.draw(grants));
  }

  draw(grants) {
    this.hidden = grants.length === 0;
    reconcile(field(this, "list"), grants, {
      key: (grant) => grant.id,
      create: (grant) => this.row(grant),
      update: (node, grant) => this.update(node, grant),
    });
  }

  row({ id }) {
    const node = clone("t-grant");
    const button = node.querySelector("button");
    button.addEventListener("click", () => this.revoke(button, id));
    return node;
  }

  update(node, grant) {
    setVisible(field(node, "tool"), grant.tool);
    setVisible(field(node, "constraint"), constraintLine(grant.constraint));
    fill(node, { text: grantLine(grant), until: gettext("until {time}", { time: clockTime(grant.expires_at) }) });
    const button = node.querySelector("button");
    button.hidden = !this.context.me.posts;
    button.setAttribute("aria-label", gettext("Take back the grant for {tool}", { tool: grant.tool }));
  }

  async revoke(button, id) {
    button.disabled = true;
    await this.context.tell(() => this.context.command("grant.revoke", { grant_id: id }));
    button.disabled = false;
  }
}

export function define() {
  customElements.define("grant-list", GrantList);
}
