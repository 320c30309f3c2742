"""The three-way theme switch, kept in a cookie so that the first paint is already right."""

from django.http import HttpRequest

THEMES = ("system", "light", "dark")
COOKIE = "theme"


def theme_of(request: HttpRequest | None) -> str:
    chosen = request.COOKIES.get(COOKIE, "") if request else ""
    return chosen if chosen in THEMES else "system"
