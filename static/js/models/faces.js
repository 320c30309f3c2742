/** Who speaks, as a face: people by initials, agents by role, symbol and colour, the same everywhere. */
const ROLES = ["captain", "manager", "operator", "executor", "expert"];

export function faceOf({ kind, name = "" }) {
  if (kind === "user" || kind === "person") return { face: "person", initials: initials(name) };
  if (kind === "system") return { face: "system", symbol: "system" };
  const role = ROLES.find((one) => name.toLowerCase().includes(one)) ?? "agent";
  return { face: role, symbol: role };
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
    return { kind, name: message.sender_name || (kind === "system" ? "Warroom" : "Agent") };
  }
  if (item.kind === "tool") return { kind: "agent", name: item.call.agent_name };
  return { kind: item.actor?.kind ?? "system", name: item.actor?.name || "Warroom" };
}
