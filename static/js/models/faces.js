/** Who speaks, as a face: people by initials, agents by role, symbol and colour, the same everywhere. */
import { gettext } from "../lib/words.js";

const DRAWN_ROLES = new Set(["captain", "manager", "operator", "executor", "expert"]);
const COLORS = new Set(["violet", "blue", "teal", "gray", "amber", "green", "pink"]);

export class Faces {
  #known;

  constructor(agents = []) {
    this.#known = new Map(agents.map((agent) => [agent.name, agent]));
  }

  /** {kind, text or symbol, color, role} for {kind, name}. */
  of({ kind, name = "" }) {
    if (kind === "user") return { kind: "person", text: initials(name) };
    if (kind === "system") return { kind: "system", symbol: "system" };
    const agent = this.#known.get(name) ?? { role: "assistant", color: "blue", symbol: "" };
    const color = COLORS.has(agent.color) ? agent.color : "blue";
    if (DRAWN_ROLES.has(agent.role)) return { kind: "agent", symbol: agent.role, color, role: agent.role };
    const drawn = agent.symbol ? { text: agent.symbol } : { symbol: "agent" };
    return { kind: "agent", ...drawn, color, role: agent.role };
  }
}

export function initials(name) {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)].map((word) => [...word][0]) : [...(words[0] ?? "?")].slice(0, 2);
  return letters.join("").toUpperCase();
}

export function speakerOf(item) {
  const message = item.message;
  if (message?.sender_type) {
    const kind = { user: "user", system: "system" }[message.sender_type] ?? "agent";
    return { kind, name: message.sender_name || (kind === "system" ? "Warroom" : gettext("Agent")) };
  }
  if (item.kind === "tool") return { kind: "agent", name: item.call.agent_name };
  return { kind: item.actor?.kind ?? "system", name: item.actor?.name || "Warroom" };
}
