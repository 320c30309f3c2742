from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AgentsConfig(AppConfig):
    name = "agents_app"
    verbose_name = _("Agents")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Plug the agents into the rooms (sessions_app/extensions.py); one line a hook."""
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
            runs,
        )
        from sessions_app import extensions, permissions
        from sessions_app.services import masks

        permissions.define("cancel_run", permissions.RESPONDERS, scope=None)
        for verb in ("pause_run", "resume_run", "retry_run", "steer_run"):
            permissions.define(verb, permissions.RESPONDERS, scope=None)
        extensions.commands["run.cancel"] = commands.cancel_run
        extensions.commands["run.pause"] = commands.pause_run
        extensions.commands["run.resume"] = commands.resume_run
        extensions.commands["run.retry"] = commands.retry_run
        extensions.commands["run.steer"] = commands.steer_run
        extensions.prepared |= {"run.retry": commands.prepare_retry, "run.steer": commands.prepare_steer}
        extensions.busy.append(runs.busy)
        extensions.on_config.append(configuring.on_config)
        extensions.on_post.append(replies.on_post)
        extensions.on_close.append(runs.on_close)
        permissions.define("start_crew", permissions.RESPONDERS)
        extensions.on_open.append(crew.on_open)
        extensions.snapshot_parts["plan"] = plans.of_session
        extensions.snapshot_parts["runs"] = on_pages.unfinished_runs
        extensions.snapshot_parts["agents"] = on_pages.faces
        extensions.page_parts["models"] = configuring.choices
        extensions.page_parts["crew_broke_off"] = on_pages.crew_broke_off
        extensions.page_parts["quotas"] = on_pages.quotas
        extensions.page_parts["block_list_url"] = blocklist_page.link
        extensions.page_parts["may_unblock"] = blocklist_page.may_unblock
        extensions.incident_counts["agents_at_work"] = on_pages.agents_at_work
        extensions.incident_counts["approvals_waiting"] = on_pages.approvals_waiting
        runs.on_end += [plans.close, reports.after_a_broken_end]

        permissions.define("answer_question", permissions.RESPONDERS)
        permissions.define("resolve_outcome", permissions.APPROVERS)
        permissions.define("see_blocklists", permissions.COMMANDERS | permissions.ADMINS)
        permissions.define("unblock", permissions.APPROVERS)
        masks.sources += [feed_tokens.secrets_of, providers.secrets_of]
        extensions.commands["approval.decide"] = room.decide_approval
        extensions.commands["approval.withdraw"] = room.withdraw_vote
        permissions.define("revoke_grant", permissions.RESPONDERS)
        extensions.commands["grant.revoke"] = room.revoke_grant
        extensions.commands["question.answer"] = room.answer_question
        extensions.commands["outcome.decide"] = room.decide_outcome
        extensions.snapshot_parts["approvals"] = room.pending_approvals
        extensions.snapshot_parts["decisions"] = room.decisions
        extensions.snapshot_parts["questions"] = room.open_questions
        extensions.snapshot_parts["unknowns"] = room.unclear_outcomes
        extensions.snapshot_parts["grants"] = room.live_grants
        extensions.on_close.append(pending.room_closed)
        extensions.on_close.append(grants.room_closed)
        runs.on_end.append(pending.run_ended)

        permissions.define("ask_privately", permissions.RESPONDERS)
        extensions.elsewhere.append(engineer_chats.elsewhere)
        extensions.before_post.append(engineer_chats.before_post)
        extensions.on_post.append(engineer_chats.on_post)
        extensions.on_close.append(engineer_chat_upkeep.on_close)
        runs.on_end.append(engineer_chats.on_end)  # last: it writes to the audit trail
