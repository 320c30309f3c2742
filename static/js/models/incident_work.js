/** What people arrange among themselves, in words. */
import { gettext } from "../lib/words.js";

const ROLES = {
  commander: gettext("Commander"), scribe: gettext("Scribe"), communications: gettext("Communications"), liaison: gettext("Liaison"),
  operations: gettext("Operations"),
};

/** A role people have thought of themselves is called as they wrote it. */
export function roleName(role) {
  return ROLES[role] ?? role.replaceAll("_", " ");
}

export function rolesOf({ commander, roles }) {
  const others = Object.entries(roles).map(([role, holder]) => ({ role, label: roleName(role), name: holder.name }));
  return commander ? [{ role: "commander", label: roleName("commander"), name: commander.name }, ...others] : others;
}

export function dueLine({ assignee, due }) {
  const who = assignee ?? gettext("nobody yet");
  return due ? `${who} · ${gettext("due {time} UTC", { time: due.slice(0, 16).replace("T", " ") })}` : who;
}
