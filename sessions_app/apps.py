from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "War rooms"
    default_auto_field = "django.db.models.BigAutoField"
