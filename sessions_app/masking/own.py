"""This installation's own secrets, as the settings have them."""

from contextlib import suppress
from urllib.parse import unquote, urlsplit

from django.conf import settings

KINDS = {
    "SECRET_KEY": "server key",
    "OPENAI_API_KEY": "provider key",
    "ANTHROPIC_API_KEY": "provider key",
    "WARROOM_METRICS_TOKEN": "metrics token",
    "WARROOM_DEMO_PASSWORD": "demo password",
}
# What is shorter stands in ordinary text too.
SHORTEST = 8


def secrets() -> dict[str, str]:
    """Each with its kind."""
    found = {str(getattr(settings, name, "")): kind for name, kind in KINDS.items()}
    found[str(settings.DATABASES["default"].get("PASSWORD") or "")] = "database password"
    for address in (settings.DATABASE_URL, settings.REDIS_URL):
        found |= dict.fromkeys(_passwords(address), "connection password")
    with suppress(OSError):
        found[(settings.WARROOM_HOME / "demo_password").read_text().strip()] = "demo password"
    return {text: kind for text, kind in found.items() if len(text) >= SHORTEST}


def _passwords(address: str) -> set[str]:
    """As it stands in the address, and as the server is told it."""
    try:
        written = urlsplit(address).password or ""
    except ValueError:
        return set()
    return {written, unquote(written)}
