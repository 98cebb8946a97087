from .access import AccessEvent
from .delivery import Delivery, Recipient, WorkerHeartbeat
from .request import AppointmentRequest, ChangedMeanwhile, ContactAttempt, Note, StatusChange, StepNotAllowed

__all__ = [
    "AccessEvent",
    "AppointmentRequest",
    "ChangedMeanwhile",
    "ContactAttempt",
    "Delivery",
    "Note",
    "Recipient",
    "StatusChange",
    "StepNotAllowed",
    "WorkerHeartbeat",
]
