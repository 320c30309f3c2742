"""The documentation is made from the code: every door is in it, and it is itself a document others can read."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sessions_app import asyncapi
from sessions_app.api.schema import addresses, openapi
from sessions_app.errors import ERRORS
from sessions_app.vocabulary import COMMANDS, EVENT_TYPES
from tests.callers import Caller


@pytest.mark.once
def test_every_door_is_described() -> None:
    assert addresses.undescribed() == []


@pytest.mark.once
def test_every_operation_has_a_name_of_its_own_and_a_tag_that_is_explained() -> None:
    document = openapi.document()
    operations = [each for path in document["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    assert {tag for each in operations for tag in each["tags"]} <= {tag["name"] for tag in document["tags"]}


@pytest.mark.once
def test_every_reference_leads_somewhere() -> None:
    document = openapi.document()
    schemas = document["components"]["schemas"]
    assert {name.rsplit("/", 1)[1] for name in _references(document)} <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.once
def test_no_door_gives_a_code_that_is_not_in_the_list() -> None:
    told = {code for each in addresses.addresses() if each.operation for code in openapi.codes_of(each, each.operation)}
    assert told <= set(ERRORS)


@pytest.mark.parametrize("path", ["schema", "asyncapi", "asyncapi/frames"])
def test_the_documents_are_for_everybody(path: str) -> None:
    answer = Caller().get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"


def test_the_page_shows_every_door() -> None:
    answer = Caller().get("docs")
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert [each.path for each in addresses.addresses() if f"<code>{each.path}</code>" not in shown] == []


@pytest.mark.once
def test_the_sockets_document_names_every_command_and_event() -> None:
    schemas = asyncapi.document()["components"]["schemas"]
    assert schemas["cmd"]["properties"]["type"]["enum"] == list(COMMANDS)
    told = [each["if"]["properties"]["type"]["const"] for each in schemas["event"]["allOf"]]
    assert told == list(EVENT_TYPES)


@pytest.mark.once
def test_the_sockets_references_lead_somewhere() -> None:
    document = asyncapi.document()
    for reference in _references(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        here = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return here.union(*(map(_references, value.values())))
    if isinstance(value, list):
        return set[str]().union(*map(_references, value))
    return set()
