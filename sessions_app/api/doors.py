"""What the API's views have in common: the actor, bodies by model, and repeats answered once."""

import re
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from pydantic import BaseModel
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sessions_app import permissions
from sessions_app.actors import Actor
from sessions_app.api import bodies
from sessions_app.api.authentication import actor_of, caller_of
from sessions_app.errors import Denied, Invalid
from sessions_app.services import idempotency

Model = TypeVar("Model", bound=BaseModel)
LONGEST_KEY = 200
KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")


class Door(APIView):
    """A view for signed-in people and programs."""

    # What `prepare` has answered.
    prepared: Any = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in ("GET", "HEAD") and not permissions.may_read(self.actor):
            raise Denied(_("This key may not read."))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """What somebody may see is for no cache between us; a browser asks each time, by ETag where there is one."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers.setdefault("Cache-Control", "private, no-cache")
        return answer

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def body(self, model: type[Model]) -> Model:
        return bodies.parse(model, self.request.data)

    def before(self, request: Request) -> None:
        """What must be said of a POST before its body is read, even to find out whether it is a repeat."""

    def asked(self, request: Request) -> dict[str, Any]:
        """What a repeat must have in common with the first request."""
        return asked(request)

    def prepare(self, request: Request) -> Any:
        """What a POST that may be repeated does before its transaction, and not for a repeat."""

    def filters(self, model: type[Model]) -> Model:
        return bodies.query(model, self.request.query_params)


def idempotent(post: Callable[..., Response]) -> Callable[..., Response]:
    """Let a view's POST take `Idempotency-Key`: a repeat gets the stored answer.

    The whole method becomes one transaction, after `prepare`; its result is in `view.prepared`. One that waits for
    something uses `services.idempotency.once` itself.
    """

    @wraps(post)
    def once(view: Door, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = key_of(request)
        view.before(request)
        if key is None:
            view.prepared = view.prepare(request)
            return post(view, request, *args, **kwargs)

        def act(prepared: Any) -> dict[str, Any]:
            view.prepared = prepared
            made = post(view, request, *args, **kwargs)
            return {"status": made.status_code, "data": made.data}

        answer, again = idempotency.once(
            caller=caller_of(view.actor), key=key, asked=view.asked(request), act=act,
            prepare=partial(view.prepare, request),
        )  # fmt: skip
        headers = {"Idempotent-Replayed": "true"} if again else None
        return Response(answer["data"], status=answer["status"], headers=headers)

    once.idempotent = True  # type: ignore[attr-defined]  # the documentation names the header
    return once


def key_of(request: Request) -> str | None:
    key: str | None = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        raise Invalid(
            _("Idempotency-Key must have 1 to {most} printable ASCII characters, and no space.").format(
                most=LONGEST_KEY
            )
        )
    return key


def asked(request: Request) -> dict[str, Any]:
    """What a repeat must have in common with the first request."""
    return {"door": "rest", "method": request.method, "path": request.path, "body": request.data}
