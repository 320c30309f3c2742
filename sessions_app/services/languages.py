"""The language a person is spoken to in: theirs alone to choose."""

from sessions_app.actors import Actor
from sessions_app.models import User


def choose(*, language: str, by: Actor) -> None:
    """Keep a person's choice at every browser of theirs; an empty one leaves it to the browser."""
    assert by.user is not None, "a program says what it wants with each request"
    User.objects.filter(pk=by.user.pk).update(language=language)
