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
from .throttle import RequestCount

__all__ = [
    "AccessEvent",
    "AppointmentRequest",
    "ChangedMeanwhile",
    "ContactAttempt",
    "Delivery",
    "DutyHours",
    "MessageTemplate",
    "Note",
    "PatientReply",
    "Recipient",
    "RequestCount",
    "StatusChange",
    "StepNotAllowed",
    "WorkerHeartbeat",
]
