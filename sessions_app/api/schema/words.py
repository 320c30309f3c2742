"""What the document says before its first address, and of each part."""

ABOUT = """\
The REST interface of a war room. JSON is snake_case, times are RFC 3339 in UTC, ids are UUIDs.

**Lists** answer `{"data": [...], "next": cursor|null}`; `?cursor=` takes `next`, `?limit=` goes up to 200.

**Errors** are `application/problem+json`, also for an address or a method that is not there. `error_code` is for
programs, `detail` is for people. `recoverable` says whether the same request may succeed later, `Retry-After` when.

**Repeats**: a POST that takes `Idempotency-Key` is done once, however often it is sent. The same key with another body
is `IDEMPOTENCY_MISMATCH`.

**What is another organisation's** answers like what is not there.

Fields that a body does not know are refused. Text must not hold NUL or lone surrogates.

**The socket** is described at `asyncapi`.
"""

TAGS = {
    "auth": "Sign in, renew, sign out.",
    "me": "Who is calling.",
    "ws-tickets": "A browser's way into the socket.",
    "incidents": "Incidents with their tasks, roles, pins, indicators, evidence, reports and crews.",
    "evidence": "Files, and their lines.",
    "uploads": "Files that people put into a session, to point at from what they say.",
    "ingest": "Alerts in, from every source.",
    "sessions": "Chat sessions: talk, history, and the log.",
    "engineer-chat": "Ask in private: nobody else sees it.",
    "messages": "Show the room what was said in private.",
    "chat": "Talk to an agent in one request.",
    "agents": "Who may be asked.",
    "search": "Words and parts of words, in all that one may see.",
    "runs": "What agents are at.",
    "approvals": "What waits for a person's yes.",
    "questions": "What an agent wants to know.",
    "outcomes": "Calls of which nobody knows whether they happened.",
    "tools": "What agents can do, and what each needs.",
    "providers": "Models, and whether they answer.",
    "blocklists": "Feeds for firewalls.",
    "grants": "What agents may do in a session without being asked about it each time.",
    "quotas": "How much may still be asked of models, and how far that is used.",
    "audit": "Who did what, in a chain.",
    "docs": "This page.",
    "schema": "The document for programs.",
    "asyncapi": "The socket's document.",
}
