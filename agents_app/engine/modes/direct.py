"""Direct: one answer to what has been said, without tools; in an engineer chat, with those that only look."""

from agents_app.engine import history
from agents_app.engine.modes import engineer
from agents_app.engine.turn import Done, Parked, Turn
from sessions_app.models import ChatSession


async def drive(turn: Turn) -> Done | Parked:
    """Ask once. The answer and the mark that it was given are one transaction, so a crash gives no second one."""
    if turn.session.category == ChatSession.Category.ENGINEER_CHAT:
        return await engineer.drive(turn)
    if not turn.checkpoint.get("answered"):
        messages = await turn.read(history.of, turn.run)
        await turn.ask(messages, keep=lambda answer: {"answered": True})
    return Done()
