"""Well-known names: resolvers, update hosts and the like, which an alert may name and nobody wants to block.

An organisation adds names and networks of its own, and takes one of these off its list with a minus: `-github.com`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from sessions_app.indicators.addresses import network, touches, under
from sessions_app.indicators.found import listed
from sessions_app.indicators.kinds import kind_of, normal

Known = Literal[
    "resolver", "updates", "time", "certificates", "connectivity", "vendor", "namespace", "cloud", "multicast", "listed"
]

RESOLVERS = listed(
    "8.8.8.8 8.8.4.4 2001:4860:4860::8888 2001:4860:4860::8844 1.1.1.1 1.0.0.1 2606:4700:4700::1111 "
    "2606:4700:4700::1001 9.9.9.9 149.112.112.112 2620:fe::fe 2620:fe::9 208.67.222.222 208.67.220.220 "
    "94.140.14.14 94.140.15.15 114.114.114.114 114.114.115.115 223.5.5.5 223.6.6.6 119.29.29.29 180.76.76.76"
)
MULTICAST = ("224.0.0.0/4", "ff00::/8")
# With all that lies under them.
WHOLE: dict[Known, frozenset[str]] = {
    "resolver": listed("dns.google one.one.one.one cloudflare-dns.com quad9.net opendns.com"),
    "updates": listed(
        "windowsupdate.com update.microsoft.com download.microsoft.com delivery.mp.microsoft.com archive.ubuntu.com "
        "security.ubuntu.com ports.ubuntu.com deb.debian.org security.debian.org dl.fedoraproject.org "
        "mirrors.fedoraproject.org cdn.redhat.com mirrorlist.centos.org dl-cdn.alpinelinux.org swscan.apple.com "
        "swcdn.apple.com mesu.apple.com updates.cdn-apple.com"
    ),
    "time": listed("pool.ntp.org time.windows.com time.apple.com time.google.com time.cloudflare.com time.nist.gov"),
    "certificates": listed(
        "lencr.org letsencrypt.org digicert.com ocsp.sectigo.com ocsp.globalsign.com pki.goog amazontrust.com"
    ),
    "connectivity": listed(
        "msftconnecttest.com msftncsi.com connectivitycheck.gstatic.com captive.apple.com detectportal.firefox.com "
        "connectivity-check.ubuntu.com"
    ),
    "namespace": listed(
        "w3.org schemas.microsoft.com schemas.xmlsoap.org schemas.openxmlformats.org json-schema.org schema.org"
    ),
}
# These names alone: under them lies what anybody puts there.
ALONE: dict[Known, frozenset[str]] = {
    "vendor": listed(
        "microsoft.com office.com live.com google.com gmail.com youtube.com apple.com icloud.com amazon.com github.com "
        "gitlab.com cloudflare.com akamai.com mozilla.org debian.org ubuntu.com redhat.com linkedin.com facebook.com "
        "wikipedia.org slack.com zoom.us oracle.com cisco.com ibm.com vmware.com baidu.com qq.com alibaba.com"
    ),
}
# The service itself (sts.amazonaws.com), not what a customer keeps in it (box.s3.amazonaws.com).
CLOUD = re.compile(r"[a-z0-9-]{1,40}(?:\.[a-z]{2}-[a-z]{2,10}-\d)?\.amazonaws\.com(?:\.cn)?", re.ASCII)


def known_as(value: str, names: Iterable[str] = ()) -> Known | None:
    """What a well-known address or domain is. A URL is itself, whoever its host: it is judged by nobody's fame."""
    kind = kind_of(value)
    return _known_as(normal(kind, value), tuple(names)) if kind in ("ip", "domain") else None


@lru_cache(maxsize=16384)
def _known_as(value: str, names: tuple[str, ...]) -> Known | None:
    own = [each.strip().lower() for each in names if each.strip()]
    if any(_fits(value, each[1:]) for each in own if each.startswith("-")):
        return None
    if any(_fits(value, each) for each in own):
        return "listed"
    return _of_the_world(value)


def _of_the_world(value: str) -> Known | None:
    if value in RESOLVERS:
        return "resolver"
    if any(_fits(value, each) for each in MULTICAST):
        return "multicast"
    for known, names in WHOLE.items():
        if any(under(value, each) for each in names):
            return known
    for known, names in ALONE.items():
        if value.removeprefix("www.") in names:
            return known
    return "cloud" if CLOUD.fullmatch(value) else None


def _fits(value: str, name: str) -> bool:
    """Whether a value is the name or lies under it, or in the network it names."""
    listed_network, mine = network(name), network(value)
    if listed_network and mine:
        return touches(mine, listed_network)
    return not listed_network and under(value, name.lstrip("*."))
