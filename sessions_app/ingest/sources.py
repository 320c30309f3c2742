"""Every source by name: how its documents look and who reads them. A later format is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.errors import Invalid, NotFound
from sessions_app.ingest import (
    alertmanager,
    cloudevents,
    elastic,
    falco,
    generic,
    grafana,
    guardduty,
    pagerduty,
    sentry,
    suricata,
    wazuh,
    windows,
)
from sessions_app.ingest.alert import ParsedAlert, bounded, fingerprint_of
from sessions_app.ingest.unwrapping import Item, items

Reader = Callable[[str, Sequence[Item]], list[ParsedAlert]]


@dataclass(frozen=True, slots=True)
class Source:
    recognises: Callable[[dict[str, Any]], bool]
    read: Reader


def alone(read_one: Callable[[str, dict[str, Any]], ParsedAlert]) -> Reader:
    """Of these formats every document is an alert."""

    def read(source: str, found: Sequence[Item]) -> list[ParsedAlert]:
        bounded(found)
        return [read_one(source, item.document) for item in found]

    return read


# In the order in which they are asked; the last one reads whatever nobody knows.
SOURCES: dict[str, Source] = {
    "grafana": Source(grafana.recognises, grafana.read),
    "alertmanager": Source(alertmanager.recognises, alertmanager.read),
    "wazuh": Source(wazuh.recognises, alone(wazuh.one)),
    "falco": Source(falco.recognises, alone(falco.one)),
    "suricata": Source(suricata.recognises, suricata.read),
    "guardduty": Source(guardduty.recognises, alone(guardduty.one)),
    "cloudevents": Source(cloudevents.recognises, alone(cloudevents.one)),
    "sentry": Source(sentry.recognises, alone(sentry.one)),
    "pagerduty": Source(pagerduty.recognises, alone(pagerduty.one)),
    "windows": Source(windows.recognises, windows.read),
    "elastic": Source(elastic.recognises, elastic.read),
    "generic": Source(lambda document: True, generic.read),
}


def guess(document: dict[str, Any]) -> str:
    """Whose document this is."""
    return next(name for name, source in SOURCES.items() if source.recognises(document))


def known(document: dict[str, Any]) -> bool:
    return guess(document) != "generic"


def read(source: str, body: Any) -> list[ParsedAlert]:
    """Read a body that was sent under a source's name, or under none.

    The shape alone decides who reads a document, so a named body and a guessed one give the same incident, and no
    alert is turned away for its shape: the name is what people see. A body may hold documents of several shapes.
    """
    if source and source not in SOURCES:
        raise NotFound(_("There is no source called {name}.").format(name=repr(source[:40])))
    groups: dict[tuple[str, bool], list[Item]] = {}
    for item in items(body, known):
        groups.setdefault((guess(item.document), item.quoted), []).append(item)
    if not groups:
        raise Invalid(_("There is no alert in this body."))
    alerts = [
        distrusted(alert) if quoted else alert
        for (name, quoted), found in groups.items()
        for alert in SOURCES[name].read(source or name, found)
    ]
    bounded(alerts)
    return alerts


def distrusted(alert: ParsedAlert) -> ParsedAlert:
    """What stood as a text in something else may be an attacker's: it neither ends nor is counted into what is open.

    By what it is about it is still the same as another of its kind.
    """
    about = sorted(each.value for each in alert.indicators if each.kind in ("ip", "domain", "hash"))[:50]
    same = fingerprint_of("quoted", alert.title, alert.host.lower(), alert.user.lower(), about)
    return replace(alert, status="firing", fingerprint=same)
