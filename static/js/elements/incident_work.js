import { clockTime } from "../lib/clock.js";
import { clone, field, fill, reconcile, setVisible } from "../lib/dom.js";
import { gettext } from "../lib/words.js";
import { dueLine, rolesOf } from "../models/incident_work.js";

/** Tasks of people; each row is its own form, which works without a script too. */
class TaskList extends HTMLElement {
  connect({ room, urls }) {
    this.urls = urls;
    field(this, "list").replaceChildren();
    room.subscribe(({ tasks }) => this.draw(tasks));
  }

  draw(tasks) {
    reconcile(field(this, "list"), tasks, { key: (task) => task.id, create: () => clone("t-task"), update: (row, task) => this.row(row, task) });
    field(this, "empty").hidden = tasks.length > 0;
    document.querySelector('[data-count="tasks"]').textContent = String(tasks.length);
  }

  row(row, task) {
    const done = task.status === "done";
    row.dataset.status = task.status;
    setVisible(field(row, "title"), task.title);
    fill(row, { about: dueLine(task), mark: done ? gettext("Open again") : gettext("Done") });
    for (const form of row.querySelectorAll("room-form")) form.dataset.url = `${this.urls.incident}/tasks/${task.id}`;
    const mark = row.querySelector('button[name="status"]');
    if (!mark) return;   // who only reads has no forms
    mark.value = done ? "open" : "done";
    if (!row.querySelector("details").open) write(row.querySelector("details form"), task);
  }
}

function write(form, task) {
  form.elements.title.value = task.title;
  form.elements.assignee.value = task.assignee_id ?? "";
  form.elements.due.value = task.due?.slice(0, 16) ?? "";
}

/** Who commands, and who has which other role. */
class RoleList extends HTMLElement {
  connect({ room, me, urls }) {
    this.urls = urls;
    field(this, "list").replaceChildren();
    room.subscribe(({ incident }) => {
      this.draw(rolesOf(incident));
      const command = field(this, "command");
      if (command) command.hidden = incident.commander?.id === me.id;
    });
  }

  draw(roles) {
    reconcile(field(this, "list"), roles, {
      key: (one) => one.role,
      create: () => clone("t-role"),
      update: (row, one) => {
        fill(row, { role: one.label, name: one.name });
        const form = row.querySelector("room-form");
        if (form) form.dataset.url = `${this.urls.incident}/roles/${one.role}`;
      },
    });
  }
}

/** Entries that matter, in the order they happened. */
class PinList extends HTMLElement {
  connect({ room, urls }) {
    this.urls = urls;
    field(this, "list").replaceChildren();
    room.subscribe(({ pins }) => {
      this.hidden = pins.length === 0;
      reconcile(field(this, "list"), pins, { key: (pin) => String(pin.seq), create: () => clone("t-pin"), update: (row, pin) => this.row(row, pin) });
    });
  }

  row(row, pin) {
    fill(row, { time: clockTime(pin.ts) });
    setVisible(field(row, "text"), pin.text);
    setVisible(field(row, "note"), pin.note ?? "");
    const form = row.querySelector("room-form");
    if (!form) return;
    form.dataset.url = `${this.urls.incident}/timeline/${pin.seq}/pin`;
    if (!row.querySelector("details").open) form.querySelector("input[name=note]").value = pin.note ?? "";
  }
}

/** What was merged into this incident. Its forms lead to another page, so they are plain ones. */
class MergeBox extends HTMLElement {
  connect({ room, urls }) {
    const may = !this.hidden && this.querySelector("details") !== null;
    field(this, "list").replaceChildren();
    room.subscribe(({ incident: { merged } }) => {
      this.hidden = !may && merged.length === 0;
      reconcile(field(this, "list"), merged, {
        key: (one) => one.id,
        create: () => clone("t-merged"),
        update: (row, one) => {
          setVisible(field(row, "title"), one.title);
          field(row, "title").href = urls.room.replace(urls.zero, one.id);
          const form = row.querySelector("form");
          if (form) form.action = form.action.replace(urls.zero, one.id);
        },
      });
    });
  }
}

/** Says where a merged incident goes on; nobody writes here meanwhile. */
class MergedNotice extends HTMLElement {
  connect({ room, urls }) {
    room.subscribe(({ incident: { merged_into: where } }) => {
      this.hidden = !where;
      const composer = document.querySelector("message-composer");
      if (composer) composer.hidden = Boolean(where);
      if (!where) return;
      setVisible(field(this, "where"), where.title);
      field(this, "where").href = urls.room.replace(urls.zero, where.id);
    });
  }
}

export function define() {
  customElements.define("task-list", TaskList);
  customElements.define("role-list", RoleList);
  customElements.define("pin-list", PinList);
  customElements.define("merge-box", MergeBox);
  customElements.define("merged-notice", MergedNotice);
}
