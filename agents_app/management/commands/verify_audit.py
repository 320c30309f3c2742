"""`manage.py verify_audit`: whether the audit trail is what was written."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sessions_app.models import Organization
from sessions_app.services import audit


class Command(BaseCommand):
    help = "Read every organisation's audit trail and name the first entry that is not what was written."

    def handle(self, *args: Any, **options: Any) -> None:
        flaws = [
            f"{home.slug}: {flaw}" for home in Organization.objects.order_by("slug") for flaw in audit.verify(home.pk)
        ]
        if flaws:
            raise CommandError("\n".join(flaws))
        self.stdout.write("The audit trail is whole.")
