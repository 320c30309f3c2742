"""Where the agents are plugged into the rooms (sessions_app/extensions.py): a function a subject, a line a hook."""

from agents_app import commands, on_pages, room
from agents_app.api import blocklist_page
from agents_app.services import (
    configuring,
    crew,
    engineer_chat_upkeep,
    engineer_chats,
    feed_tokens,
    grants,
    pending,
    plans,
    providers,
    replies,
    reports,
    run_states,
    runs,
)
from sessions_app import extensions, permissions
from sessions_app.services import masks


def plug_in() -> None:
    """Once, when the app gets ready; hooks are called in the order in which they stand here."""
    _verbs()
    _runs()
    _what_waits_for_people()
    _engineer_chats()
    _pages()
    masks.sources += [feed_tokens.secrets_of, providers.secrets_of]


def _verbs() -> None:
    """Who may do what; none of it is for a program's key."""
    of_responders = ("start_crew", "answer_question", "revoke_grant", "ask_privately")
    for verb in ("cancel_run", "pause_run", "resume_run", "retry_run", "steer_run", *of_responders):
        permissions.define(verb, permissions.RESPONDERS)
    for verb in ("resolve_outcome", "unblock"):
        permissions.define(verb, permissions.APPROVERS)
    permissions.define("see_blocklists", permissions.COMMANDERS | permissions.ADMINS)


def _runs() -> None:
    extensions.commands |= {
        "run.cancel": commands.cancel_run, "run.pause": commands.pause_run, "run.resume": commands.resume_run,
        "run.retry": commands.retry_run, "run.steer": commands.steer_run,
    }  # fmt: skip
    extensions.prepared |= {"run.retry": commands.prepare_retry, "run.steer": commands.prepare_steer}
    extensions.snapshot_parts |= {"plan": plans.of_session, "runs": on_pages.unfinished_runs, "agents": on_pages.faces}
    extensions.busy.append(runs.busy)
    extensions.on_config.append(configuring.on_config)
    extensions.on_post.append(replies.on_post)
    extensions.on_open.append(crew.on_open)
    extensions.on_close.append(runs.on_close)
    run_states.on_end += [plans.close, reports.after_a_broken_end]


def _what_waits_for_people() -> None:
    extensions.commands |= {
        "approval.decide": room.decide_approval, "approval.withdraw": room.withdraw_vote,
        "grant.revoke": room.revoke_grant, "question.answer": room.answer_question,
        "outcome.decide": room.decide_outcome,
    }  # fmt: skip
    extensions.snapshot_parts |= {
        "approvals": room.pending_approvals, "decisions": room.decisions, "questions": room.open_questions,
        "unknowns": room.unclear_outcomes, "grants": room.live_grants,
    }  # fmt: skip
    extensions.on_close += [pending.room_closed, grants.room_closed]
    run_states.on_end.append(pending.run_ended)


def _engineer_chats() -> None:
    extensions.elsewhere.append(engineer_chats.elsewhere)
    extensions.before_post.append(engineer_chats.before_post)
    extensions.on_post.append(engineer_chats.on_post)
    extensions.on_close.append(engineer_chat_upkeep.on_close)
    run_states.on_end.append(engineer_chats.on_end)  # last: it writes to the audit trail


def _pages() -> None:
    extensions.page_parts |= {
        "models": configuring.choices, "crew_broke_off": on_pages.crew_broke_off, "quotas": on_pages.quotas,
        "block_list_url": blocklist_page.link, "may_unblock": blocklist_page.may_unblock,
    }  # fmt: skip
    extensions.incident_counts |= {
        "agents_at_work": on_pages.agents_at_work, "approvals_waiting": on_pages.approvals_waiting
    }  # fmt: skip
