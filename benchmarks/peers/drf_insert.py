"""What one would write first: a question stored as one row by DRF, for whoever shows a token of simplejwt. No answer.

`INSERT_FOLDER` says where its database stands; POST /token signs in, POST / stores.
"""

import os
from pathlib import Path

import django
from django.conf import settings

sqlite = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": Path(os.environ["INSERT_FOLDER"]) / "db.sqlite3",
    "CONN_MAX_AGE": None,
    "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL"},
}
settings.configure(
    SECRET_KEY="not a secret: this serves a measurement on loopback",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": sqlite},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "benchmarks.peers"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402  the apps must be ready first
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.generics import CreateAPIView  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.renderers import JSONRenderer  # noqa: E402
from rest_framework.serializers import ModelSerializer  # noqa: E402
from rest_framework_simplejwt.authentication import JWTAuthentication  # noqa: E402
from rest_framework_simplejwt.views import TokenObtainPairView  # noqa: E402


class Question(models.Model):
    message = models.TextField()
    asked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "peers"


class QuestionSerializer(ModelSerializer[Question]):
    class Meta:
        model = Question
        fields = "__all__"


class Ask(CreateAPIView[Question]):
    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)
    renderer_classes = (JSONRenderer,)
    serializer_class = QuestionSerializer


call_command("migrate", verbosity=0)
with connection.schema_editor() as editor:
    editor.create_model(Question)
User.objects.create_user("commander", password=os.environ["INSERT_PASSWORD"])
connection.close()

urlpatterns = [path("token", TokenObtainPairView.as_view()), path("", Ask.as_view())]
application = get_asgi_application()
