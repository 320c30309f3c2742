"""Make a chat of so many events in WARROOM_HOME's database and print its id: `python -m benchmarks.rig.long_room N`."""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup()

from django.db import transaction  # noqa: E402  the apps must be ready first

from sessions_app import actors  # noqa: E402
from sessions_app.events import log  # noqa: E402
from sessions_app.models import ChatSession, Organization, User  # noqa: E402
from sessions_app.services import messages, sessions  # noqa: E402

WORDS = "Failed password for root from 203.0.113.45 port 52110 ssh2, seen again by the crew. "


@transaction.atomic
def fill(room: ChatSession, number: int) -> None:
    session = log.lock(room.pk)
    for _ in range(number):
        messages.say(session=session, speaker=actors.SYSTEM, content=WORDS, message_type="notice")


if __name__ == "__main__":
    commander = actors.person(User.objects.get(username="commander"))
    demo = Organization.objects.get(slug="demo")
    made = sessions.create(organization=demo, by=commander, title="A long talk", activate=True)
    fill(made, int(sys.argv[1]))
    sys.stdout.write(f"{made.pk}\n")
