"""`manage.py up`: the whole product in one process and one event loop."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from agents_app.serving.banner import banner
from agents_app.serving.preparation import prepare


class Command(BaseCommand):
    help = "Migrate, seed, and serve on daphne with the embedded runner."
    requires_system_checks: list[str] = []  # prepare() runs them and says what is wrong in one line

    def handle(self, *args: Any, **options: Any) -> None:
        prepare()
        welcome = banner()
        # Imported late: a wrong setting shall be told at once, not after the imports of the engine.
        from agents_app.serving import with_daphne

        with_daphne.serve(*settings.WARROOM_BIND, announce=lambda: self.stdout.write(welcome))
