"""Requests as a file for another program. Each is written down as exported before the first byte of it leaves.

Nothing is kept open while somebody's browser takes its time: the rows are read page by page, each page a query of its
own. What is read is what was written down, so no row can leave that was not.
"""

import csv
import logging
import unicodedata
import uuid
from io import StringIO

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from clinic.typed import tidy_line

from . import fhir
from .models import AccessEvent, AppointmentRequest

logger = logging.getLogger(__name__)

PAGE = 500  # requests at a time: what is in memory
# What makes a spreadsheet take a cell for a formula (OWASP CSV Injection, ASVS 1.2.10), and the same in full width. The
# others on their lists, TAB, CR, LF and NUL, never come this far: a cell is one tidy line.
FORMULA_SIGNS = set("=+-@＝＋－＠")
AS_TEXT = "'"


class Batch:
    """Requests that one person takes out at one moment, in one format."""

    def __init__(self, chosen, *, by, file_format):
        self.chosen, self.by, self.format = chosen, by, file_format
        self.step = f"{file_format.slug} {uuid.uuid4().hex[:12]}"
        self.count = 0

    def write_down(self, record):
        """An access event for each request. `record` raises where that fails: then nothing may be sent."""
        newest = AccessEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
        self.events_after = newest or 0
        for references in pages(self.chosen):
            record(AccessEvent.Action.EXPORT, references, by=self.by, step=self.step)
            self.count += len(references)

    def requests(self):
        """What was written down, in its order; what was erased since is left out."""
        events, last = AccessEvent.objects.filter(by=self.by, step=self.step).order_by("pk"), self.events_after
        while page := list(events.filter(pk__gt=last).values_list("pk", "reference")[:PAGE]):
            last = page[-1][0]
            references = [reference for _, reference in page]
            rows = AppointmentRequest.objects.filter(reference__in=references).select_related("service")
            found = {row.reference: row for row in rows}
            yield from (found[reference] for reference in references if reference in found)

    def content(self):
        """The file, piece by piece. A failure on the way breaks it off, and the browser says that it is not whole."""
        try:
            yield from self.format.write(self.requests())
        except Exception:
            logger.warning("An export broke off in the middle (%s).", self.step)
            raise


def pages(chosen):
    """References, PAGE at a time, oldest first: by the index of the time received, and never by an offset."""
    chosen, last = chosen.order_by("created_at", "pk"), None
    while page := list(after(chosen, last).values_list("created_at", "pk", "reference")[:PAGE]):
        *last, _ = page[-1]
        yield [reference for *_, reference in page]


def after(chosen, last):
    if last is None:
        return chosen
    at, pk = last
    return chosen.filter(Q(created_at__gt=at) | Q(pk__gt=pk), created_at__gte=at)


# The formats ----------------------------------------------------------------------------------------------------------


class CSV:
    """`words`: with what patients wrote of their health and needs."""

    slug, label, suffix = "csv", "Spreadsheet (CSV)", "csv"
    content_type = "text/csv; charset=utf-8; header=present"

    def __init__(self, words):
        self.columns = COLUMNS + (WORDS if words else [])

    def write(self, requests):
        head = [label.format(zone=settings.TIME_ZONE) for label, _ in self.columns]
        lines = Lines()
        lines.add(head)
        yield "\ufeff" + lines.take()  # by this mark spreadsheets know that it is UTF-8
        for number, request in enumerate(requests, 1):
            lines.add([as_cell(value(request)) for _, value in self.columns])
            if number % PAGE == 0:
                yield lines.take()
        yield lines.take()


class FHIR:
    suffix = "json"

    def __init__(self, words):
        self.words = words

    @property
    def content_type(self):
        return f"application/fhir+json; fhirVersion={fhir.MIME_VERSION[self.release]}; charset=utf-8"

    def write(self, requests):
        facts = {"release": self.release, "site": settings.SITE_URL, "zone": timezone.get_default_timezone()}
        resources = (fhir.appointment(request, **facts, with_words=self.words) for request in requests)
        yield from fhir.bundle(resources, site=settings.SITE_URL, at=timezone.localtime())


class FHIRR4(FHIR):
    slug, label, release = "fhir-r4", "FHIR R4 bundle of Appointments (JSON)", fhir.R4


class FHIRR5(FHIR):
    slug, label, release = "fhir-r5", "FHIR R5 bundle of Appointments (JSON)", fhir.R5


FORMATS = {each.slug: each for each in (CSV, FHIRR4, FHIRR5)}


class Lines:
    """CSV by RFC 4180, each cell in quotes: no separator in it can begin another one."""

    def __init__(self):
        self.buffer = StringIO()
        self.writer = csv.writer(self.buffer, quoting=csv.QUOTE_ALL)
        self.add = self.writer.writerow

    def take(self):
        text = self.buffer.getvalue()
        self.buffer.seek(0)
        self.buffer.truncate()
        return text


def as_cell(value):
    """One line, and never a formula: a sign that would begin one gets an apostrophe, "+44 20 …" too."""
    if value is None:
        return ""
    text = tidy_line(str(value))
    visible = (character for character in text if unicodedata.category(character)[0] not in "CZ")
    return AS_TEXT + text if next(visible, "") in FORMULA_SIGNS else text


def local(moment):
    return moment and timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


def yes(value):
    return "yes" if value else "no"


# No notes, claims, promises or reasons of staff: see fhir.py.
COLUMNS = [
    ("Reference", lambda row: row.reference),
    ("Received ({zone})", lambda row: local(row.created_at)),
    ("Status", lambda row: row.get_status_display()),
    ("Outcome", lambda row: row.get_outcome_display()),
    ("Service", lambda row: row.service.name),
    ("Name", lambda row: row.name),
    ("For", lambda row: "the person named" if row.for_whom == "self" else "someone else"),
    ("New or returning", lambda row: row.patient_type),
    ("Phone", lambda row: row.phone),
    ("E-mail", lambda row: row.email),
    ("Voicemail allowed", lambda row: yes(row.voicemail_ok)),
    ("Best time to call", lambda row: row.get_best_time_to_call_display()),
    ("Preferred days", lambda row: row.preferred_days_text()),
    ("Preferred time", lambda row: row.get_preferred_time_display()),
    ("First attempt ({zone})", lambda row: local(row.first_attempt_at)),
    ("Reached ({zone})", lambda row: local(row.contacted_at)),
    ("Appointment starts ({zone})", lambda row: local(row.start)),
    ("Appointment ends ({zone})", lambda row: local(row.end)),
    ("Place", lambda row: row.place),
    ("Closed ({zone})", lambda row: local(row.closed_at)),
]
WORDS = [
    ("Guide read", lambda row: row.guide_title),
    ("Language", lambda row: row.language or row.speaks),
    ("Interpreter", lambda row: yes(row.needs_interpreter)),
    ("Access needs", lambda row: row.access_needs),
    ("In the patient’s words", lambda row: row.message),
]
