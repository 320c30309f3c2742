"""`manage.py serve`: the product on uvicorn."""

import importlib.util
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from agents_app.serving.banner import banner
from agents_app.serving.errors import CannotStart
from agents_app.serving.preparation import prepare


class Command(BaseCommand):
    help = "Migrate, seed, and serve on uvicorn (extra `prod`) with the embedded runner."
    requires_system_checks: list[str] = []  # prepare() runs them and says what is wrong in one line

    def handle(self, *args: Any, **options: Any) -> None:
        if not all(importlib.util.find_spec(name) for name in ("uvicorn", "websockets")):
            raise CannotStart("uvicorn is not installed: pip install --require-hashes -r requirements/prod.txt")
        prepare()
        welcome = banner()
        from agents_app.serving import with_uvicorn

        with_uvicorn.serve(*settings.WARROOM_BIND, announce=lambda: self.stdout.write(welcome))
