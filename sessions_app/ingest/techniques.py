"""MITRE ATT&CK techniques, where a source names them: `T1110`, `attack.t1059.001`, `mitre_technique_id: [...]`."""

from __future__ import annotations

import re

from sessions_app.indicators.leaves import Leaf

TECHNIQUE = re.compile(r"(?<![\w-])(?:attack\.)?(t\d{4}(?:\.\d{3})?)(?![\w-])", re.ASCII | re.IGNORECASE)
# A word such as T1000 stands in many a text: only these names speak of techniques, and lists of bare labels.
NAMED = re.compile(r"mitre|technique|(?:^|_)attack(?:_|$)|threat")
LABELS = ("", "tags", "labels", "rule_tags", "rule_groups", "groups")
MOST = 20
LONGEST = 200


def techniques(leaves: list[Leaf]) -> tuple[str, ...]:
    """Each once, in the order they are named."""
    found = [
        match[1].upper()
        for leaf in leaves
        if isinstance(leaf.value, str)
        and len(leaf.value) <= LONGEST
        and (leaf.name in LABELS or NAMED.search(leaf.name))
        for match in TECHNIQUE.finditer(leaf.value)
    ]
    return tuple(dict.fromkeys(found))[:MOST]
