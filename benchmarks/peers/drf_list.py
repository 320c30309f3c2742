"""What one would write first: the events after a seq as a DRF list of rows. Our tables, no sign-in, no middleware."""

import os
from typing import Any

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = []
django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402  the apps must be ready first
from django.urls import path  # noqa: E402
from rest_framework.generics import ListAPIView  # noqa: E402
from rest_framework.renderers import JSONRenderer  # noqa: E402
from rest_framework.serializers import ModelSerializer  # noqa: E402

from sessions_app.models import Event  # noqa: E402


class EventSerializer(ModelSerializer[Event]):
    class Meta:
        model = Event
        fields = "__all__"


class Missed(ListAPIView[Event]):
    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (JSONRenderer,)
    serializer_class = EventSerializer
    pagination_class = None

    def get_queryset(self) -> Any:
        after = int(self.request.query_params["after"])
        return Event.objects.filter(session=self.kwargs["room"], seq__gt=after).order_by("seq")


urlpatterns = [path("<uuid:room>", Missed.as_view())]
application = get_asgi_application()
