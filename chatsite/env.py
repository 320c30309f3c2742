"""Typed reading of the environment; a wrong value stops the start with one line that names the variable."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

read = environ.Env()


def integer(name: str, default: int, *, low: int, high: int) -> int:
    try:
        value = read.int(name, default=default)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}.") from error
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name} must be from {low} to {high}, not {value}.")
    return value


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = read.str(name, default=default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def bind(name: str, default: str) -> tuple[str, int]:
    """Read host:port; brackets around an IPv6 host."""
    value = read.str(name, default=default)
    try:
        parts = urlsplit(f"//{value}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or port is None:
        raise ImproperlyConfigured(f"{name} must be host:port, such as 127.0.0.1:8000, not {value!r}.")
    return host, port


def folder(name: str, default: Path) -> Path:
    """Read a folder that must be writable, and make it."""
    path = Path(read.str(name, default=str(default))).expanduser().resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise ImproperlyConfigured(f"{name}: {path} is a file, not a folder.") from error
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: can't make the folder {path}: {error.strerror}.") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"{name}: the folder {path} is not writable.")
    return path


def secret(name: str, *, kept_in: Path) -> str:
    """Read a secret, or make it once and keep it in a file that only this user can read."""
    if value := read.str(name, default=""):
        return value
    try:
        return kept_in.read_text().strip()
    except FileNotFoundError:
        value = secrets.token_urlsafe(50)
    try:
        # O_EXCL: of two processes that start at once, one writes and the other reads.
        with os.fdopen(os.open(kept_in, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(value)
    except FileExistsError:
        return kept_in.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"WARROOM_HOME: can't write {kept_in}: {error.strerror}.") from error
    return value
