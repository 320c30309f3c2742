"""Counts each HTTP request as somebody who is being served, until its answer is out."""

from chatsite.body_limits import Application, Message, Receive, Send
from sessions_app import doorway


class ServingFirst:
    """Around the HTTP application; a stream is served with its first words."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, object], receive: Receive, send: Send) -> None:
        with doorway.visit() as visit:

            async def sent(message: Message) -> None:
                await send(message)
                if message["type"] == "http.response.body":
                    visit.leave()

            await self.application(scope, receive, sent)
