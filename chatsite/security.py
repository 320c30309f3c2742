"""Headers that only a proxy of ours may set."""

import ipaddress
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT")


@sync_and_async_middleware
def TrustedProxyMiddleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Take the caller's address from a trusted proxy's word; nobody else's forwarded headers are seen further in."""

    async def answer_async(request: HttpRequest) -> HttpResponse:
        _settle(request)
        return await cast(Awaitable[HttpResponse], get_response(request))

    def answer(request: HttpRequest) -> HttpResponse:
        _settle(request)
        return cast(HttpResponse, get_response(request))

    if iscoroutinefunction(get_response):
        return markcoroutinefunction(answer_async)
    return answer


def caller(peer: str, forwarded_for: str) -> str:
    """Who asks: the nearest address that is not a proxy of ours."""
    hops = [*(hop.strip() for hop in forwarded_for.split(",") if hop.strip()), peer]
    while len(hops) > 1 and is_trusted(hops[-1]):
        hops.pop()
    return hops[-1]


def is_trusted(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in _networks(tuple(settings.WARROOM_TRUSTED_PROXIES)))


def _settle(request: HttpRequest) -> None:
    peer = request.META.get("REMOTE_ADDR", "")
    if is_trusted(peer):
        request.META["REMOTE_ADDR"] = caller(peer, request.META.get("HTTP_X_FORWARDED_FOR", ""))
        return
    for name in FORWARDED:
        request.META.pop(name, None)


@lru_cache(maxsize=4)
def _networks(texts: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
