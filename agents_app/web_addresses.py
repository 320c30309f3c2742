"""Where the server may be sent on behalf of a row that somebody wrote: to a model, not to what a host tells itself.

A model server may well stand in one's own network, so private addresses are open. Link-local ones are not: there a
cloud machine finds its own credentials.
"""

import ipaddress
from urllib.parse import urlsplit

from sessions_app.indicators import addresses

CLOSED: tuple[addresses.Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"),
        *("0.0.0.0/8", "255.255.255.255/32", "224.0.0.0/4", "::/128", "ff00::/8"),
    )
)
NOT_AN_ADDRESS = "An address that begins with http:// or https://."
NOT_OPEN = "This address is closed to the server: link-local, multicast, or a cloud's metadata."


def fault(url: str) -> str:
    """What is wrong with an address, in words; empty if nothing is."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            return NOT_AN_ADDRESS
    except ValueError:
        return NOT_AN_ADDRESS
    if parts.username is not None or parts.query or parts.fragment:
        return "An address without a name, a password or a query: a key has a place of its own."
    literal = addresses.address(parts.hostname)
    return NOT_OPEN if literal and closed(literal) else ""


def closed(ip: addresses.Address) -> bool:
    return any(ip in network for network in CLOSED if network.version == ip.version)
