"""What a view says of itself: written beside the code, and held against every answer by the tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel
from rest_framework.views import APIView

View = TypeVar("View", bound=Callable[..., Any])


class Media(NamedTuple):
    """A body that is not one of our JSON objects: a file, a form, a stream."""

    content_type: str
    schema: dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One method at one address. What follows from the code around it (sign-in, path, repeats) need not be said."""

    summary: str
    # Status to what it holds: a type pydantic knows, a Media, several of them, or None for no body.
    answers: Mapping[int, Any]
    body: Any = None
    example: Any = None
    query: type[BaseModel] | None = None
    # Parameters that no model reads: name to JSON Schema.
    parameters: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    # A list that is read in pages, by ids or by the log's numbers: `answers` then names one entry of it.
    paged: Literal["", "id", "seq"] = ""
    # Nobody is asked who they are: said by plain functions, known of classes.
    public: bool = False
    # Codes beyond those that every door with such a sign-in, body or path can give.
    errors: tuple[str, ...] = ()


def described(summary: str, answer: Any = None, *, status: int = 200, **said: Any) -> Callable[[View], View]:
    """Say what a method of a view takes and gives: the answer of `status`, and more statuses by `also`."""
    answers = {status: answer, **said.pop("also", {})}
    operation = Operation(summary, answers, **said)

    def describe(view: View) -> View:
        view.operation = operation  # type: ignore[attr-defined]
        return view

    return describe


def describes(**methods: Operation) -> Callable[[View], View]:
    """The same for a view that is a plain function: a description for each of its methods."""

    def describe(view: View) -> View:
        view.operations = methods  # type: ignore[attr-defined]
        return view

    return describe


def stands_for(door: type[APIView]) -> Callable[[View], View]:
    """A function around a class says that the class describes it."""

    def describe(view: View) -> View:
        view.cls = door  # type: ignore[attr-defined]
        return view

    return describe
