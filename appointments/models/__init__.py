from .access import AccessEvent
from .delivery import Delivery, DutyHours, Recipient, WorkerHeartbeat
from .message import MessageTemplate
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
    "MessageTemplate",
    "Note",
    "PatientReply",
    "PurgeRun",
    "Recipient",
    "RequestCount",
    "SearchEntry",
    "StatusChange",
    "StepNotAllowed",
    "WorkerHeartbeat",
]
