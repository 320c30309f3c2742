"""What tools do; one file a subject, each found through the registry."""

from agents_app.tools import block_list, calculator, evidence, incidents, time
from agents_app.tools.registry import Call, OutcomeUnclear, ToolFailed, named

__all__ = ["Call", "OutcomeUnclear", "ToolFailed", "block_list", "calculator", "evidence", "incidents", "named", "time"]
