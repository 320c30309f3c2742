/** The timeline: the same items as the stream, each in one line, without what agents merely say along the way. */
import { visible } from "../lib/escapes.js";
import { clockTime } from "../lib/clock.js";
import { gettext, list, number } from "../lib/words.js";
import { decidedLine } from "./approvals.js";
import { labelOf } from "./labels.js";
import { firstLine, withWords } from "./words.js";

const LONGEST = 90;
const UNDECIDED = new Set(["requested", "approved", "rejected", "expired", "cancelled"]);
const TELLING = new Set(["summary", "report", "board_conclusion", "team_result"]);

export function entriesOf(items) {
  return merged(items.map(entryOf).filter(Boolean));
}

/** A log file names dozens of indicators at once: one line for those that come in a row. */
function merged(entries) {
  const lines = [];
  for (const entry of entries) {
    const last = lines.at(-1);
    if (!entry.names || !last?.names) lines.push(entry);
    else lines[lines.length - 1] = { ...last, names: [...new Set([...last.names, ...entry.names])] };
  }
  return lines.map((entry) => (entry.names ? { ...entry, text: withWords(entry.text, listed(entry.names)) } : entry));
}

function listed(names) {
  if (names.length <= 3) return list(names);
  return gettext("{names} and {count} more", { names: list(names.slice(0, 2)), count: number(names.length - 2) });
}

function entryOf(item) {
  const told = TELL[item.kind]?.(item);
  return told ? { key: item.key, ts: item.ts, by: item.actor?.kind ?? "system", tone: "", ...told } : null;
}

const TELL = {
  note: ({ note }) => ({ text: note.text, tone: note.tone, names: note.names }),
  message: ({ message }) => {
    const person = message?.sender_type === "user";
    if (!message?.content || (!person && !TELLING.has(message.message_type))) return null;
    return { by: person ? "user" : "agent", text: withWords(message.sender_name, firstLine(message.content, LONGEST)) };
  },
  // A call that waits for a person is told by its approval.
  tool: ({ call }) => {
    if (UNDECIDED.has(call.state)) return null;
    const ran = gettext("{agent} ran {tool}", { agent: call.agent_name, tool: call.tool });
    return { by: "agent", text: withWords(ran, labelOf("call", call.state)), tone: call.state === "failed" ? "bad" : "" };
  },
  approval: (item) => ({
    text: visible(`${item.approval.tool} ${decidedLine(item.approval, clockTime(item.approval.decided_at ?? item.updatedAt))}`),
    tone: { approved: "good", rejected: "bad", expired: "bad", pending: "waits" }[item.approval.status] ?? "",
    by: item.approval.decided_by ? "user" : "agent",
  }),
  question: ({ question }) => ({
    text: withWords(gettext("{agent} asked", { agent: question.asked_by }), firstLine(question.question)),
    tone: question.status === "open" ? "waits" : "",
  }),
};
