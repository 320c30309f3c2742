"""Every source by name: how its bodies look and who reads them. A later format is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.errors import NotFound
from sessions_app.ingest import alertmanager, generic, wazuh
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


def having(*keys: str) -> Callable[[Any], bool]:
    return each(lambda document: document.keys() >= set(keys))


def is_grafana(body: Any) -> bool:
    return alertmanager.recognises(body) and "orgId" in body


def is_guardduty(document: dict[str, Any]) -> bool:
    finding = document.get("detail", document)
    return isinstance(finding, dict) and finding.keys() >= {"service", "type", "severity"} and "accountId" in finding


def is_windows(document: dict[str, Any]) -> bool:
    event = document.get("Event")
    return (isinstance(event, dict) and "System" in event) or document.keys() >= {"EventID", "Channel"}


def is_elastic(document: dict[str, Any]) -> bool:
    inner = document.get("_source", document)
    return isinstance(inner, dict) and "@timestamp" in inner


def is_sentry(document: dict[str, Any]) -> bool:
    data = document.get("data")
    return (
        "action" in document
        and isinstance(data, dict)
        and bool(data.keys() & {"event", "issue", "error", "metric_alert"})
    )


def is_pagerduty(document: dict[str, Any]) -> bool:
    event = document.get("event")
    return (isinstance(event, dict) and "event_type" in event) or document.keys() >= {"routing_key", "event_action"}


# In the order in which they are asked; the last one reads whatever nobody knows.
SOURCES: dict[str, Source] = {
    "grafana": Source(is_grafana, alertmanager.read),
    "alertmanager": Source(alertmanager.recognises, alertmanager.read),
    "wazuh": Source(wazuh.recognises, wazuh.read),
    "falco": Source(having("rule", "priority", "output")),
    "suricata": Source(having("event_type", "flow_id")),
    "guardduty": Source(each(is_guardduty)),
    "windows": Source(each(is_windows)),
    "cloudevents": Source(having("specversion", "type", "source")),
    "sentry": Source(each(is_sentry)),
    "pagerduty": Source(each(is_pagerduty)),
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
