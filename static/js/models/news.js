/** Of what happens in a room, what its reader wants to be called for: {title, body}, or null. */
import { gettext } from "../lib/words.js";
import { mayDecide } from "./approvals.js";
import { firstLine } from "./words.js";

export function newsOf({ type, data }, { me, title }) {
  return NEWS[type]?.(data, { me, title }) ?? null;
}

/** `@Casey Moreno` or `@Casey`. */
export function mentions(text, name) {
  const [first] = name.split(/\s+/u);
  const names = [name, first].filter(Boolean).map((one) => one.replace(/[$()*+.?[\\\]^{|}]/gu, "\\$&"));
  return names.length > 0 && new RegExp(`(?<![\\w@])@(?:${names.join("|")})(?![\\w-])`, "iu").test(text);
}

const NEWS = {
  "approval.requested": (approval, { me, title }) =>
    mayDecide(approval, me)
      ? { title: gettext("{agent} asks to run {tool}", { agent: approval.agent_name, tool: approval.tool }), body: title }
      : null,
  "message.created": ({ sender_id: sender, sender_name: name, content }, { me, title }) =>
    sender !== me.id && mentions(content ?? "", me.name)
      ? { title: gettext("{name} mentions you: {title}", { name, title }), body: firstLine(content), mention: true }
      : null,
  "incident.changed": ({ changes }, { title }) =>
    changes?.severity?.[1] === "critical" ? { title: gettext("Critical now"), body: title } : null,
};
