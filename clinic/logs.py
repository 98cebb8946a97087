"""Logs that hold no patient data: an exception's message may quote what a patient typed, so it is left out."""

import json
import logging
import re
import smtplib
import socket
import traceback
from datetime import UTC, datetime

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.views.debug import SafeExceptionReporterFilter

SPEAKS_OF_THE_MACHINE = (ImproperlyConfigured, OperationalError, OSError)  # "could not connect", "disk full"
QUOTES_PEOPLE = (smtplib.SMTPException,)  # an OSError, and yet a mail server's words: whose address it refused
SECRET_IN_ADDRESS = re.compile(r"(/request/(?:sent|status)/|/drafts/)[^/\s]+")  # opens a patient's page, or a draft


class PlainFormatter(logging.Formatter):
    """One line for each record, line breaks escaped; tracebacks as places and types, without messages."""

    def format(self, record):
        text = SECRET_IN_ADDRESS.sub(r"\1…", super().format(record))
        head, *trace = text.split("\nTraceback", 1)
        return head.replace("\r", "\\r").replace("\n", "\\n") + "".join("\nTraceback" + part for part in trace)

    def formatException(self, exc_info):
        kind, error, trace = exc_info
        of_the_machine = isinstance(error, SPEAKS_OF_THE_MACHINE) and not isinstance(error, QUOTES_PEOPLE)
        message = f": {error}" if of_the_machine else ""
        frames = "".join(traceback.format_list(traceback.extract_tb(trace)))
        return f"Traceback (most recent call last):\n{frames}{kind.__module__}.{kind.__qualname__}{message}"


class JsonFormatter(PlainFormatter):
    """The same, for programs that collect lines: one JSON object for each record, its traceback in it."""

    host = socket.gethostname()

    def __init__(self):
        super().__init__("%(message)s")

    def format(self, record):
        message, *trace = super().format(record).split("\nTraceback", 1)
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
            "host": self.host,
            "process": record.process,
        }
        return json.dumps(line | ({"trace": "Traceback" + trace[0]} if trace else {}), ensure_ascii=False)


class NothingTyped(SafeExceptionReporterFilter):
    """Error reports show none of the fields that a person sent."""

    def get_post_parameters(self, request):
        return dict.fromkeys(request.POST, self.cleansed_substitute) if request else {}

    def get_traceback_frame_variables(self, request, tb_frame):
        return [(name, self.cleansed_substitute) for name in tb_frame.f_locals]
