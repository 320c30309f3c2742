from django.apps import AppConfig


class AgentsConfig(AppConfig):
    name = "agents_app"
    verbose_name = "Agents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Plug the agents into the rooms (sessions_app/extensions.py); one line a hook."""
        from agents_app import commands
        from agents_app.services import replies, runs
        from sessions_app import extensions, permissions

        permissions.define("cancel_run", permissions.RESPONDERS, scope=None)
        extensions.commands["run.cancel"] = commands.cancel_run
        extensions.on_post.append(replies.on_post)
        extensions.on_close.append(runs.on_close)
