import { clockTime, duration } from "../lib/clock.js";
import { clone, field, fill, reconcile, setHtml, setVisible, toggleAttribute } from "../lib/dom.js";
import { visible } from "../lib/escapes.js";
import { sizeOf } from "../lib/sizes.js";
import { gettext } from "../lib/words.js";
import { decidedLine } from "../models/approvals.js";
import { speakerOf } from "../models/faces.js";
import { markOf } from "../models/private.js";
import { labelOf } from "../models/labels.js";
import { failureLine } from "../models/failures.js";
import { quoting } from "../models/words.js";
import { argsLine } from "./args.js";
import { drawFace } from "./face.js";
import { showCard } from "./waiting_line.js";

const ENDED_EARLY = { cancelled: gettext("Stopped before it was finished"), failed: gettext("This reply failed") };
const CUT_SHORT = gettext("Cut short here: it is longer than one frame");
const UNANSWERED = {
  open: gettext("Waits for an answer"), expired: gettext("Nobody answered in time"), cancelled: gettext("No longer asked"),
};
const TEMPLATES = { tool: "t-call", approval: "t-decided", note: "t-note" };

export function createItem(item) {
  const node = clone(TEMPLATES[item.kind] ?? "t-message");
  if (item.kind === "message") node.id = `message-${item.key}`;
  node.querySelector('[data-action="to-card"]')?.addEventListener("click", () => showCard(item.key));
  node.querySelector('[data-action="unfold"]')?.addEventListener("click", () => fold(node, false));
  return node;
}

export function drawItem(node, item, context) {
  DRAW[item.kind](node, item, context);
  if (item.kind === "note") return;
  drawFace(node, speakerOf(item), context.faces);
  fill(node, { time: clockTime(item.ts) });
  field(node, "time").setAttribute("datetime", item.ts);
  toggleAttribute(node, "data-own", item.message?.sender_id === context.me.id);
}

const DRAW = {
  message(node, item, { feed }) {
    const { message } = item;
    if (message.message_type === "report" && node.dataset.type !== "report") fold(node, true);
    node.dataset.type = message.message_type ?? "text";
    const text = field(node, "text");
    const streaming = message.status === "streaming";
    text.className = message.html ? "prose" : `plain-text${streaming ? " caret" : ""}`;
    if (message.html) setHtml(text, message.html);
    else setPlain(text, streaming ? feed.text(item.key) || feed.text(item.key, "thinking") : message.content);
    drawFlag(node, ENDED_EARLY[message.status] ?? (message.truncated ? CUT_SHORT : markOf(message)));
    drawFiles(node, message.attachments);
    fill(node, { role: message.round ? gettext("round {round}", { round: message.round }) : "" });
  },

  thinking(node, item) {
    node.dataset.type = "thinking";
    setPlain(field(node, "text"), item.content);
    field(node, "text").className = "plain-text";
  },

  error(node, item) {
    node.dataset.type = "error";
    setPlain(field(node, "text"), failureLine(item) || gettext("Something failed."));
    drawFlag(node, item.error?.error_code ?? item.message?.metadata.error_code ?? "", "bad");
  },

  question(node, { question }) {
    node.dataset.type = "question";
    field(node, "text").className = "plain-text";
    setVisible(field(node, "text"), question.question);
    const answered = gettext("{name} answered", { name: question.answered_by ?? gettext("Somebody") });
    drawFlag(node, question.answer ? quoting(answered, question.answer) : UNANSWERED[question.status]);
  },

  tool(node, item) {
    const { call } = item;
    fill(node, { tool: visible(call.tool), "args-line": visible(argsLine(call.args)) });
    const took = call.started_at && call.ended_at ? ` ${duration(call.started_at, call.ended_at)}` : "";
    const state = field(node, "state");
    state.dataset.state = call.state;
    state.textContent = `${labelOf("call", call.state)}${took}`;
    setVisible(field(node, "args"), JSON.stringify(call.args, null, 2));
    const result = call.error ?? call.result;
    node.querySelector('[data-part="result"]').hidden = result === null || result === undefined;
    setVisible(field(node, "result"), typeof result === "string" ? result : JSON.stringify(result, null, 2) ?? "");
  },

  approval(node, item) {
    const { approval } = item;
    node.querySelector(".decided").dataset.status = approval.status;
    node.querySelector('[data-action="to-card"]').hidden = approval.status !== "pending";
    const at = clockTime(approval.decided_at ?? item.updatedAt);
    fill(node, { tool: visible(approval.tool), decided: visible(decidedLine(approval, at)) });
  },

  note(node, item, { urls }) {
    node.dataset.tone = item.note.tone;
    const link = node.querySelector('[data-part="report"]');
    link.hidden = !item.note.report;
    link.href = urls.report;
    node.querySelector(".note").dataset.tone = item.note.tone;
    fill(node, { text: item.note.text, time: item.note.tone === "round" ? "" : clockTime(item.ts) });
  },
};

/** What a message points to: each a download, whatever it is. Of one on its way there is nothing to download yet. */
export function drawFiles(node, files = []) {
  const list = field(node, "files");
  list.hidden = files.length === 0;
  reconcile(list, files, { key: (file) => file.id, create: () => clone("t-file"), update: drawFile });
}

function drawFile(node, file) {
  const link = field(node, "file-name");
  setVisible(link, file.filename);
  toggleAttribute(link, "href", file.download_url);
  fill(node, { "file-size": sizeOf(file.size) });
}

/** A report is pages long and has a page of its own: the stream shows how it begins. */
function fold(node, folded) {
  node.toggleAttribute("data-folded", folded);
  node.querySelector('[data-action="unfold"]').hidden = !folded;
}

/** Streamed text only grows: append to the text node, so that a selection in it stays. */
function setPlain(node, text) {
  const only = node.childNodes.length === 1 && node.firstChild.nodeType === Node.TEXT_NODE ? node.firstChild : null;
  if (only && text.startsWith(only.data)) only.appendData(text.slice(only.data.length));
  else node.textContent = text;
}

function drawFlag(node, text, tone = "") {
  fill(node, { flag: text });
  toggleAttribute(field(node, "flag"), "data-tone", tone);
}
