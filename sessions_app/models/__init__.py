from sessions_app.models.accounts import ApiKey, IdempotencyRecord, Membership, Organization, Role, User, WsTicket
from sessions_app.models.audit import AuditEntry, AuditHead
from sessions_app.models.events import Event
from sessions_app.models.evidence import Evidence, EvidenceLook
from sessions_app.models.incidents import (
    Alert,
    FollowUp,
    Incident,
    IncidentRole,
    Indicator,
    Merge,
    Pin,
    Report,
    RoundSummary,
    Severity,
)
from sessions_app.models.messages import Feedback, Message
from sessions_app.models.sessions import ChatSession, Participant
from sessions_app.models.uploads import Upload

__all__ = [
    "Alert",
    "ApiKey",
    "AuditEntry",
    "AuditHead",
    "ChatSession",
    "Event",
    "Evidence",
    "EvidenceLook",
    "Feedback",
    "FollowUp",
    "IdempotencyRecord",
    "Incident",
    "IncidentRole",
    "Indicator",
    "Membership",
    "Merge",
    "Message",
    "Organization",
    "Participant",
    "Pin",
    "Report",
    "Role",
    "RoundSummary",
    "Severity",
    "Upload",
    "User",
    "WsTicket",
]
