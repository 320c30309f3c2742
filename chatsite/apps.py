from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The site itself: registers the checks of its settings."""

    name = "chatsite"
    verbose_name = "Site"

    def ready(self) -> None:
        from chatsite import checks  # noqa: F401  registers them
