/** A room, of an incident or a chat: a model fed by the socket, elements that draw it, commands that go back. */
import { define as defineAgents } from "./elements/agent_list.js";
import { define as defineApprovals } from "./elements/approval_card.js";
import { define as defineChatHeader } from "./elements/chat_header.js";
import { define as defineComposerMenu } from "./elements/composer_menu.js";
import { define as defineFiles } from "./elements/composer_files.js";
import { define as defineConnection } from "./elements/connection_chip.js";
import { define as defineDecided } from "./elements/decided_list.js";
import { define as defineEngineerChat } from "./elements/engineer_chat.js";
import { define as defineGrants } from "./elements/grant_list.js";
import { define as defineHeader } from "./elements/incident_header.js";
import { define as defineIncidentWork } from "./elements/incident_work.js";
import { define as defineComposer } from "./elements/message_composer.js";
import { define as defineOutcomes } from "./elements/outcome_card.js";
import { define as definePanes } from "./elements/pane_layout.js";
import { define as definePlan } from "./elements/plan_tree.js";
import { define as definePrivateStream } from "./elements/private_stream.js";
import { define as defineQuotas } from "./elements/quota_line.js";
import { define as defineQuestions } from "./elements/question_card.js";
import { define as defineResolve } from "./elements/resolve_card.js";
import { define as defineBriefing } from "./elements/room_briefing.js";
import { define as defineConfig } from "./elements/room_config.js";
import { define as defineIndicators } from "./elements/indicator_list.js";
import { define as defineForms } from "./elements/room_form.js";
import { define as defineNotice } from "./elements/room_notice.js";
import { define as defineStream } from "./elements/room_stream.js";
import { define as defineTimeline } from "./elements/room_timeline.js";
import { define as defineRuns } from "./elements/run_list.js";
import { define as defineSideLists } from "./elements/side_lists.js";
import { define as defineTyping } from "./elements/typing_line.js";
import { define as defineWaitingLine } from "./elements/waiting_line.js";
import { define as defineWaiting } from "./elements/waiting_list.js";
import { setServerTime } from "./lib/clock.js";
import { request } from "./lib/http.js";
import { isLookedAt } from "./lib/notifying.js";
import { Socket } from "./lib/socket.js";
import { showCount } from "./lib/tab_count.js";
import { LiveRoom } from "./live_room.js";
import { waitingCount } from "./models/waiting.js";

const DRAWN = [
  "incident-header", "chat-header", "connection-chip", "connection-banner", "plan-tree", "room-timeline", "room-notice", "room-stream",
  "run-list", "grant-list", "waiting-line", "notify-offer", "composer-files", "message-composer", "quota-line", "typing-line", "room-config", "waiting-list", "decided-list", "agent-list", "indicator-list",
  "evidence-list", "resolve-card", "task-list", "role-list", "pin-list", "merge-box", "merged-notice", "room-briefing", "engineer-chat",
];

const page = JSON.parse(document.getElementById("snapshot").textContent);
setServerTime(page.now);

const url = new URL("/ws/v1", location.href.replace(/^http/u, "ws"));
const ticket = async (signal) => (await request("/api/v1/ws-tickets", { method: "POST", json: {}, signal })).ticket;
const live = new LiveRoom(page, (notify) => new Socket({ url, ticket, notify }));

for (const define of [
  definePanes, defineApprovals, defineQuestions, defineOutcomes, defineHeader, defineConnection, definePlan, defineTimeline,
  defineStream, defineComposerMenu, defineComposer, defineWaiting, defineAgents, defineSideLists, defineIndicators, defineNotice, defineDecided, defineChatHeader,
  defineConfig, defineFiles, defineTyping, defineRuns, defineGrants, defineWaitingLine, defineQuotas, defineResolve, definePrivateStream, defineEngineerChat,
  defineForms, defineIncidentWork, defineBriefing,
]) define();
document.documentElement.dataset.live = "";
for (const name of DRAWN) document.querySelector(name)?.connect(live);

const wanted = page.target ?? /^#message-([0-9a-f-]{36})$/u.exec(location.hash)?.[1];
if (wanted) document.querySelector("room-stream").openAt(wanted);

const count = () => showCount(waitingCount(live.room.value) + live.called.value);
live.room.subscribe(count);
live.called.subscribe(count);
for (const back of ["focus", "visibilitychange"]) addEventListener(back, () => isLookedAt() && live.called.set(0));
live.start();
