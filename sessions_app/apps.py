from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "War rooms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sessions_app import signing_in  # noqa: F401  it listens for sign-ins
        from sessions_app.events import signals  # noqa: F401  rights that change are felt in open sockets
