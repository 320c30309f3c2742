"""The documents of the API, for everybody: programs ask for them before they have a sign-in."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from sessions_app import asyncapi
from sessions_app.api.auth import PublicDoor
from sessions_app.api.problems import answering
from sessions_app.api.schema import openapi, page
from sessions_app.api.schema.describing import Media, Operation, described, describes

PAGE = Media("text/html", {"type": "string"})
DOCUMENT = Media("application/json", {"type": "object", "additionalProperties": True})


class Document(PublicDoor):
    """A document that stays the same for as long as the code does."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


class Schema(Document):
    @described("The API, as OpenAPI 3.1", DOCUMENT)
    def get(self, request: Request) -> Response:
        return Response(openapi.document())


class AsyncApi(Document):
    @described("The socket, as AsyncAPI 3.0", DOCUMENT)
    def get(self, request: Request) -> Response:
        return Response(asyncapi.document())


class Frames(Document):
    @described("The socket's frames, as JSON Schema", DOCUMENT)
    def get(self, request: Request) -> Response:
        return Response(asyncapi.frames())


@describes(GET=Operation("The page for people", {200: PAGE}, public=True))
@answering("GET", "HEAD")
def docs(request: HttpRequest) -> HttpResponse:
    return page.docs(request)


urlpatterns = [
    path("docs", docs, name="docs"),
    path("schema", Schema.as_view(), name="schema"),
    path("asyncapi", AsyncApi.as_view(), name="asyncapi"),
    path("asyncapi/frames", Frames.as_view(), name="asyncapi-frames"),
]
