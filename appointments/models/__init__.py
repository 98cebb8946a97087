from .access import AccessEvent
from .delivery import Delivery, DutyHours, Recipient, WorkerHeartbeat
from .last_step import LastStep
from .message import MessageTemplate
from .presence import Presence
from .ready_text import ReadyText
from .request import (
    AppointmentRequest,
    ChangedMeanwhile,
    ContactAttempt,
    Note,
    PatientReply,
    StatusChange,
    StepNotAllowed,
)
from .retention import Erasure, PurgeRun
from .search import SearchEntry
from .throttle import RequestCount

__all__ = [
    "AccessEvent",
    "AppointmentRequest",
    "ChangedMeanwhile",
    "ContactAttempt",
    "Delivery",
    "DutyHours",
    "Erasure",
    "LastStep",
    "MessageTemplate",
    "Note",
    "PatientReply",
    "Presence",
    "PurgeRun",
    "ReadyText",
    "Recipient",
    "RequestCount",
    "SearchEntry",
    "StatusChange",
    "StepNotAllowed",
    "WorkerHeartbeat",
]
