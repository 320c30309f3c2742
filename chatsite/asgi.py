"""One application for both servers: HTTP by Django, sockets by Channels."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  the apps must be ready first
from django.urls import path  # noqa: E402

from chatsite.body_limits import BodyLimits  # noqa: E402
from chatsite.request_threads import RequestThreads  # noqa: E402
from chatsite.serving_first import ServingFirst  # noqa: E402
from sessions_app.consumers import WarRoomConsumer  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": ServingFirst(BodyLimits(RequestThreads(http))),
        "websocket": URLRouter([path("ws/v1", WarRoomConsumer.as_asgi())]),
    }
)
