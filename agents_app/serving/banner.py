"""What a person who starts the product reads."""

from django.conf import settings

from agents_app.serving import address
from sessions_app import search_index
from sessions_app import seed as people

DEMO_MODEL = (
    "offline-demo: no provider is set up, so an offline demo model answers, and says so.\n"
    "              Set OPENAI_API_KEY, or OPENAI_BASE_URL and WARROOM_MODEL, for a real one."
)


def banner() -> str:
    rows = [("Open", address.url(*settings.WARROOM_BIND)), *_sign_in_rows(), ("Model", _model())]
    rows.append(("Data", str(settings.WARROOM_HOME)))
    if weakness := search_index.weakness():
        rows.append(("Search", weakness))
    lines = [f"  {name:<10}  {value}" for name, value in rows]
    return "\n".join(["", "  Warroom is up.", "", *lines, "", "  Ctrl-C stops it.", ""])


def _sign_in_rows() -> list[tuple[str, str]]:
    names = people.sign_ins()
    if not names:
        return []
    password = people.password()
    shown = f"{password}   (the same for all of them)" if password else "as it was when this database was made"
    return [("Sign in as", ", ".join(names)), ("Password", shown)]


def _model() -> str:
    if settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL:
        return settings.WARROOM_MODEL or "the provider's default"
    return DEMO_MODEL
