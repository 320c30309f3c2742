// The API by example: node examples/api.mjs http://127.0.0.1:8000 PASSWORD    (Node 22 or later, or a page)
const [base, password] = process.argv.slice(2);

async function call(method, path, body, token, more = {}) {
  const headers = { "Content-Type": "application/json", ...more };
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(`${base}/api/v1/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${told.error_code}: ${told.detail}`);
  return told;
}

// == token
const { access: token } = await call("POST", "auth/token", { username: "responder", password });
console.log("I am", (await call("GET", "me", undefined, token)).name);

// == session
const session = await call("POST", "sessions", { title: "What is this address?", activate: true }, token);
console.log("session", session.id, session.status);

// == message
const key = { "Idempotency-Key": crypto.randomUUID() }; // send it again after a lost connection: it is said once
const reply = await call("POST", `sessions/${session.id}/messages`, { content: "Who are you?" }, token, key);
console.log(reply.sender_name, "says:", reply.content);

// == sse
const leave = new AbortController();
const stream = await fetch(`${base}/api/v1/sessions/${session.id}/events`, {
  headers: { Authorization: `Bearer ${token}`, Accept: "text/event-stream" }, // and Last-Event-ID, to resume
  signal: leave.signal,
});
let kept = "";
for await (const chunk of stream.body.pipeThrough(new TextDecoderStream())) {
  const lines = (kept + chunk).split("\n");
  kept = lines.pop();
  const events = lines.filter((line) => line.startsWith("data: ")).map((line) => JSON.parse(line.slice(6)));
  for (const event of events) console.log("sse", event.seq, event.type);
  if (events.some((event) => event.type === "run.succeeded")) break;
}
leave.abort();

// == socket
await new Promise((done, failed) => {
  // A page can't send headers: it asks POST ws-tickets for a ticket, and shows it in the hello.
  const socket = new WebSocket(`${base.replace("http", "ws")}/ws/v1`, {
    protocols: ["warroom.v1"],
    headers: { Authorization: `Bearer ${token}` },
  });
  const send = (frame) => socket.send(JSON.stringify(frame));
  socket.onopen = () => {
    send({ t: "hello", v: 1 });
    send({ t: "sub", room: session.id });
  };
  socket.onerror = failed;
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    console.log("socket", frame.t);
    if (frame.t === "ping") send({ t: "pong", n: frame.n });
    if (frame.t === "caught_up") socket.close();
  };
  socket.onclose = done;
});

// == approval
const wish = { content: "Block 203.0.113.79 for 60 minutes" };
const asked = await call("POST", `sessions/${session.id}/messages`, wish, token);
console.log("the run is", asked.status, "for", asked.waiting_for);
const { access: approver } = await call("POST", "auth/token", { username: "approver", password });
const approval = await call("GET", `approvals/${asked.approval_ids[0]}`, undefined, approver);
console.log(approval.agent_name, "wants", approval.tool, approval.args);
const { version, digest } = approval;
const decision = { version, digest, decision: "reject", feedback: "Not yet." };
const decided = await call("POST", `approvals/${approval.id}/decision`, decision, approver);
console.log("the approval is", decided.approval.status);
