"""Runtime configuration as a caller may write it: known names only, checked before anything is stored."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from sessions_app.errors import Refused
from sessions_app.vocabulary import Body


class RuntimeConfig(Body):
    model_config = ConfigDict(extra="forbid", strict=True)

    model_type: Literal["local", "cloud"] | None = None
    provider: Annotated[str | None, Field(min_length=1, max_length=60)] = None
    model: Annotated[str | None, Field(min_length=1, max_length=120)] = None
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    top_p: Annotated[float | None, Field(ge=0, le=1)] = None
    max_tokens: Annotated[int | None, Field(ge=1, le=1_000_000)] = None


CAMEL = {"modelType": "model_type", "topP": "top_p", "maxTokens": "max_tokens"}
NAMES = frozenset(RuntimeConfig.model_fields) | frozenset(CAMEL)


def read(config: dict[str, Any]) -> dict[str, Any]:
    """Give the configuration by its snake_case names (which win over camelCase), or refuse it."""
    told = {CAMEL[name]: value for name, value in config.items() if name in CAMEL}
    told |= {name: value for name, value in config.items() if name not in CAMEL}
    try:
        return RuntimeConfig.model_validate(told).model_dump(exclude_none=True)
    except ValidationError as error:
        wrong = {".".join(map(str, each["loc"])): each["msg"] for each in error.errors(include_input=False)}
        words = "; ".join(f"{name}: {problem}" for name, problem in wrong.items())
        raise Refused("INVALID_CONFIG", words[:1000], details={"fields": wrong}) from None


def split(config: dict[str, Any], metadata: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take the configuration's own names out of `metadata`; what `config` says wins."""
    inside = read({name: value for name, value in metadata.items() if name in NAMES})
    rest = {name: value for name, value in metadata.items() if name not in NAMES}
    return {**inside, **read(config)}, rest
