"""What somebody means to say, judged and rendered as far as nothing must be locked for it."""

from dataclasses import dataclass

from sessions_app.actors import Actor
from sessions_app.vocabulary import MessageSend


@dataclass(frozen=True)
class Draft:
    body: MessageSend
    html: str
    by: Actor
