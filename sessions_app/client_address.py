"""Where a request comes from; a forwarded address counts only when one of our proxies says it."""

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    return nearest(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))


def nearest(peer: str, forwarded: str) -> str | None:
    """The nearest address that is not one of our proxies."""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    address = _plain(peer)
    while address and hops and _ours(address) and (nearer := _plain(hops.pop())):
        address = nearer
    return address


def _ours(address: str) -> bool:
    return any(ip_address(address) in ip_network(proxy, strict=False) for proxy in settings.WARROOM_TRUSTED_PROXIES)


def _plain(text: str) -> str | None:
    try:
        return str(ip_address(text))
    except ValueError:
        return None
