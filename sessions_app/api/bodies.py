"""Request bodies and query parameters as pydantic models; what does not fit is refused with the fields named."""

from typing import Any, TypeVar

from django.http import QueryDict
from pydantic import BaseModel, ValidationError

from sessions_app import misfits, runtime_config
from sessions_app.errors import Invalid, Refused

Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], data: Any) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise invalid(error) from None


def query(model: type[Model], parameters: QueryDict) -> Model:
    """Read the parameters a model knows; others belong to somebody else, such as the paging."""
    known = {name: value for name, value in parameters.items() if name in model.model_fields}
    return parse(model, known)


def invalid(error: ValidationError) -> Refused:
    """Name the fields and what is wrong with them; never what was sent, which may be a secret."""
    if any(each["loc"][:1] == ("config",) for each in error.errors(include_input=False)):
        return runtime_config.invalid({"config": "must be an object"})
    wrong = {
        ".".join(map(str, each["loc"])) or "body": misfits.problem(each) for each in error.errors(include_input=False)
    }
    words = "; ".join(f"{name}: {problem}" for name, problem in wrong.items())
    return Invalid(words[:1000], details={"fields": wrong})
