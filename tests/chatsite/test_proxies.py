"""Only a proxy of ours may say who the caller is."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from chatsite.security import TrustedProxyMiddleware

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def proxies(settings: Settings) -> None:
    settings.WARROOM_TRUSTED_PROXIES = ["10.0.0.0/8", "fd00::1"]


def seen(peer: str, forwarded_for: str) -> tuple[str, str]:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(f"{request.META['REMOTE_ADDR']} {request.META.get('HTTP_X_FORWARDED_PROTO')}")

    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": forwarded_for}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)
    address, scheme = TrustedProxyMiddleware(view)(request).content.decode().split(" ")
    return address, scheme


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "caller"),
    [
        ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("fd00::1", "203.0.113.9, 10.1.1.1", "203.0.113.9"),
        ("10.0.0.2", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
    ],
)
def test_a_trusted_proxy_names_the_caller(peer: str, forwarded_for: str, caller: str) -> None:
    assert seen(peer, forwarded_for) == (caller, "https")


def test_anybody_else_only_speaks_for_himself() -> None:
    assert seen("203.0.113.50", "127.0.0.1") == ("203.0.113.50", "None")


async def test_under_asgi_too() -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.META["REMOTE_ADDR"])

    request = RequestFactory().get("/", headers={"X-Forwarded-For": "203.0.113.9"}, REMOTE_ADDR="10.0.0.2")
    assert (await TrustedProxyMiddleware(view)(request)).content == b"203.0.113.9"
