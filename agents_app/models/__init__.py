from agents_app.models.agents import Agent
from agents_app.models.approvals import Approval, Grant, Question, ToolPolicy, Vote
from agents_app.models.containment import BlockedIndicator
from agents_app.models.plans import PlanNode
from agents_app.models.providers import DefaultModel, Provider, ProviderHealth
from agents_app.models.quotas import Period, Quota, QuotaCount, QuotaType, UsageRecord
from agents_app.models.runbooks import Runbook
from agents_app.models.runs import Run, RunInbox
from agents_app.models.tool_calls import ToolCall

__all__ = [
    "Agent",
    "Approval",
    "BlockedIndicator",
    "DefaultModel",
    "Grant",
    "Period",
    "PlanNode",
    "Provider",
    "ProviderHealth",
    "Question",
    "Quota",
    "QuotaCount",
    "QuotaType",
    "Run",
    "RunInbox",
    "Runbook",
    "ToolCall",
    "ToolPolicy",
    "UsageRecord",
    "Vote",
]
