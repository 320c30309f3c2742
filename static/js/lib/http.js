/** JSON over HTTP as the signed-in person: the session's cookie, the CSRF token, problem+json turned into an Error. */
import { gettext } from "./words.js";

export class Refused extends Error {
  constructor(status, problem, retryAfterMs) {
    super(problem.detail || problem.message || gettext("The server answered {status}.", { status }));
    this.status = status;
    this.code = problem.error_code || "";
    this.reference = problem.request_id || "";
    this.recoverable = problem.recoverable ?? status >= 500;
    this.retryAfterMs = retryAfterMs;
  }
}

export async function request(path, { method = "GET", json, body, headers = {}, signal } = {}) {
  const unsafe = method !== "GET";
  const response = await fetch(path, {
    method,
    body: json === undefined ? body : JSON.stringify(json),
    credentials: "same-origin",
    signal,
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
  return refused(response.status, problem, response.headers.get("Retry-After"));
}

function refused(status, problem, wait) {
  const seconds = Number(wait);
  return new Refused(status, problem, seconds > 0 ? seconds * 1000 : undefined);
}

/** A form with a file, which tells how far it has got: what `fetch` can't. `stop` breaks it off without a word. */
export function send(path, form, tellProgress) {
  const call = new XMLHttpRequest();
  const answer = new Promise((resolve, reject) => {
    call.upload.addEventListener("progress", ({ loaded, total }) => tellProgress(total ? loaded / total : 0));
    call.addEventListener("load", () => {
      if (call.status < 300) resolve(call.response);
      else reject(refused(call.status, call.response ?? {}, call.getResponseHeader("Retry-After")));
    });
    call.addEventListener("error", () => reject(new Error(gettext("The server can't be reached."))));
  });
  call.open("POST", path);
  call.responseType = "json";
  call.setRequestHeader("Accept", "application/json");
  call.setRequestHeader("X-CSRFToken", csrfToken());
  call.send(form);
  return { answer, stop: () => call.abort() };
}
