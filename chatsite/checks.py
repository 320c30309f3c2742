"""System checks: settings that would start but not serve safely; each message names the variable to change.

Values that can't be read at all (a word for a number, a number out of its range) end the start in `env.py` already.
"""

import ipaddress
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

OUR_SETTINGS = "warroom"
SECRET_LENGTH = 32
# What the pages are built for; a weaker policy would let injected markup run.
CSP_NEVER = ("'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:")
CSP_CLOSED = {"default-src": ["'none'"], "base-uri": ["'none'"], "frame-ancestors": ["'none'"]}
ADDRESSES = {
    "ANTHROPIC_BASE_URL": ("http://", "https://"),
    "OPENAI_BASE_URL": ("http://", "https://"),
    "REDIS_URL": ("redis://", "rediss://", "unix://"),
}


@register(OUR_SETTINGS, Tags.security)
def secret_is_a_secret(**_: Any) -> list[CheckMessage]:
    if len(settings.SECRET_KEY) >= SECRET_LENGTH and len(set(settings.SECRET_KEY)) > 8:
        return []
    hint = "Leave it unset and one is made and kept in WARROOM_HOME."
    return [Error(f"SECRET_KEY must have {SECRET_LENGTH} random characters or more.", hint=hint, id="warroom.E001")]


@register(OUR_SETTINGS, Tags.security)
def content_security_policy_is_closed(**_: Any) -> list[CheckMessage]:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    open_ones = [name for name, sources in directives.items() if any(source in CSP_NEVER for source in sources)]
    open_ones += [name for name, sources in CSP_CLOSED.items() if directives.get(name) != sources]
    return [
        Error(f"CONTENT_SECURITY_POLICY: {name} lets in what our pages never need.", id="warroom.E002")
        for name in sorted(set(open_ones))
    ]


@register(OUR_SETTINGS)
def proxies_are_networks(**_: Any) -> list[CheckMessage]:
    return [
        Error(f"WARROOM_TRUSTED_PROXIES: {one!r} is neither an address nor a network (10.0.0.0/8).", id="warroom.E003")
        for one in settings.WARROOM_TRUSTED_PROXIES
        if not _is_network(one)
    ]


@register(OUR_SETTINGS)
def addresses_of_services_can_be_reached(**_: Any) -> list[CheckMessage]:
    return [
        Error(f"{name} must be an address that begins with {' or '.join(schemes)}.", id="warroom.E004")
        for name, schemes in ADDRESSES.items()
        if (value := getattr(settings, name)) and not _is_address(value, schemes)
    ]


@register(OUR_SETTINGS)
def the_named_model_has_a_server(**_: Any) -> list[CheckMessage]:
    """A model that nobody could ask would leave the offline demo model to answer, which nobody asked for."""
    there = {
        "anthropic:": ("ANTHROPIC_API_KEY", settings.ANTHROPIC_API_KEY or settings.ANTHROPIC_BASE_URL),
        "openai:": ("OPENAI_API_KEY", settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL),
        "openai-compatible:": ("OPENAI_BASE_URL", settings.OPENAI_BASE_URL),
    }
    return [
        Error(f"WARROOM_MODEL names a model of {prefix.rstrip(':')}, but {needed} is not set.", id="warroom.E005")
        for prefix, (needed, given) in there.items()
        if settings.WARROOM_MODEL.startswith(prefix) and not given
    ]


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_address(text: str, beginnings: tuple[str, ...]) -> bool:
    return any(text.startswith(one) and len(text) > len(one) for one in beginnings)
