"""What a provider's models take of temperature and top_p, where that is less than what may be written at all."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from agents_app.models import Provider
from sessions_app import runtime_config

Config = Mapping[str, Any]

NAMES = ("temperature", "top_p")
# https://docs.claude.com/en/api/messages: 0 to 1, and one of the two. Newer models answer 400 to either.
ANTHROPIC_WARMEST = 1
ANTHROPIC_TAKES_NONE = (
    "claude-fable-5", "claude-mythos-5", "claude-opus-4-7", "claude-opus-4-8", "claude-opus-5", "claude-sonnet-5",
    "claude-haiku-5-5",
)  # fmt: skip


def settle(provider: Provider, model: str, levels: list[Config]) -> dict[str, Any]:
    """The levels as one, the last the strongest; refuses what somebody asked for that the model would refuse.

    The provider's own settings come first, as what nobody asked for: they are left out where they don't fit.
    """
    if provider.kind != Provider.Kind.ANTHROPIC:
        return _merged(levels)
    own, *asked = levels
    _require_taken(model, asked)
    weak = {} if model.startswith(ANTHROPIC_TAKES_NONE) else own
    found = _merged(_one_of_two([weak, *asked]))
    if found.get("temperature", 0) > ANTHROPIC_WARMEST:
        bound = _("must be a number from 0 to {most} for {provider}")
        raise runtime_config.invalid({"temperature": bound.format(most=ANTHROPIC_WARMEST, provider=provider.name)})
    return found


def _require_taken(model: str, asked: list[Config]) -> None:
    if any(all(name in level for name in NAMES) for level in asked):
        bound = _("must not stand beside temperature for {model}: it takes one of the two").format(model=model)
        raise runtime_config.invalid({"top_p": bound})
    if model.startswith(ANTHROPIC_TAKES_NONE):
        faults = {name: _("is not taken by {model}; leave it out").format(model=model) for name in NAMES}
        if told := {name: words for name, words in faults.items() if any(name in level for level in asked)}:
            raise runtime_config.invalid(told)


def _one_of_two(levels: list[Config]) -> list[Config]:
    """Who names one of the two means it in place of the other that a weaker level names."""
    strongest = next((level for level in reversed(levels) if any(name in level for name in NAMES)), {})
    kept = next((name for name in NAMES if name in strongest), "")
    return [{name: value for name, value in level.items() if name not in NAMES or name == kept} for level in levels]


def _merged(levels: list[Config]) -> dict[str, Any]:
    return {name: value for level in levels for name, value in level.items()}
