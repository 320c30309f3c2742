"""What every row has: an id that sorts by time."""

import uuid

import uuid_utils
from django.db import models


def uuid7() -> uuid.UUID:
    """Make a version 7 UUID (RFC 9562): new rows land at the end of every index."""
    return uuid.UUID(bytes=uuid_utils.uuid7().bytes)


class Row(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True
