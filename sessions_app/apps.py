from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SessionsConfig(AppConfig):
    name = "sessions_app"
    verbose_name = _("War rooms")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sessions_app import (
            search_index,
            signing_in,  # noqa: F401  it listens for sign-ins
        )
        from sessions_app.events import signals  # noqa: F401  rights that change are felt in open sockets

        post_migrate.connect(search_index.install, sender=self)
