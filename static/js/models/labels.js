/** What the codes of the wire are called; sessions_app/pages/labels.py says the same on the server's pages. */
import { gettext, language, pgettext } from "../lib/words.js";

const LABELS = {
  severity: {
    critical: gettext("Critical"), high: gettext("High"), medium: gettext("Medium"), low: gettext("Low"), info: gettext("Info"),
  },
  incident: {
    open: pgettext("incident", "Open"), investigating: pgettext("incident", "Investigating"),
    contained: pgettext("incident", "Contained"), resolved: pgettext("incident", "Resolved"), closed: pgettext("incident", "Closed"),
  },
  session: {
    created: pgettext("session", "Created"), active: pgettext("session", "Active"),
    ended: pgettext("session", "Ended"), expired: pgettext("session", "Expired"),
  },
  role: {
    observer: gettext("Observer"), responder: gettext("Responder"), approver: gettext("Approver"),
    commander: gettext("Commander"), admin: gettext("Admin"), auditor: gettext("Auditor"),
  },
  risk: {
    low: gettext("Low risk"), medium: gettext("Medium risk"), high: gettext("High risk"), destructive: gettext("Destructive risk"),
  },
  vote: { approve: pgettext("vote", "approve"), reject: pgettext("vote", "reject") },
  indicator: {
    ip: pgettext("indicator", "ip"), domain: pgettext("indicator", "domain"), url: pgettext("indicator", "url"),
    hash: pgettext("indicator", "hash"), user: pgettext("indicator", "user"), host: pgettext("indicator", "host"),
    email: pgettext("indicator", "email"), process: pgettext("indicator", "process"), file: pgettext("indicator", "file"),
  },
  known: {
    resolver: pgettext("known", "public resolver"), updates: pgettext("known", "system updates"), time: pgettext("known", "time service"),
    certificates: pgettext("known", "certificates"), connectivity: pgettext("known", "connectivity check"),
    vendor: pgettext("known", "vendor"), namespace: pgettext("known", "namespace"), cloud: pgettext("known", "cloud service"),
    multicast: pgettext("known", "multicast"), listed: pgettext("known", "listed by us"),
  },
  step: {
    pending: pgettext("step", "pending"), running: pgettext("step", "running"), waiting: pgettext("step", "waiting"),
    succeeded: pgettext("step", "succeeded"), failed: pgettext("step", "failed"), rejected: pgettext("step", "rejected"),
    skipped: pgettext("step", "skipped"), cancelled: pgettext("step", "cancelled"),
  },
  call: {
    requested: pgettext("call", "waits for a person"), approved: pgettext("call", "approved"), rejected: pgettext("call", "rejected"),
    expired: pgettext("call", "expired"), cancelled: pgettext("call", "cancelled"), claimed: pgettext("call", "running"),
    succeeded: pgettext("call", "done"), failed: pgettext("call", "failed"), unknown: pgettext("call", "unclear"),
    skipped: pgettext("call", "skipped"),
  },
  outcome: { happened: pgettext("outcome", "happened"), retry: pgettext("outcome", "retry"), skip: pgettext("outcome", "skip") },
  confidence: {
    low: pgettext("confidence", "low"), medium: pgettext("confidence", "medium"), high: pgettext("confidence", "high"),
  },
  quota: { requests: pgettext("quota", "requests"), tokens: pgettext("quota", "tokens") },
  // What ends a reply or a run early, as sessions_app/errors.py titles it.
  error: {
    INVALID_CONFIG: gettext("The configuration is not valid."), EMERGENCY_STOP: gettext("Agents are stopped."),
    SERVICE_UNAVAILABLE: gettext("The service is not available right now."),
    AGENT_CONFIG_ERROR: gettext("The agent is set up wrongly."), AGENT_NOT_AVAILABLE: gettext("The agent is not available."),
    LLM_TIMEOUT: gettext("The model took too long."), LLM_RATE_LIMIT: gettext("The model's provider asks us to slow down."),
    LLM_API_ERROR: gettext("The model's provider failed."), LLM_CONTENT_FILTER: gettext("The model's provider refused the content."),
    LLM_TOKEN_LIMIT: gettext("The conversation is too long for the model."), QUOTA_EXCEEDED: gettext("A quota is used up."),
    RUN_CRASHED: gettext("The run crashed too often."), TOOL_EXECUTION_ERROR: gettext("The tool failed."),
    TOOL_TIMEOUT: gettext("The tool took too long."), INTERNAL_ERROR: gettext("Something went wrong on our side."),
  },
  period: { day: pgettext("period", "day"), month: pgettext("period", "month") },
};

/** A code nobody has named yet is shown as it is. */
export function labelOf(kind, code) {
  return LABELS[kind][code] ?? code;
}

/** What an error of a run means: the log has it in English, so who reads another language gets what its code says. */
export function errorWords(code, words) {
  return (language === "en" ? words : LABELS.error[code]) || words || code || "";
}
