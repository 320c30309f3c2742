"""What the codes of snapshots and rows are called on a page; static/js/models/labels.js says the same in scripts."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sessions_app.models import Role, Severity

LABELS: dict[str, dict[str, str | Promise]] = {
    "severity": dict(Severity.choices),
    "role": dict(Role.choices),
    "risk": {
        "low": _("Low risk"),
        "medium": _("Medium risk"),
        "high": _("High risk"),
        "destructive": _("Destructive risk"),
    },
    "vote": {"approve": pgettext_lazy("vote", "approve"), "reject": pgettext_lazy("vote", "reject")},
    "indicator": {
        "ip": pgettext_lazy("indicator", "ip"),
        "domain": pgettext_lazy("indicator", "domain"),
        "url": pgettext_lazy("indicator", "url"),
        "hash": pgettext_lazy("indicator", "hash"),
        "user": pgettext_lazy("indicator", "user"),
        "host": pgettext_lazy("indicator", "host"),
        "email": pgettext_lazy("indicator", "email"),
        "process": pgettext_lazy("indicator", "process"),
        "file": pgettext_lazy("indicator", "file"),
    },
    "known": {
        "resolver": pgettext_lazy("known", "public resolver"),
        "updates": pgettext_lazy("known", "system updates"),
        "time": pgettext_lazy("known", "time service"),
        "certificates": pgettext_lazy("known", "certificates"),
        "connectivity": pgettext_lazy("known", "connectivity check"),
        "vendor": pgettext_lazy("known", "vendor"),
        "namespace": pgettext_lazy("known", "namespace"),
        "cloud": pgettext_lazy("known", "cloud service"),
        "multicast": pgettext_lazy("known", "multicast"),
        "listed": pgettext_lazy("known", "listed by us"),
    },
    "step": {
        "pending": pgettext_lazy("step", "pending"),
        "running": pgettext_lazy("step", "running"),
        "waiting": pgettext_lazy("step", "waiting"),
        "succeeded": pgettext_lazy("step", "succeeded"),
        "failed": pgettext_lazy("step", "failed"),
        "rejected": pgettext_lazy("step", "rejected"),
        "skipped": pgettext_lazy("step", "skipped"),
        "cancelled": pgettext_lazy("step", "cancelled"),
    },
    "report": {"draft": pgettext_lazy("report", "draft"), "final": pgettext_lazy("report", "final")},
}


def label(code: Any, kind: str) -> str:
    """A code nobody has named yet is shown as it is."""
    return str(LABELS[kind].get(str(code), code))
