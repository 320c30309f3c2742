"""How long a model may take, how often it is asked again, how far a run may go."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    first_token_s: float = 30
    stall_s: float = 30
    total_s: float = 300
    tries: int = 3
    # The longest wait between two tries doubles from here; a provider's Retry-After counts up to the ceiling.
    retry_base_s: float = 0.5
    retry_ceiling_s: float = 20
    # How often a typed answer may be sent back to the model because it does not fit.
    corrections: int = 2
    # Model requests of one react run; the last one gets no tools, so that it has to answer.
    steps: int = 12


LIMITS = Limits()
