"""Headers that only a proxy of ours may set."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from sessions_app.client_address import client_address

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT")


@sync_and_async_middleware
def TrustedProxyMiddleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Take the caller's address from a trusted proxy's word; nobody else's forwarded headers are seen further in."""

    async def answer_async(request: HttpRequest) -> HttpResponse:
        _settle_caller(request)
        return await cast(Awaitable[HttpResponse], get_response(request))

    def answer(request: HttpRequest) -> HttpResponse:
        _settle_caller(request)
        return cast(HttpResponse, get_response(request))

    if iscoroutinefunction(get_response):
        return markcoroutinefunction(answer_async)
    return answer


def _settle_caller(request: HttpRequest) -> None:
    peer, caller = request.META.get("REMOTE_ADDR", ""), client_address(request)
    if caller in (None, peer):
        for name in FORWARDED:
            request.META.pop(name, None)
    else:
        request.META["REMOTE_ADDR"] = caller
