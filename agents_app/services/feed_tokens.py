"""The pass to a block list: a token in the address of its feed, derived from list and generation and stored nowhere."""

import base64
import binascii
import hmac
from uuid import UUID

from django.utils.crypto import salted_hmac

from sessions_app.models import Organization

LIST_NAME = "blocked"
PROOF_BYTES = 24


def token_of(organization: Organization) -> str:
    """Derived from list and generation, so it is stored nowhere; raising the generation makes it another."""
    return _text(organization.pk.bytes + _proof(organization))


def organization_of(token: str) -> Organization | None:
    """Whose list a token opens. The id inside it finds the row, the proof is compared in constant time."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        found = Organization.objects.filter(pk=UUID(bytes=raw[:16])).first()
    except (ValueError, binascii.Error):
        return None
    genuine = _proof(found) if found else b"\0" * PROOF_BYTES
    # Only the one spelling: base64 has others for the same bytes.
    return found if hmac.compare_digest(genuine, raw[16:]) and found and token == _text(raw) else None


def secrets_of(organization: Organization) -> dict[str, str]:
    """What is masked wherever it stands: the token, with its kind."""
    return {token_of(organization): "block list token"}


def _proof(organization: Organization) -> bytes:
    said = f"{organization.pk}:{LIST_NAME}:{organization.blocklist_generation}"
    return salted_hmac("warroom.blocklist", said, algorithm="sha256").digest()[:PROOF_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
