"""As many fictional requests as wanted: to see how the desk and the form behave after years of use."""

import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from appointments.models import AppointmentRequest, ContactAttempt, Delivery, Recipient, SearchEntry, StatusChange
from appointments.models.request import CLAIM_FOR, new_reference, new_secret
from appointments.models.search import words_of
from clinic import demo
from clinic.hours import add_opening_time
from clinic.models import ClinicProfile, Service, clinic_calendar

AT_A_TIME = 5_000
MOST_DAYS_BACK = 5 * 365
A_DAY_AT_LEAST = 40  # a few requests are those of a few days
RECENT = timedelta(days=14)  # what is older has mostly come to its end
FIRST_NAMES = [
    "Olive",
    "Basil",
    "Fern",
    "Clover",
    "Sage",
    "Rowan",
    "Hazel",
    "Ivy",
    "Linden",
    "Laurel",
    "Aster",
    "Bryony",
    "Juniper",
    "Myrtle",
    "Poppy",
    "Reed",
    "Senna",
    "Tansy",
    "Violet",
    "Willow",
    "Alder",
    "Briar",
    "Cedar",
    "Dahlia",
    "Elder",
    "Flora",
    "Garnet",
    "Heath",
    "Iris",
    "Jasper",
]
LAST_NAMES = ["Sample", "Example", "Placeholder", "Specimen", "Fiction"]
MESSAGES = [
    "",
    "",
    "Please call after 3 pm, I work mornings.",
    "My doctor wants a moving X-ray of my swallowing. I would like to know how long it takes.",
    "I read your page about contrast liquid and have one question before I decide.",
    "I am hard of hearing on the left. Please speak slowly.",
    "¿Puedo tomar mis pastillas antes del examen?",
    "For my son, 4. He is afraid of big machines. Can his sister come in too?",
]
State = AppointmentRequest.Status
Outcome = AppointmentRequest.Outcome
# (weight, status, outcome)
RECENT_STATES = [
    (30, State.NEW, ""),
    (12, State.CONTACTING, ""),
    (6, State.AWAITING_PATIENT, ""),
    (6, State.WAITLISTED, ""),
    (26, State.BOOKED, ""),
    (8, State.CLOSED, Outcome.WITHDRAWN),
    (4, State.CLOSED, Outcome.DECLINED),
    (4, State.CLOSED, Outcome.REDIRECTED),
    (4, State.CLOSED, Outcome.SPAM),
]
OLD_STATES = [
    (1, State.WAITLISTED, ""),
    (660, State.CLOSED, Outcome.FULFILLED),
    (40, State.CLOSED, Outcome.NOSHOW),
    (120, State.CLOSED, Outcome.WITHDRAWN),
    (70, State.CLOSED, Outcome.UNREACHABLE),
    (50, State.CLOSED, Outcome.DECLINED),
    (30, State.CLOSED, Outcome.REDIRECTED),
    (30, State.CLOSED, Outcome.SPAM),
]
OF_WHOM_WE_REACHED = {Outcome.REDIRECTED, Outcome.DECLINED, *AppointmentRequest.AFTER_A_BOOKING}
REACHED = {State.AWAITING_PATIENT, State.WAITLISTED, State.BOOKED}


class Command(BaseCommand):
    help = "Store N fictional requests with their history, as years of use would. For the demo's database."

    def add_arguments(self, parser):
        parser.add_argument("number", type=int)
        parser.add_argument("--yes-fictional", action="store_true", help="Also into a database that is not the demo's.")

    def handle(self, *args, number, yes_fictional, **options):
        refuse_real_clinics(yes_fictional)
        seed = Seed(number)
        for stored in seed.store():
            self.stdout.write(f"\r{stored:,} of {number:,}", ending="")
            self.stdout.flush()
        self.stdout.write(f"\nStored {number:,} fictional requests of the last {seed.days} days.")


def refuse_real_clinics(yes_fictional):
    if settings.PRODUCTION:
        raise CommandError("This is a production site (CLINIC_ENV): invented people do not belong in it.")
    if ClinicProfile.objects.current().name != demo.PROFILE["name"] and not yes_fictional:
        raise CommandError(
            "This is not the demo's database. If all of it is fictional anyway, add --yes-fictional. "
            "For a fresh demo: DATA_DIR=var-2 .venv/bin/python manage.py demo"
        )
    if not Service.objects.exists():
        raise CommandError("There are no services yet. Load the demo first: .venv/bin/python manage.py demo")


class Seed:
    """Invents the rows of `number` requests, and stores them some thousands at a time."""

    def __init__(self, number):
        self.number = number
        self.days = min(MOST_DAYS_BACK, max(3, number // A_DAY_AT_LEAST))
        self.now = timezone.now()
        self.calendar = clinic_calendar()
        self.promise = ClinicProfile.objects.current().promise
        self.services = list(Service.objects.values_list("pk", flat=True))
        self.recipients = list(Recipient.objects.active().values_list("pk", flat=True))
        self.by = get_user_model().objects.filter(is_staff=True).values_list("pk", flat=True).first()
        self.first_id = reserve_ids(number)
        self.references = set(AppointmentRequest.objects.values_list("reference", flat=True).iterator())

    def store(self):
        """Yields how many are stored so far."""
        for first in range(0, self.number, AT_A_TIME):
            last = min(first + AT_A_TIME, self.number)
            self.store_some([self.a_request(at) for at in range(first, last)])
            yield last
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # so that the database plans for the rows it now has

    @transaction.atomic
    def store_some(self, requests):
        insert(AppointmentRequest, requests)
        insert(Delivery, [self.a_delivery(request, to) for request in requests for to in self.recipients])
        insert(StatusChange, [change for request in requests for change in self.history(request)])
        insert(ContactAttempt, [self.an_attempt(request) for request in requests if "first_attempt_at" in request])
        insert(SearchEntry, [self.words(request) for request in requests])

    def a_request(self, number):
        """The newer, the higher its number."""
        age = timedelta(days=self.days) * (1 - number / self.number) * random.uniform(0.99, 1)
        received = self.now - age
        name = f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}"
        phone = f"+1212555{random.randint(100, 199):04}"
        email = f"{name.replace(' ', '.').lower()}{number}@example.org"
        by_phone, by_email = random.choice([(True, False), (True, False), (False, True), (True, True)])
        return dict(
            id=self.first_id + number,
            reference=self.new_reference(),
            secret=new_secret(),
            form_token=uuid.UUID(int=random.getrandbits(128)),
            content_digest=f"{random.getrandbits(256):064x}",
            for_whom=random.choice(["self", "self", "self", "other"]),
            name=name,
            phone=phone if by_phone else "",
            email=email if by_email else "",
            patient_type=random.choice(["new", "returning"]),
            service_id=random.choice(self.services),
            preferred_days=random.sample(
                ["monday", "tuesday", "wednesday", "thursday", "friday"], random.randint(0, 3)
            ),
            preferred_time=random.choice(AppointmentRequest.TimeOfDay.values),
            best_time_to_call=random.choice(AppointmentRequest.TimeOfDay.values),
            voicemail_ok=random.random() < 0.4,
            language=random.choice(["", "", "", "", "Spanish", "Polish"]),
            needs_interpreter=random.random() < 0.05,
            message=random.choice(MESSAGES),
            consented_at=received,
            privacy_version=settings.PRIVACY_NOTICE_VERSION,
            created_at=received,
            promised_by=self.promised_by(received),
            **self.standing(received),
        )

    def new_reference(self):
        """One in 78 thousand million is nothing for a clinic, and some in a million requests."""
        while (reference := new_reference()) in self.references:
            pass
        self.references.add(reference)
        return reference

    def promised_by(self, received):
        return promise_of_the_hour(self, received.replace(minute=0, second=0, microsecond=0)) + timedelta(
            minutes=received.minute
        )

    def standing(self, received):
        """Where the request has got to, without breaking a rule of the table."""
        states = RECENT_STATES if self.now - received < RECENT else OLD_STATES
        [(_, status, outcome)] = random.choices(states, weights=[state[0] for state in states])
        if status == State.NEW:
            return {
                "status": status,
                "outcome": "",
                "read_first": random.random() < 0.01,
                "suspected_spam": random.random() < 0.03,
            }
        touched = received + (self.now - received) * random.uniform(0.01, 0.05)
        facts = {"status": status, "outcome": outcome, "first_opened_at": touched, "version": 2}
        facts |= {"assigned_to_id": self.by, "claimed_until": touched + CLAIM_FOR}
        if outcome == Outcome.SPAM:
            return {**facts, "closed_at": touched, "suspected_spam": True, "spam_reasons": ["It holds two links."]}
        facts["first_attempt_at"] = touched
        if status in REACHED or outcome in OF_WHOM_WE_REACHED:
            facts["contacted_at"] = touched
        if status == State.BOOKED or outcome in AppointmentRequest.AFTER_A_BOOKING:
            start = (touched + timedelta(days=random.randint(2, 20))).replace(minute=0, second=0, microsecond=0)
            facts |= {"start": start, "end": start + timedelta(minutes=30)}
        if status == State.AWAITING_PATIENT:
            facts["text_for_patient"] = "Please send us the referral of your doctor."
        if status == State.CLOSED:
            facts["closed_at"] = facts.get("end", touched)
        if outcome == Outcome.DECLINED:
            facts["text_for_patient"] = "We do not offer that test. Your doctor knows who does."
        return facts

    def a_delivery(self, request, recipient):
        received = request["created_at"]
        return {
            "request_id": request["id"],
            "recipient_id": recipient,
            "message_id": uuid.UUID(int=random.getrandbits(128)),
            "state": Delivery.State.ACCEPTED,
            "attempts": 1,
            "created_at": received,
            "next_attempt_at": received,
            "accepted_at": received + timedelta(seconds=3),
        }

    def words(self, request):
        """Written here: the worker would take an hour of its seconds."""
        words = " ".join(words_of(SimpleNamespace(**request)))
        return {"request_id": request["id"], "words": words, "version": SearchEntry.VERSION}

    def history(self, request):
        yield {"request_id": request["id"], "to_status": State.NEW, "at": request["created_at"]}
        if request["status"] != State.NEW:
            yield {
                "request_id": request["id"],
                "from_status": State.NEW,
                "to_status": request["status"],
                "outcome": request["outcome"],
                "by_id": self.by,
                "at": request["first_opened_at"],
            }

    def an_attempt(self, request):
        reached, missed = ContactAttempt.Outcome.REACHED, ContactAttempt.Outcome.NO_ANSWER
        return {
            "request_id": request["id"],
            "channel": ContactAttempt.Channel.PHONE if request["phone"] else ContactAttempt.Channel.EMAIL,
            "address": request["phone"] or request["email"],
            "by_id": self.by,
            "at": request["first_attempt_at"],
            "outcome": reached if "contacted_at" in request else missed,
        }


def reserve_ids(number):
    """The first of `number` ids that a patient's request, coming in meanwhile, will not take."""
    first = (AppointmentRequest.objects.aggregate(Max("pk"))["pk__max"] or 0) + 1
    if connection.vendor == "postgresql":  # SQLite counts on from the highest by itself
        with connection.cursor() as cursor:
            table = AppointmentRequest._meta.db_table
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, first + number])
    return first


def insert(model, rows):
    """Rows as dicts of column values, straight to the database: model instances would take four times as long."""
    if not rows:
        return
    fields = [field for field in model._meta.concrete_fields if not field.primary_key or field.attname in rows[0]]
    others = {field.attname: field.get_default() for field in fields if not field.primary_key}
    names, prepared = [field.attname for field in fields], prepare_for(connection.vendor)
    values = [
        tuple(prepared.get(type(value), as_it_is)(value) for value in map({**others, **row}.__getitem__, names))
        for row in rows
    ]
    quoted = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    into = f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({quoted}) VALUES "  # noqa: S608
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            from psycopg2.extras import execute_values  # here alone: SQLite needs no PostgreSQL driver

            execute_values(cursor.cursor, into + "%s", values, page_size=1000)
        else:
            cursor.executemany(into + f"({', '.join(['%s'] * len(fields))})", values)


def prepare_for(vendor):
    """How each database takes the types that it does not know, all moments being in UTC."""
    if vendor == "postgresql":
        return {list: json.dumps, uuid.UUID: str}
    return {list: json.dumps, uuid.UUID: lambda value: value.hex, datetime: lambda at: str(at.replace(tzinfo=None))}


def as_it_is(value):
    return value


@lru_cache(maxsize=10_000)
def promise_of_the_hour(seed, hour):
    """Computed once for the requests of one hour: a million would take a quarter of an hour."""
    return add_opening_time(seed.calendar, hour, seed.promise).astimezone(UTC)
