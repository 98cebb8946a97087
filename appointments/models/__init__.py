from .access import AccessEvent
from .delivery import Delivery, Recipient, WorkerHeartbeat
from .request import AppointmentRequest, ChangedMeanwhile, ContactAttempt, Note, StatusChange, StepNotAllowed
from .throttle import RequestCount

__all__ = [
    "AccessEvent",
    "AppointmentRequest",
    "ChangedMeanwhile",
    "ContactAttempt",
    "Delivery",
    "Note",
    "Recipient",
    "RequestCount",
    "StatusChange",
    "StepNotAllowed",
    "WorkerHeartbeat",
]
