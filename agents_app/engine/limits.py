"""How long a model may take, how often it is asked again, how far a run may go."""

from dataclasses import dataclass, replace

from django.conf import settings

from agents_app.models import Run
from sessions_app.models import ChatSession


@dataclass(frozen=True)
class Limits:
    first_token_s: float = 30
    stall_s: float = 30
    total_s: float = 300
    tries: int = 3
    # How long the whole run may take, tools included, and how often a request of it is sent again; None: no matter.
    run_s: float | None = None
    retries_a_run: int | None = None
    # The longest wait between two tries doubles from here; a provider's Retry-After counts up to the ceiling.
    retry_base_s: float = 0.5
    retry_ceiling_s: float = 20
    # How often a typed answer may be sent back to the model because it does not fit.
    corrections: int = 2
    # Model requests of one react run; the last one gets no tools, so that it has to answer.
    steps: int = 12


LIMITS = Limits()


def of(run: Run, limits: Limits) -> Limits:
    """Those of the run: whoever asks in an engineer chat waits for the answer, and for no longer than was promised."""
    if run.session.category != ChatSession.Category.ENGINEER_CHAT:
        return limits
    return replace(limits, run_s=settings.ENGINEER_CHAT_AI_TIMEOUT, retries_a_run=1)
