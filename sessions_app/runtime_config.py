"""Runtime configuration as a caller may write it: known names only, checked before anything is stored.

Whether a provider or a model exists is not known here: the app above says so (`extensions.on_config`).
"""

from typing import Annotated, Any, Literal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sessions_app.errors import Refused


class RuntimeConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    model_type: Literal["local", "cloud"] | None = None
    provider: Annotated[str | None, Field(min_length=1, max_length=60)] = None
    model: Annotated[str | None, Field(min_length=1, max_length=120)] = None
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    top_p: Annotated[float | None, Field(ge=0, le=1)] = None
    max_tokens: Annotated[int | None, Field(gt=0, le=1_000_000)] = None


CAMEL = {"modelType": "model_type", "topP": "top_p", "maxTokens": "max_tokens"}
NAMES = frozenset(RuntimeConfig.model_fields) | frozenset(CAMEL)
BOUNDS = {
    "model_type": _("must be local or cloud"),
    "provider": _("must be text of 1 to 60 characters"),
    "model": _("must be text of 1 to 120 characters"),
    "temperature": _("must be a number from 0 to 2"),
    "top_p": _("must be a number from 0 to 1"),
    "max_tokens": _("must be a whole number from 1 to 1000000"),
}


def read(config: dict[str, Any], metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    """Give the configuration by its snake_case names (which win over camelCase), or refuse it; null means unset.

    The names that `metadata` holds count where `config` does not say the same name.
    """
    found = {name: value for name, value in (metadata or {}).items() if name in NAMES}
    try:
        told = RuntimeConfig.model_validate({**_snake(found), **_snake(config)})
    except ValidationError as error:
        raise invalid(_faults(error)) from None
    return told.model_dump(exclude_none=True)


def split(config: dict[str, Any], metadata: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take the configuration's own names out of `metadata`; what `config` says wins."""
    rest = {name: value for name, value in metadata.items() if name not in NAMES}
    return read(config, metadata), rest


def invalid(faults: dict[str, str]) -> Refused:
    """One refusal for every door: which field, and what it may be."""
    words = "; ".join(f"{name} {bound}" for name, bound in faults.items())
    return Refused("INVALID_CONFIG", f"{words}."[:1000], details={"field": next(iter(faults)), "fields": faults})


def schema(*, only: bool) -> dict[str, Any]:
    """What may be sent, as JSON Schema: `only` these names, or these among others; null means nothing."""
    known = RuntimeConfig.model_json_schema()["properties"]
    names = {
        **known,
        **{camel: {"description": f"{snake}, where that is not there."} for camel, snake in CAMEL.items()},
    }
    return {"anyOf": [{"type": "object", "properties": names, "additionalProperties": not only}, {"type": "null"}]}


def _snake(told: dict[str, Any]) -> dict[str, Any]:
    camel = {CAMEL[name]: value for name, value in told.items() if name in CAMEL}
    return camel | {name: value for name, value in told.items() if name not in CAMEL}


def _faults(error: ValidationError) -> dict[str, str]:
    """Our words, never what was sent, which may be a secret."""
    unknown = gettext("is not known; the names are {names}").format(names=", ".join(RuntimeConfig.model_fields))
    return {
        str(each["loc"][0])[:60]: str(BOUNDS.get(str(each["loc"][0]), unknown))
        for each in error.errors(include_input=False)
    }
