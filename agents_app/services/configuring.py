"""What a run uses: provider, model, settings. Decided here alone: message over session over agent over provider."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents_app import clock
from agents_app.models import Agent, Provider, Run
from agents_app.services import providers, sampling
from sessions_app import runtime_config
from sessions_app.actors import Actor
from sessions_app.errors import Refused
from sessions_app.models import ChatSession

SETTINGS = {
    "temperature": gettext_lazy("temperature"),
    "top_p": gettext_lazy("top p"),
    "max_tokens": gettext_lazy("max tokens"),
}
# How long a look at a provider that found nobody there is believed; the next look comes sooner.
LOOK_BELIEVED = timedelta(minutes=2)

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Chosen:
    provider: Provider
    model: str
    # The settings in force, and the names that somebody asked for.
    config: dict[str, Any]


@dataclass(frozen=True)
class _Where:
    """Which model is asked, as far as the levels looked at so far say."""

    provider: Provider | None
    model: str = ""
    model_type: str = ""


def decide(agent: Agent, *, session: Config, message: Config | None = None) -> Chosen:
    """Take each name from the strongest level that says it; refuse what nobody offers."""
    try:
        own = runtime_config.read(dict(agent.config))
        weakest = _apply(_of_agent(agent), own, agent)
    except Refused as refused:
        words = _("The configuration of {agent} is not valid: {why}").format(agent=agent.name, why=refused.detail)
        raise Refused("AGENT_CONFIG_ERROR", words, details=refused.details) from None
    where = weakest
    for level in (session, message or {}):
        where = _apply(where, level, agent)
    provider, model = _settled(where, agent)
    chosen = _in_force(provider, model, [own, session, message or {}])
    _require_room(chosen)
    return chosen


def for_run(run: Run, agent: Agent, *, session: Config | None = None) -> Chosen:
    """What an agent uses in a run right now; another agent than the run's goes by its own and the session's."""
    if session is None:
        session = ChatSession.objects.values_list("config", flat=True).get(pk=run.session_id)
    return decide(agent, session=session, message=run.asked if agent.pk == run.agent_id else None)


def on_config(session: ChatSession, config: dict[str, Any]) -> None:
    """Refuse what a session's agent could not do with this config, before it is stored."""
    if config and session.agent_id:
        decide(Agent.objects.select_related("provider").get(pk=session.agent_id), session=config)


def choices(session: ChatSession, by: Actor) -> dict[str, Any]:
    """What a person may choose from in a session, and what answers as things stand."""
    if session.agent_id is None:
        return {}
    agent = Agent.objects.select_related("provider").get(pk=session.agent_id)
    offered = [
        {"name": row.name, "demo": row.kind == Provider.Kind.DEMO, "models": models_of(row)}
        for row in _visible(agent).filter(enabled=True).order_by("name", "id")
    ]
    return {"in_use": {"words": _in_use(agent, session)}, "offered": offered}


def _in_use(agent: Agent, session: ChatSession) -> str:
    try:
        chosen = decide(agent, session=session.config)
    except Refused as refused:
        return refused.detail
    numbers = [f"{word} {chosen.config[name]}" for name, word in SETTINGS.items() if name in chosen.config]
    return " · ".join([_named_model(chosen), *numbers])


def _named_model(chosen: Chosen) -> str:
    """A provider of one model is often called like it: then one name says both."""
    if chosen.model == chosen.provider.name:
        return chosen.model
    return _("{model} of {provider}").format(model=chosen.model, provider=chosen.provider.name)


# --- Steps ------------------------------------------------------------------------------------------------------------
def _of_agent(agent: Agent) -> _Where:
    """Its own provider, or the organisation's default, or the installation's; a model belongs to its provider."""
    if agent.provider and agent.provider.enabled:
        return _Where(agent.provider, agent.model)
    chosen = providers.default_of(agent.organization_id)
    where = _Where(chosen.provider, chosen.model) if chosen else _Where(providers.default())
    return where if agent.provider or not agent.model else _apply(where, {"model": agent.model}, agent)


def _apply(where: _Where, level: Config, agent: Agent) -> _Where:
    """A stronger level's word; a model belongs to the provider it was named with."""
    if name := level.get("provider"):
        return _Where(_named(name, agent), level.get("model", ""), level.get("model_type", ""))
    if kind := level.get("model_type"):
        stays = where.provider is not None and where.provider.model_type == kind
        where = replace(where, model_type=kind) if stays else _Where(None, "", kind)
    if model := level.get("model"):
        stays = where.provider is not None and offers(where.provider, model)
        where = replace(where, model=model, provider=where.provider if stays else None)
    return where


def _settled(where: _Where, agent: Agent) -> tuple[Provider, str]:
    found = where.provider or _that_fits(where, agent)
    if where.model_type and found.model_type != where.model_type:
        raise runtime_config.invalid(
            {
                "model_type": _("{kind} is not what the provider {name} is").format(
                    kind=where.model_type, name=found.name
                )
            }
        )
    model = where.model or found.default_model
    if not offers(found, model):
        raise runtime_config.invalid(
            {
                "model": _("is not one of {name}; it has {models}").format(
                    name=found.name, models=_listed(models_of(found))
                )
            }
        )
    return found, model


def _that_fits(where: _Where, agent: Agent) -> Provider:
    """The first that has what was asked for: the agent's own, the defaults, then the others by name."""
    chosen = providers.default_of(agent.organization_id)
    preferred = [one.pk for one in (agent.provider, chosen and chosen.provider, providers.default()) if one]
    open_ones = sorted(
        _visible(agent).filter(enabled=True),
        key=lambda one: (preferred.index(one.pk) if one.pk in preferred else len(preferred), one.name),
    )
    fitting = [one for one in open_ones if where.model_type in ("", one.model_type)]
    if not fitting:
        raise runtime_config.invalid(
            {"model_type": _("{kind} is not offered: no provider here is").format(kind=where.model_type)}
        )
    having = [one for one in fitting if not where.model or offers(one, where.model)]
    if not having:
        known = sorted({name for one in fitting for name in models_of(one)})
        raise runtime_config.invalid({"model": _("is not known; there are {names}").format(names=_listed(known))})
    return having[0]


def _named(name: str, agent: Agent) -> Provider:
    there = _visible(agent).filter(name=name).order_by("organization_id")
    own_first = sorted(there, key=lambda one: one.organization_id is None)
    if not own_first:
        names = _visible(agent).filter(enabled=True).order_by("name").values_list("name", flat=True)
        raise runtime_config.invalid(
            {"provider": _("is not known; there are {names}").format(names=_listed(dict.fromkeys(names)))}
        )
    provider = own_first[0]
    if not provider.enabled:
        raise runtime_config.invalid({"provider": _("{name} is switched off").format(name=provider.name)})
    _require_reached(provider)
    return provider


def _require_reached(provider: Provider) -> None:
    """Who names a provider hears at once that nobody is there; a default one is tried, and its failure is the run's."""
    health = getattr(provider, "health", None)
    if health and not health.reached and clock.now() - health.checked_at < LOOK_BELIEVED:
        words = _("The provider {name} does not answer right now: {why}").format(name=provider.name, why=health.detail)
        raise Refused("SERVICE_UNAVAILABLE", words, details={"field": "provider", "provider": provider.name})


def _in_force(provider: Provider, model: str, levels: list[Config]) -> Chosen:
    """Only what is really used; a name that a stronger level made void is left out."""
    merged = sampling.settle(provider, model, [provider.config, *levels])
    settings = {name: value for name, value in merged.items() if name in SETTINGS}
    asked = {name for level in levels for name in level}
    used = {"provider": provider.name, "model": model, "model_type": provider.model_type}
    return Chosen(provider, model, settings | {name: value for name, value in used.items() if name in asked})


def _require_room(chosen: Chosen) -> None:
    most = next((each.get("max_tokens") for each in chosen.provider.offered if each["name"] == chosen.model), None)
    if most and chosen.config.get("max_tokens", 0) > most:
        bound = _("must be a whole number from 1 to {most}, the limit of {model}").format(most=most, model=chosen.model)
        raise runtime_config.invalid({"max_tokens": bound})


def offers(provider: Provider, model: str) -> bool:
    """Whether the provider has the model; one that lists nothing may have any."""
    names = models_of(provider)
    closed = provider.kind == Provider.Kind.DEMO or len(provider.offered) > 1 or _seen(provider)
    return model in names or f"{model}:latest" in names or not closed


def models_of(provider: Provider) -> list[str]:
    """The models that the row names, then those the server listed when it was last looked at."""
    named = [provider.default_model, *(each["name"] for each in provider.offered), *_seen(provider)]
    return list(dict.fromkeys(name for name in named if name))


def _seen(provider: Provider) -> list[str]:
    health = getattr(provider, "health", None)
    return list(health.listed) if health else []


def _visible(agent: Agent) -> QuerySet[Provider]:
    ours = Q(organization=None) | Q(organization_id=agent.organization_id)
    return Provider.objects.filter(ours).select_related("health")


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    more = f" and {len(found) - 12} more" if len(found) > 12 else ""
    return ", ".join(found[:12]) + more
