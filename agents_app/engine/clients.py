"""Connections to model servers, shared by all runs of a loop. Tries are ours to count, so a client makes one."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from django.conf import settings

from agents_app import sealing, web_addresses
from agents_app.models import Provider
from agents_app.models.providers import KEY_SETTINGS
from sessions_app.errors import Refused
from sessions_app.indicators import addresses

NO_KEY = "none-needed"


class Client(Protocol):
    async def close(self) -> None: ...


C = TypeVar("C", bound=Client)


class Closed(OSError):
    """An address where no model server is looked for."""


def shared(sdk: Callable[..., C], http: Callable[..., Any], address: str, key: str) -> C:
    """This loop's client of an SDK for the address with this key, over the SDK's HTTP; made when first asked for."""
    kept = _clients.setdefault(asyncio.get_running_loop(), {})
    if (sdk, address, key) not in kept:
        careful = http(base_url=address, **_careful())
        # A key there must be, or an SDK looks for one in the environment and sends that.
        kept[sdk, address, key] = sdk(base_url=address, api_key=key or NO_KEY, max_retries=0, http_client=careful)
    found: C = kept[sdk, address, key]
    return found


async def close() -> None:
    """Close this loop's connections."""
    for each in _clients.pop(asyncio.get_running_loop(), {}).values():
        await each.close()


_Kept = dict[tuple[Callable[..., Any], str, str], Any]
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _Kept] = WeakKeyDictionary()


def key_of(provider: Provider) -> str:
    """The installation's key goes to the installation's address only, whatever an organisation writes in its row."""
    if provider.sealed_key:
        return _unsealed(provider)
    known = {"", settings.ANTHROPIC_BASE_URL if provider.kind == Provider.Kind.ANTHROPIC else settings.OPENAI_BASE_URL}
    ours = provider.organization_id is None or provider.base_url in known
    if provider.kind not in KEY_SETTINGS.get(provider.key_variable, ()) or not ours:
        return ""
    return str(getattr(settings, provider.key_variable))


def _unsealed(provider: Provider) -> str:
    try:
        return sealing.unseal(provider.sealed_key)
    except sealing.Unreadable:
        words = f"The key of {provider.name} can't be read any more, since SECRET_KEY has changed. Set it anew."
        raise Refused("AGENT_CONFIG_ERROR", words) from None


def _careful() -> dict[str, Any]:
    """Whoever is sent on elsewhere would take the key along in a header of its own."""
    return {"follow_redirects": False, "event_hooks": {"request": [_require_open]}}


async def _require_open(request: Any) -> None:
    """Ask once more where a name leads now: it may have changed since the row was written."""
    host = urlsplit(str(request.url)).hostname or ""
    literal = addresses.address(host)
    found = [literal] if literal else await _resolved(host)
    if any(each is not None and web_addresses.closed(each) for each in found):
        raise Closed(web_addresses.NOT_OPEN)


async def _resolved(host: str) -> list[addresses.Address | None]:
    infos = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [addresses.address(str(info[4][0])) for info in infos]
