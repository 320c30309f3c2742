"""Direct: one answer to what has been said, without tools."""

from agents_app.engine import history
from agents_app.engine.turn import Done, Turn


async def drive(turn: Turn) -> Done:
    """Ask once. The answer and the mark that it was given are one transaction, so a crash gives no second one."""
    if not turn.checkpoint.get("answered"):
        messages = await turn.read(history.of, turn.run)
        await turn.ask(messages, keep=lambda answer: {"answered": True})
    return Done()
