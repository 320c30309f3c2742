"""The JSON Schema we make from the vocabulary, beside the socket's contract: what one takes, the other takes."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sessions_app import asyncapi, client_frames
from sessions_app.server_frames import FRAMES
from sessions_app.vocabulary import COMMANDS
from tests import sampled
from tests.contract import SCHEMA as CONTRACT

pytestmark = pytest.mark.once
BOTH = frozenset(CONTRACT["$defs"]) & frozenset(asyncapi.frames()["$defs"])
KINDS = sorted(name for name in BOTH if {"$ref": f"#/$defs/{name}"} in CONTRACT["oneOf"])
# What only clients say: `ping`, `pong` and `unsub` go both ways, and are described as the server says them.
CLIENTS = sorted(set(client_frames.KINDS) - set(FRAMES))
bounded = settings(max_examples=30, derandomize=True, suppress_health_check=list(HealthCheck))


def only(schema: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"$defs": schema["$defs"], "$ref": f"#/$defs/{kind}"}


def takes(schema: dict[str, Any], kind: str, frame: Any) -> list[str]:
    validator = Draft202012Validator(only(schema, kind), format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [error.message for error in validator.iter_errors(frame)]


def simple(schema: dict[str, Any], kind: str) -> dict[str, Any]:
    """A frame without what depends on its type, which no generator can make by chance."""
    made = copy.deepcopy(schema["$defs"][kind])
    made.pop("allOf", None)
    if kind == "cmd":
        made["properties"]["type"] = {"const": "typing"}
        made["properties"]["data"] = {"const": {}}
    if kind == "event":
        made["properties"]["type"] = {"const": "weather.changed"}
    if "dependentRequired" in made:  # `after` means nothing without `epoch`
        made["required"] = [*made["required"], "epoch", "after"]
    return made


def test_both_know_the_same_frames() -> None:
    assert {f"#/$defs/{kind}" for kind in KINDS} == {each["$ref"] for each in CONTRACT["oneOf"]}
    assert {each["$ref"] for each in asyncapi.frames()["oneOf"]} == {each["$ref"] for each in CONTRACT["oneOf"]}


def test_both_know_the_same_commands() -> None:
    assert CONTRACT["$defs"]["cmd"]["properties"]["type"]["enum"] == list(COMMANDS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_we_describe_is_within_the_contract(kind: str) -> None:
    @bounded
    @given(frame=sampled.of(simple(asyncapi.frames(), kind), asyncapi.frames()["$defs"]))
    def every(frame: dict[str, Any]) -> None:
        assert takes(CONTRACT, kind, frame) == []

    every()


# Of what the server says, it says more exactly what it sends: an error always has its words.
@pytest.mark.parametrize("kind", CLIENTS)
def test_what_the_contract_lets_a_client_say_we_describe(kind: str) -> None:
    @bounded
    @given(frame=sampled.of(simple(CONTRACT, kind), CONTRACT["$defs"]))
    def every(frame: dict[str, Any]) -> None:
        assert takes(asyncapi.frames(), kind, frame) == []

    every()


@pytest.mark.parametrize("kind", CLIENTS)
def test_what_we_describe_is_what_the_socket_reads(kind: str) -> None:
    @bounded
    @given(frame=sampled.of(simple(asyncapi.frames(), kind), asyncapi.frames()["$defs"]), extra=st.booleans())
    def every(frame: dict[str, Any], extra: bool) -> None:
        model = client_frames.KINDS[kind]
        assert model.model_validate(frame).t == kind
        if extra:
            assert takes(asyncapi.frames(), kind, {**frame, "surprise": 1}) != []

    every()
