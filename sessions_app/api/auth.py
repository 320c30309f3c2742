"""Sign in, renew, sign out: tokens for programs that act as a person."""

from typing import Annotated, Any

from django.contrib.auth.signals import user_logged_in
from django.urls import path
from pydantic import Field
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sessions_app import rate_limits, signing_in
from sessions_app.api import bodies
from sessions_app.api.answers import Tokens
from sessions_app.api.schema.describing import described
from sessions_app.client_address import client_address
from sessions_app.services import accounts
from sessions_app.vocabulary import Body


class Credentials(Body):
    username: Annotated[str, Field(min_length=1, max_length=150)]
    password: Annotated[str, Field(min_length=1, max_length=1000)]


class Refresh(Body):
    refresh: Annotated[str, Field(min_length=1, max_length=4000)]


class PublicDoor(APIView):
    """For those who are not signed in; a stale Authorization header does no harm here."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers["Cache-Control"] = "no-store"
        return answer


class SignIn(PublicDoor):
    @described(
        "Sign in: tokens for a program that acts as this person",
        Tokens,
        body=Credentials,
        example={"username": "commander", "password": "the demo password"},
        errors=("NOT_AUTHENTICATED", "ACCOUNT_LOCKED", "RATE_LIMIT_EXCEEDED"),
    )
    def post(self, request: Request) -> Response:
        rate_limits.require("sign_ins", client_address(request._request) or "")
        told = bodies.parse(Credentials, request.data)
        user = signing_in.check(request._request, username=told.username, password=told.password)
        user_logged_in.send(sender=type(user), request=request._request, user=user)
        return Response(accounts.sign_in(user=user)._asdict())


class Renew(PublicDoor):
    @described("Change a refresh token for a new pair", Tokens, body=Refresh, errors=("NOT_AUTHENTICATED",))
    def post(self, request: Request) -> Response:
        return Response(accounts.renew(refresh=bodies.parse(Refresh, request.data).refresh)._asdict())


class SignOut(PublicDoor):
    @described("Sign out: the whole sign-in ends", status=204, body=Refresh, errors=("NOT_AUTHENTICATED",))
    def post(self, request: Request) -> Response:
        accounts.sign_out(refresh=bodies.parse(Refresh, request.data).refresh)
        return Response(status=204)


urlpatterns = [
    path("auth/token", SignIn.as_view(), name="auth-token"),
    path("auth/token/refresh", Renew.as_view(), name="auth-refresh"),
    path("auth/logout", SignOut.as_view(), name="auth-logout"),
]
