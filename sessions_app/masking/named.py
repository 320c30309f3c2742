"""Names that give a secret away, and whether what they name is one."""

import re

OF_PASSWORDS = ("password", "passwd", "passphrase", "pwd")
OF_KEYS = (
    "secret_access_key", "access_key", "api_key", "secret_key", "private_key", "account_key", "shared_key", "auth_key",
    "signing_key", "encryption_key", "client_secret", "access_token", "refresh_token", "auth_token", "id_token",
    "session_token", "secret", "token", "credential",
)  # fmt: skip
PLACEHOLDERS = frozenset({
    "true", "false", "none", "null", "nil", "undefined", "required", "optional", "invalid", "incorrect", "missing",
    "empty", "expired", "changed", "reset", "redacted", "hidden", "masked", "removed", "yes", "no", "unknown",
    "string", "text", "failed", "denied", "ok", "password", "secret",
})  # fmt: skip
LIKE_A_PLACEHOLDER = re.compile(r"[*•.x_-]+|(?:\[masked|\[redacted|<|\$|%|\{|/|~/).*", re.IGNORECASE | re.DOTALL)
# After a colon a bare word is part of a sentence: "Password: please".
PROSE = re.compile(r"[A-Za-z]+[.!?]?")


def _spelled(names: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(name.replace('_', '[_ -]?') for name in names)})"


PASSWORDS, KEYS = _spelled(OF_PASSWORDS), _spelled(OF_KEYS)
_FIELD = re.compile(rf"(?:.*{PASSWORDS}|(?:.*[^A-Za-z])?(?P<key>{KEYS}))", re.IGNORECASE | re.DOTALL)


def kind_of(field: str) -> str:
    """What a field of an object of this name holds: `password`, `key`, or nothing that need be hidden."""
    found = _FIELD.fullmatch(field)
    return "" if found is None else "key" if found["key"] else "password"


def worth(value: str, *, of: str, prose: bool = False) -> bool:
    """Whether what follows such a name is a secret, and not a word, a placeholder or a count of something."""
    value = value.strip()
    if value.lower().rstrip(".!?") in PLACEHOLDERS or LIKE_A_PLACEHOLDER.fullmatch(value):
        return False
    if prose and PROSE.fullmatch(value):
        return False
    if of == "password":
        return len(value) >= 3
    return len(value) >= 20 or (len(value) >= 8 and any(character.isdigit() for character in value))
