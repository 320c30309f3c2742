"""What a value somebody typed is, and its normal form, so that one thing is one row."""

from __future__ import annotations

from sessions_app.indicators.addresses import address
from sessions_app.indicators.defanging import refang
from sessions_app.indicators.found import Found, Kind
from sessions_app.indicators.names import ascii_name, is_hostname, is_internal
from sessions_app.indicators.text import EMAIL, UNIX_PATH, URL, WINDOWS_PATH, is_hash, plain_url


def kind_of(value: str) -> Kind | None:
    """The kind of a single value, or nothing when only its writer can say (a user, a machine's short name)."""
    text = ascii_name(refang(value.strip())) if "/" not in value and "@" not in value else refang(value.strip())
    if address(text):
        return "ip"
    if URL.fullmatch(text):
        return "url"
    if EMAIL.fullmatch(text):
        return "email"
    if is_hash(text) and all(c in "0123456789abcdef" for c in text.lower()):
        return "hash"
    if WINDOWS_PATH.fullmatch(text) or UNIX_PATH.fullmatch(text):
        return "file"
    if is_hostname(text):
        return "host" if is_internal(text) else "domain"
    return None


def normal(kind: Kind, value: str) -> str:
    """The one spelling of a value: addresses compressed, names and hashes in lower case, nothing defanged."""
    text = refang(value.strip())
    if kind == "ip":
        return str(address(text) or text)
    if kind in ("domain", "email", "hash"):
        return ascii_name(text).lower().rstrip(".")
    if kind == "url":
        return plain_url(text)
    return value.strip()


def fits(found: Found) -> bool:
    """Whether a value can be of the kind it is said to be."""
    text = found.value
    match found.kind:
        case "ip":
            return address(text) is not None
        case "domain":
            return is_hostname(text)
        case "url":
            return URL.fullmatch(text) is not None
        case "email":
            return EMAIL.fullmatch(text) is not None
        case "hash":
            return kind_of(text) == "hash"
        case "user" | "host":
            return not any(c.isspace() for c in text)
    return True


def key_of(found: Found) -> tuple[Kind, str]:
    """What makes two spellings one row: names and Windows paths are the same in any case, Unix paths are not."""
    if found.kind in ("process", "file") and "\\" not in found.value and not found.value.lower().endswith(".exe"):
        return found.kind, found.value
    return found.kind, found.value if found.kind == "url" else found.value.lower()
