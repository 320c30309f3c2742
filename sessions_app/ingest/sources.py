"""Every source by name: how its bodies look and who reads them. A later format is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.errors import NotFound
from sessions_app.ingest import (
    alertmanager,
    cloudevents,
    falco,
    generic,
    guardduty,
    pagerduty,
    sentry,
    suricata,
    wazuh,
    windows,
)
from sessions_app.ingest.alert import ParsedAlert

Reader = Callable[[str, Any], list[ParsedAlert]]


@dataclass(frozen=True, slots=True)
class Source:
    recognises: Callable[[Any], bool]
    read: Reader = generic.read


def each(looks: Callable[[dict[str, Any]], bool]) -> Callable[[Any], bool]:
    """Recognise a document, or a list of nothing but such documents."""

    def recognises(body: Any) -> bool:
        documents = body if isinstance(body, list) else [body]
        return bool(documents) and all(isinstance(document, dict) and looks(document) for document in documents)

    return recognises


def is_grafana(body: Any) -> bool:
    return alertmanager.recognises(body) and "orgId" in body


def is_elastic(document: dict[str, Any]) -> bool:
    inner = document.get("_source", document)
    return isinstance(inner, dict) and "@timestamp" in inner


# In the order in which they are asked; the last one reads whatever nobody knows.
SOURCES: dict[str, Source] = {
    "grafana": Source(is_grafana, alertmanager.read),
    "alertmanager": Source(alertmanager.recognises, alertmanager.read),
    "wazuh": Source(wazuh.recognises, wazuh.read),
    "falco": Source(each(falco.recognises), falco.read),
    "suricata": Source(each(suricata.recognises), suricata.read),
    "guardduty": Source(each(guardduty.recognises), guardduty.read),
    "windows": Source(each(windows.recognises)),
    "cloudevents": Source(each(cloudevents.recognises), cloudevents.read),
    "sentry": Source(each(sentry.recognises), sentry.read),
    "pagerduty": Source(each(pagerduty.recognises), pagerduty.read),
    "elastic": Source(each(is_elastic)),
    "generic": Source(generic.recognises),
}


def guess(body: Any) -> str:
    """Whose body this is."""
    return next(name for name, source in SOURCES.items() if source.recognises(body))


def read(source: str, body: Any) -> list[ParsedAlert]:
    """Read a body under a source's name, or under the name it looks like when none is given.

    A body that does not look like the source it names is read by best guess: no alert is turned away for its shape.
    """
    if source and source not in SOURCES:
        raise NotFound(_("There is no source called {name}.").format(name=repr(source[:40])))
    named = SOURCES[source] if source else SOURCES[source := guess(body)]
    reader = named.read if looks_right(source, body) else generic.read
    return reader(source, body)


def looks_right(source: str, body: Any) -> bool:
    # Grafana's older bodies lack the mark that tells it from Alertmanager.
    return SOURCES["alertmanager" if source == "grafana" else source].recognises(body)
