/** What failed, in the reader's language as far as the code of it says. */
import { gettext, language } from "../lib/words.js";
import { errorWords } from "./labels.js";

/** Of an item of the stream: a run's error, or the notice that a private chat keeps of one. */
export function failureLine({ error, message }) {
  if (!message) return errorWords(error?.error_code, error?.detail || error?.message);
  const { error_code: code, retry_run_id: run } = message.metadata ?? {};
  if (language === "en" || !run) return message.content;
  const why = errorWords(code, message.content);
  return gettext("There is no answer: {why} Your question is kept; it can be tried again and costs no round.", { why });
}
