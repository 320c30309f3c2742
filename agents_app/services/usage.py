"""What requests to models took: on the run, on record for whoever pays, in place of what was reserved, and told."""

from decimal import Decimal
from typing import Any

from agents_app import resources
from agents_app.models import Agent, Run, UsageRecord
from agents_app.services import quotas
from agents_app.services.configuring import Chosen
from sessions_app import actors
from sessions_app.events import log
from sessions_app.vocabulary import UsageRecorded

PRICED_BY = 1_000_000


def add(
    run: Run,
    *,
    agent: Agent,
    chosen: Chosen,
    requests: int = 1,
    input_tokens: int,
    output_tokens: int,
    estimated: bool,
) -> None:
    """Count what a request took, and tell the room; call it with the run held, and `working.write_step` after it."""
    cost = _cost(chosen, input_tokens, output_tokens)
    step = {"requests": requests, "input_tokens": input_tokens, "output_tokens": output_tokens, "estimated": estimated}
    quotas.settle(run, requests=requests, tokens=input_tokens + output_tokens)
    UsageRecord.objects.create(
        organization_id=run.session.organization_id, user_id=run.requested_by_id, run=run, bucket=run.bucket,
        step=len((run.usage or {}).get("steps", ())), agent_name=agent.name, provider=chosen.provider,
        provider_name=chosen.provider.name, model=chosen.model, cost=cost, **step,
    )  # fmt: skip
    run.usage = _with(run.usage or {}, step, cost)
    _tell(run)


def _with(had: dict[str, Any], step: dict[str, Any], cost: Decimal | None) -> dict[str, Any]:
    """The sum of a run's steps; a cost only as far as models have prices."""
    sums = {name: had.get(name, 0) + step[name] for name in ("requests", "input_tokens", "output_tokens")}
    known = [Decimal(str(each)) for each in (had.get("cost"), cost) if each is not None]  # the sum is kept as JSON
    return {
        **sums,
        **({"cost": round(float(sum(known)), 6)} if known else {}),
        "estimated": bool(had.get("estimated")) or step["estimated"],
        "steps": [*had.get("steps", []), step],
    }


def _cost(chosen: Chosen, input_tokens: int, output_tokens: int) -> Decimal | None:
    offered = (each for each in chosen.provider.offered if each["name"] == chosen.model)
    prices: dict[str, Any] = next(offered, {})
    if "input_price" not in prices and "output_price" not in prices:
        return None
    paid_in, paid_out = (Decimal(str(prices.get(name) or 0)) for name in ("input_price", "output_price"))
    return (paid_in * input_tokens + paid_out * output_tokens) / PRICED_BY


def _tell(run: Run) -> None:
    shown = resources.run(run)
    used = UsageRecorded(
        event="usage.recorded", run_id=run.pk, usage=shown.usage, provider=shown.provider, model=shown.model,
        config=shown.config,
    )  # fmt: skip
    log.record(used, session=run.session, actor=actors.agent(run.agent.name), run=run.pk, parent_run=run.parent_id)
