"""What keeps the product from starting, in one line for the person who started it."""

from django.core.management.base import CommandError


class CannotStart(CommandError):
    """Printed as it is, without a traceback; the process ends with status 1."""
