/** The timeline: the same items as the stream, each in one line, without what agents merely say along the way. */
import { visible } from "../lib/escapes.js";
import { clockTime } from "../lib/clock.js";
import { gettext, list, number } from "../lib/words.js";
import { decidedLine } from "./approvals.js";
import { labelOf } from "./labels.js";
import { firstLine, withWords } from "./words.js";

const LONGEST = 90;
const UNDECIDED = new Set(["requested", "approved", "rejected", "expired", "cancelled"]);
// A report's own first line is the incident's title; that it is ready is told by its event.
const TELLING = new Set(["summary", "board_conclusion", "team_result"]);

export function entriesOf(items) {
  return merged(items.flatMap(entriesOfItem).sort((a, b) => a.seq - b.seq));
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

/** What was asked stands at its time; what came of it later is an entry of its own, at the time of the outcome. */
function entriesOfItem(item) {
  const told = [...(ASKED[item.kind]?.(item) ?? []), ...[TELL[item.kind]?.(item)].filter(Boolean)];
  return told.map((entry) => ({ key: item.key, seq: item.seq, ts: item.ts, by: item.actor?.kind ?? "system", tone: "", ...entry }));
}

function later(item) {
  return { seq: item.updated, ts: item.updatedAt };
}

const ASKED = {
  approval: ({ key, approval }) => (approval.status === "pending" ? [] : [{
    key: `${key} asked`, by: "agent", text: visible(gettext("{agent} asked to run {tool}", { agent: approval.agent_name, tool: approval.tool })),
  }]),
  question: ({ key, question }) => (question.status === "open" ? [] : [{ key: `${key} asked`, by: "agent", text: askedLine(question) }]),
};

function askedLine(question) {
  return withWords(gettext("{agent} asked", { agent: question.asked_by }), firstLine(question.question));
}

const TELL = {
  note: ({ note }) => ({ text: note.text, tone: note.tone, names: note.names }),
  message: ({ message }) => {
    const person = message?.sender_type === "user";
    if (!message?.content || (!person && !TELLING.has(message.message_type))) return null;
    return { by: person ? "user" : "agent", text: withWords(message.sender_name, firstLine(message.content, LONGEST)) };
  },
  // A call that waits for a person is told by its approval.
  tool: (item) => {
    const { call } = item;
    if (UNDECIDED.has(call.state)) return null;
    const ran = gettext("{agent} ran {tool}", { agent: call.agent_name, tool: call.tool });
    return { ...later(item), by: "agent", text: withWords(ran, labelOf("call", call.state)), tone: call.state === "failed" ? "bad" : "" };
  },
  approval: (item) => ({
    ...(item.approval.status === "pending" ? {} : later(item)),
    text: visible(`${item.approval.tool} ${decidedLine(item.approval, clockTime(item.approval.decided_at ?? item.updatedAt))}`),
    tone: { approved: "good", rejected: "bad", expired: "bad", pending: "waits" }[item.approval.status] ?? "",
    by: item.approval.decided_by ? "user" : "agent",
  }),
  question: (item) => {
    const { question } = item;
    if (question.status === "open") return { text: askedLine(question), tone: "waits" };
    if (question.status !== "answered") return { ...later(item), text: gettext("Nobody answered {agent}", { agent: question.asked_by }), tone: "bad" };
    const answered = gettext("{name} answered {agent}", { name: question.answered_by ?? gettext("Somebody"), agent: question.asked_by });
    return { ...later(item), by: "user", text: withWords(answered, firstLine(question.answer ?? "")) };
  },
};
