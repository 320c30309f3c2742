"""A chat as one would write it with Channels alone: a row a message, `group_send` for everything, tokens as they come.

    python -m benchmarks.peers.stock_chat PORT        (OPENAI_BASE_URL says which model answers)

No sign-in; `/ROOM` is a room. It speaks Warroom's frames, so that one client can read both.
"""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="not a secret: this serves a measurement on loopback",
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(os.environ["WARROOM_HOME"]) / "stock.sqlite3",
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL"},
        }
    },
    INSTALLED_APPS=["benchmarks.peers"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    # Room enough to lose nothing.
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1_000_000}}},
    USE_TZ=True,
)
django.setup()

from channels.db import database_sync_to_async  # noqa: E402  the apps must be ready first
from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from daphne.server import Server  # noqa: E402
from django.db import connection, models  # noqa: E402
from openai import AsyncOpenAI  # noqa: E402

MODEL = "stamps-1"


class Said(models.Model):
    room = models.TextField()
    content = models.TextField()

    class Meta:
        app_label = "peers"


class Room(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels comes without types
    async def connect(self) -> None:
        self.room = self.scope["path"].strip("/")
        self.replies: set[asyncio.Task[None]] = set()
        await self.channel_layer.group_add(self.room, self.channel_name)
        await self.accept()
        await self.send_json({"t": "caught_up"})

    async def receive_json(self, frame: dict[str, Any], **more: Any) -> None:
        if frame["t"] == "cmd":
            await self.keep("message.created", frame["data"]["content"])
            task = asyncio.create_task(self.reply(frame["data"]["content"]))
            self.replies.add(task)
            task.add_done_callback(self.replies.discard)

    async def reply(self, asked: str) -> None:
        told, messages = "", [{"role": "user", "content": asked}]
        stream = await AsyncOpenAI().chat.completions.create(model=MODEL, messages=messages, stream=True)  # type: ignore[call-overload]
        async for part in stream:
            if part.choices and (token := part.choices[0].delta.content):
                told += token
                await self.tell({"t": "delta", "text": token})
        await self.keep("message.end", told)
        await self.tell({"t": "event", "type": "run.succeeded"})

    async def keep(self, type_: str, content: str) -> None:
        await database_sync_to_async(Said.objects.create)(room=self.room, content=content)
        ts = datetime.now(UTC).isoformat()
        await self.tell({"t": "event", "type": type_, "ts": ts, "data": {"content": content}})

    async def tell(self, frame: dict[str, Any]) -> None:
        await self.channel_layer.group_send(self.room, {"type": "told", "text": json.dumps(frame)})

    async def told(self, event: dict[str, str]) -> None:
        await self.send(text_data=event["text"])


def main(port: int) -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Said)
    connection.close()
    Server(Room.as_asgi(), endpoints=[f"tcp:port={port}:interface=127.0.0.1"], signal_handlers=False).run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
