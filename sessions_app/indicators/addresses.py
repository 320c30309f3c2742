"""Addresses: reading them strictly, and telling the organisation's own from the world's."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from sessions_app.indicators.defanging import refang

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Not `is_private`: Python counts the documentation ranges as private too. The unspecified address and the
# broadcast address are here because acting on them would hit ourselves.
OWN: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"),
        *("0.0.0.0/8", "255.255.255.255/32"),
        *("::1/128", "::/128", "fe80::/10", "fec0::/10", "fc00::/7"),
    )
)
OWN_SUFFIXES = ("localhost", "local", "localdomain", "internal", "intranet", "lan", "corp", "home.arpa")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
EUI64 = re.compile(r"(?:[0-9A-Fa-f]{2}:){7}[0-9A-Fa-f]{2}")
# What a browser or libc still reads as an IPv4 address: 2130706433, 0x7f.1, 127.1.
LOOSE_IPV4 = re.compile(r"(?:0[xX][0-9A-Fa-f]{1,8}|\d{1,10})(?:\.(?:0[xX][0-9A-Fa-f]{1,8}|\d{1,10})){0,3}")


def address(text: str) -> Address | None:
    """The address this text is, in its plainest form (an IPv4 address wrapped in IPv6 is unwrapped)."""
    text = text.strip().strip("[]").partition("%")[0]
    if len(text) > 45 or EUI64.fullmatch(text):
        return None
    try:
        return unwrap(ipaddress.ip_address(text))
    except ValueError:
        return None


def unwrap(ip: Address) -> Address:
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def network(text: str) -> Network | None:
    """The network this text is; a single address is a network of one."""
    single = address(text)
    try:
        return ipaddress.ip_network(single) if single else ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def is_own(value: str, networks: Iterable[str] = ()) -> bool:
    """Whether an indicator lies inside our own networks: the usual private ranges and `networks` (ranges or domains).

    A range that touches ours counts as ours, and so does a URL or an e-mail address by its host.
    """
    host = host_of(value)
    listed = list(networks)
    if range_ := loose_network(host):
        ours = [*OWN, *(own for own in map(network, listed) if own)]
        return any(touches(range_, own) for own in ours)
    return any(under(host, suffix.lower().strip(".* ")) for suffix in (*OWN_SUFFIXES, *listed))


def host_of(value: str) -> str:
    """The part of a URL, e-mail address or host:port that says which machine."""
    value = refang(value.strip().lower())
    if network(value):
        return value
    if "://" in value:
        try:
            return (urlsplit(value).hostname or "").rstrip(".")
        except ValueError:
            return ""
    host = value.rpartition("@")[2].partition("/")[0]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, _, port = host.rpartition(":")
    return (name if port.isdigit() else host).rstrip(".")


def loose_network(host: str) -> Network | None:
    if strict := network(host):
        return strict
    if not LOOSE_IPV4.fullmatch(host):
        return None
    try:
        return ipaddress.ip_network(socket.inet_aton(host))
    except OSError:
        return None


def touches(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def under(host: str, suffix: str) -> bool:
    return bool(suffix) and (host == suffix or host.endswith("." + suffix))
