/** JSON over HTTP as the signed-in person: the session's cookie, the CSRF token, problem+json turned into an Error. */
import { gettext } from "./words.js";

export class Refused extends Error {
  constructor(status, problem, retryAfterMs) {
    super(problem.detail || problem.message || gettext("The server answered {status}.", { status }));
    this.status = status;
    this.code = problem.error_code || "";
    this.recoverable = problem.recoverable ?? status >= 500;
    this.retryAfterMs = retryAfterMs;
  }
}

export async function request(path, { method = "GET", json, body, headers = {} } = {}) {
  const unsafe = method !== "GET";
  const response = await fetch(path, {
    method,
    body: json === undefined ? body : JSON.stringify(json),
    credentials: "same-origin",
    headers: {
      Accept: "application/json",
      ...(unsafe ? { "X-CSRFToken": csrfToken() } : {}),
      ...(json === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
  });
  if (!response.ok) throw await refusal(response);
  return response.status === 204 ? null : response.json();
}

function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get("Retry-After"));
  return new Refused(response.status, problem, seconds > 0 ? seconds * 1000 : undefined);
}
