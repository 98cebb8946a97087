"""What is wrong with the site and what to do about it, in plain words. No patient data.

One list of checks: `manage.py doctor` runs all of them, /healthz and the first page of the admin the quick ones.
"""

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import chain

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, F, Q
from django.utils import timezone

from appointments import append_only, deliveries, emails, erasure
from appointments.models import AppointmentRequest, PurgeRun
from appointments.opening import form_state
from appointments.promise import age, plural
from education.models import Guide, ShelfEntry
from education.spelling import has_trigrams

from . import caught_mail, certificate, checks, database_server, known_faults
from .backups import health
from .facts import Facts
from .life import life
from .network import THIS_COMPUTER

OK, WARNING, FAULT = "OK", "WARNING", "FAULT"
MEGABYTE = 1024 * 1024
DISK_WARNING, DISK_FAULT = 1024 * MEGABYTE, 200 * MEGABYTE
DISK_IS_FULL = "53100"  # PostgreSQL's code: disk_full
MISSED_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class Finding:
    name: str  # for machines: never changes
    level: str
    says: str
    do: str = ""
    page: str = ""  # name of the admin's page where it is mended
    query: str = ""
    for_desk: bool = True  # staff can do something about it, or must know


def quick(facts=None) -> Iterator[Finding]:
    """What can be seen in the database and on the disk, without asking anybody else.

    Who brings facts has had an answer from the database already.
    """
    yield from disk()
    try:
        if not facts:
            yield from database()
    except DatabaseTrouble:
        connection.close()
        yield Finding(
            "database",
            FAULT,
            "The database does not answer. Patients are asked to call.",
            "Start it, and check DATABASE_URL. Its own log says more.",
        )
        return
    facts = facts or Facts()
    try:
        for check in IN_THE_DATABASE:
            yield from check(facts)
    except DatabaseTrouble:
        yield from tables()


def thorough() -> Iterator[Finding]:
    """All of it: the settings and the mail server too."""
    yield from production()
    found = list(quick())
    broken = {finding.name for finding in found if finding.level == FAULT}
    yield from said_once(chain(found, around(broken)))


def for_the_desk() -> list[dict]:
    """What the quick ones leave out, as the worker has it kept for the first page of the admin."""
    return [asdict(finding) for finding in (*production(), *around())]


def said_once(findings):
    """Without what another has said before, who was asked first and may take it more seriously."""
    said = set()
    for finding in findings:
        if finding.says not in said:
            said.add(finding.says)
            yield finding


def around(broken=()):
    """What takes its time, or asks others; `broken` is what cannot be asked."""
    if "database" not in broken:
        yield from durable()
        yield from room_for_the_database()
        yield from as_findings(database_server.findings())
        if "tables" not in broken:
            yield from migrations()
            yield from promises()
            yield from access_log()
            yield from erased()
            yield from search()
            yield from as_findings(health.thorough())
    yield from mail_server()
    yield from as_findings(certificate.findings())
    yield from libraries()


def worst(findings):
    return max((finding.level for finding in findings), key=[OK, WARNING, FAULT].index, default=OK)


# In the database ------------------------------------------------------------------------------------------------------


def database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    yield Finding("database", OK, "The database answers.")


def tables():
    """What is wrong with them. Whoever has lost a database must not be told to make a new one in its place."""
    try:
        there = connection.introspection.table_names()
    except DatabaseTrouble:  # it went away in this moment, or cannot say
        there = True
    if there:
        yield Finding(
            "tables",
            FAULT,
            "The database cannot tell what is asked of it.",
            "Run “manage.py upgrade”. Its own log says more.",
        )
    else:
        yield Finding(
            "tables",
            FAULT,
            "The database is empty.",
            "Is this a new site? Run “manage.py setup”. If not, it is another database than before: check DATABASE_URL and "
            "DATA_DIR, whether the disk is mounted and the file is there. docs/when-it-burns.md says how to put it back.",
        )


def worker(facts):
    if facts.counts["workers"]:
        yield Finding("worker", OK, "The worker is running.")
    elif life.is_young:
        yield Finding("worker", OK, "The worker is starting.")
    else:
        yield Finding(
            "worker",
            FAULT,
            "The worker is not running, so no mail goes out.",
            "Whoever runs the site: “systemctl restart clinic-worker”; docs/when-it-burns.md says where its last words are. "
            "In “make run” it starts again by itself.",
        )
    if facts.counts["workers_ahead"]:
        yield Finding(
            "clock",
            WARNING,
            "A worker reported from the future: this computer's clock was set back.",
            "Check date, time and time zone of the computer. The warning goes away within a day of the right time.",
        )
    else:
        yield Finding("clock", OK, "The clock runs forward.")


def recipients(facts):
    if active := facts.counts["recipients"]:
        yield Finding("recipients", OK, f"{plural(active, 'recipient')} told of new requests.")
    else:
        yield Finding(
            "recipients",
            FAULT,
            "Nobody is told of new requests: there is no active recipient.",
            "Add a recipient",
            "admin:appointments_recipient_changelist",
        )


def place(facts):
    page = "admin:clinic_clinicprofile_changelist"
    if not facts.counts["profile"]:
        yield Finding(
            "profile", FAULT, "The clinic has no profile: no name, no phone number.", "Write the profile", page
        )
    if not facts.counts["opening_hours"]:
        yield Finding(
            "opening_hours",
            FAULT,
            "No opening hours are entered. Promises to patients count Monday to Friday, 9 to 5.",
            "Enter the opening hours",
            page,
        )


def request_form(facts):
    state = form_state(facts.now, facts)
    if state.is_open:
        yield Finding("form", OK, "The request form is open.")
    elif state.reason == "paused":
        until = f" until {state.until:%A, %B} {state.until.day}" if state.until else " until somebody opens it again"
        yield Finding(
            "form",
            WARNING,
            f"The request form is paused{until}.",
            "Open it again, or change the date",
            "admin:clinic_clinicprofile_changelist",
        )
    elif state.reason == "full":
        yield Finding(
            "form",
            WARNING,
            "The request form is full for today: the most requests of a day are in.",
            "Change the number",
            "admin:clinic_clinicprofile_changelist",
        )
    else:
        yield Finding(
            "form",
            FAULT,
            "The request form takes nothing: no service is offered.",
            "Offer a service",
            "admin:clinic_service_changelist",
        )


def mail_to_staff(facts):
    if stuck := facts.in_trouble:
        red = facts.counts["in_trouble"]
        yield Finding(
            "undelivered",
            FAULT,
            f"{plural(red, 'message')} to staff not delivered, the oldest from {age(stuck[0].created_at)}.",
            "The requests themselves are safe. Look at each message’s error, mend it, send again or dismiss",
            "admin:appointments_delivery_changelist",
        )
    else:
        count = facts.counts["to_staff"]
        on_the_way = f" {plural(count, 'message')} on the way." if count else ""
        yield Finding("undelivered", OK, f"Mail to staff goes out.{on_the_way}")


def mail_to_patients(facts):
    if failed := facts.counts["patients_not_told"]:
        yield Finding(
            "patients_mail",
            WARNING,
            f"{plural(failed, 'message')} to patients did not arrive.",
            "Call them, then dismiss",
            "admin:appointments_delivery_changelist",
        )
    else:
        yield Finding("patients_mail", OK, "Mail to patients goes out.")


def practice_system(facts):
    if stuck := facts.counts["events_in_trouble"]:
        yield Finding(
            "practice_system",
            WARNING,
            f"{plural(stuck, 'event')} did not reach the practice system.",
            "Look at each one’s error, mend it, then send again",
            "admin:appointments_delivery_changelist",
            "?kind__exact=event",
        )
    elif settings.WEBHOOK_URL:
        yield Finding("practice_system", OK, "The practice system is told of each step.")


def letters(facts):
    """Do owners, reviewers and invited clinicians get their e-mails about guides?"""
    if troubled := facts.counts["letters_in_trouble"]:
        yield Finding(
            "letters",
            FAULT if facts.counts["letters_given_up"] else WARNING,
            f"{plural(troubled, 'e-mail')} about guides did not go out: whoever should review them is not told.",
            "Look at each one’s error on the admin’s first page, mend it, send again or dismiss",
            "admin:education_guide_changelist",
            "?waits=letters",
        )
    else:
        yield Finding("letters", OK, "Mail about guides goes out.")


def pictures(facts):
    """Is what editors upload made ready for patients?"""
    if waiting := facts.counts["pictures"]:
        yield Finding(
            "pictures",
            WARNING,
            f"{plural(waiting, 'picture')} could not be made ready for patients.",
            "Open each one in the picture library: its page says what to do",
            "admin:education_picture_changelist",
            "?ready=no",
        )
    else:
        yield Finding("pictures", OK, "No picture waits to be made ready.")


def unopened(facts):
    red = facts.counts["unopened_red"]
    amber = facts.counts["unopened_amber"] - red
    where = {"do": "Open them", "page": "admin:appointments_appointmentrequest_changelist"}
    if red:
        yield Finding("unopened", FAULT, f"{plural(red, 'request')} not opened by anybody in 4 opening hours.", **where)
    if amber:
        yield Finding(
            "unopened", WARNING, f"{plural(amber, 'request')} not opened by anybody in 1 opening hour.", **where
        )
    if not red and not amber:
        yield Finding("unopened", OK, "No request lies unopened.")


def suspected(facts):
    """A patient's request can look like spam. Nobody was told of it, but the patient was promised a time."""
    if due := facts.counts["suspected_due"]:
        yield Finding(
            "suspected",
            WARNING,
            f"{plural(due, 'request')} suspected as spam and not decided: the promised time is over or near.",
            "Decide whether they are spam",
            "admin:appointments_appointmentrequest_changelist",
            "?status=suspected",
        )
    else:
        yield Finding("suspected", OK, "No suspected request is about to miss its promise undecided.")


def removals(facts):
    """Is what is too old removed, each day?"""
    page = "admin:appointments_purgerun_changelist"
    if facts.counts["removals_stopped"]:
        why = PurgeRun.objects.first().stopped
        yield Finding("removals", WARNING, f"Nothing was removed by age. {why}", "Look what is due", page)
    elif facts.counts["not_new"] and not facts.counts["removals_lately"]:
        yield Finding(
            "removals", WARNING, "Nothing was looked through for its age in two days.", "Look what is due", page
        )
    else:
        yield Finding("removals", OK, "What is too old is removed each day.")


def backups(facts):
    yield from as_findings(health.quick(facts.counts))


def erased():
    if erasure.is_kept_beside():
        yield Finding("erased", OK, "A restored backup brings back nobody who was erased.")
    else:
        yield Finding(
            "erased",
            FAULT,
            f"Whom a backup must not bring back could not be written to {settings.ERASED_FILE}.",
            "Make it writable, then run “manage.py purge”.",
        )


def access_log():
    if append_only.is_locked(connection):
        yield Finding("access_log", OK, "Nobody can change what was written down about who saw what.")
    else:
        yield Finding(
            "access_log",
            FAULT,
            "The record of who saw what could be changed: its lock in the database is gone.",
            "Run “manage.py purge_access_log”: it locks the record again. And find out who took the lock away.",
        )


def promises():
    """Kept within the week? What is late now stands on the desk as a number of its own."""
    now = timezone.now()
    due = AppointmentRequest.objects.filter(promised_by__gt=now - MISSED_WITHIN, promised_by__lt=now)
    late = due.filter(
        Q(first_attempt_at__gt=F("promised_by")) | Q(first_attempt_at=None, status__in=AppointmentRequest.OURS_TO_ACT)
    )
    counts = late.aggregate(all=Count("pk"), undecided=Count("pk", filter=Q(suspected_spam=True)))
    missed, undecided = counts["all"], counts["undecided"]
    if missed:
        of_them = f", {undecided} of them suspected as spam and not decided" if undecided else ""
        yield Finding(
            "promises",
            WARNING,
            f"{plural(missed, 'promise')} to patients missed in the last 7 days{of_them}.",
            "Call those who wait first, or promise more time in the clinic’s profile.",
            for_desk=False,
        )
    else:
        yield Finding("promises", OK, "Every promise of the last 7 days was kept.")


IN_THE_DATABASE = [
    worker,
    recipients,
    place,
    request_form,
    mail_to_staff,
    mail_to_patients,
    practice_system,
    letters,
    pictures,
    unopened,
    suspected,
    removals,
    backups,
]


# Around it ------------------------------------------------------------------------------------------------------------


def disk():
    free = shutil.disk_usage(settings.DATA_DIR).free
    words = f"{free // MEGABYTE:,} MB are free on the disk."
    if free < DISK_FAULT:
        yield Finding("disk", FAULT, f"The disk is full: only {words}", "Make room now: soon nothing can be stored.")
    elif free < DISK_WARNING:
        yield Finding("disk", WARNING, f"The disk is filling up: only {words}", "Make room.")
    else:
        yield Finding("disk", OK, words)


def room_for_the_database():
    """PostgreSQL's disk is its own, and may be another computer's: a sort that does not fit into memory is written there."""
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '64kB'")
            cursor.execute("SELECT n FROM generate_series(1, 100000) AS n ORDER BY -n LIMIT 1 OFFSET 99999")
    except DatabaseTrouble as trouble:
        if getattr(trouble.__cause__, "pgcode", "") != DISK_IS_FULL:
            raise
        yield Finding(
            "database_disk",
            FAULT,
            "PostgreSQL’s disk is full: it can store nothing.",
            "Make room there now. It may have to be started anew: its own log says so.",
        )
    else:
        yield Finding("database_disk", OK, "PostgreSQL has room to write.")


def durable():
    errors = checks.durable_database(None, databases=["default"])
    for error in errors:
        yield Finding("durable", FAULT, error.msg, error.hint)
    if not errors:
        yield Finding("durable", OK, "The database keeps what it has acknowledged, in a power cut too.")


def migrations():
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield Finding("migrations", FAULT, "The database is not up to date.", "Run “manage.py upgrade”.")
    else:
        yield Finding("migrations", OK, "The database is up to date.")


def mail_server():
    if caught_mail.is_caught():
        yield Finding(
            "mail_server",
            FAULT if settings.PRODUCTION else WARNING,
            "No mail server is set: mail is caught on this computer and reaches nobody.",
            "Set EMAIL_URL.",
            for_desk=settings.PRODUCTION,
        )
        return
    where = f"{settings.EMAIL_HOST}, port {settings.EMAIL_PORT}"
    if trouble := deliveries.try_out():
        yield Finding(
            "mail_server",
            FAULT,
            f"Mail cannot go out by {where}: {trouble}",
            "Mend it, or EMAIL_URL where that is wrong.",
        )
    elif settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL:
        yield Finding("mail_server", OK, f"The mail server answers, and its certificate is good ({where}).")
    elif settings.EMAIL_HOST in THIS_COMPUTER:
        yield Finding("mail_server", OK, f"The mail server of this computer answers ({where}).")
    elif settings.MAIL_MAY_GO_IN_CLEAR:
        yield Finding("mail_server", OK, f"The mail server answers, unencrypted as EMAIL_URL says ({where}).")
    else:
        yield Finding(
            "mail_server",
            WARNING,
            f"The mail server answers, and mail travels there unencrypted ({where}).",
            "Write smtp+tls:// or smtp+ssl:// in EMAIL_URL.",
            for_desk=False,
        )


def trial_mail(address):
    if trouble := deliveries.try_out(emails.trial(address)):
        return Finding("test_mail", FAULT, f"The test mail was not sent: {trouble}", "Mend it, then try again.")
    return Finding("test_mail", OK, f"The mail server has taken the test mail to {address}. See whether it arrives.")


def search():
    published, found = Guide.objects.published().count(), ShelfEntry.objects.count()
    if published != found:
        yield Finding(
            "search",
            WARNING,
            f"The search and the lists know {found} of {plural(published, 'published guide')}.",
            "Run “manage.py index_guides”.",
            for_desk=False,
        )
    elif connection.vendor == "postgresql" and not has_trigrams():
        yield Finding(
            "search",
            WARNING,
            "The search forgives fewer misspellings than it could: the database lacks the extension pg_trgm.",
            "Let the database's owner run “CREATE EXTENSION pg_trgm”, then run “manage.py index_guides”.",
            for_desk=False,
        )
    else:
        yield Finding("search", OK, f"The search knows {plural(found, 'published guide')}.")


def as_findings(rows):
    for name, level, says, do, for_desk in rows:
        yield Finding(name, level, says, do, for_desk=for_desk)


def production():
    if settings.DEBUG:
        yield Finding("debug", FAULT, "DEBUG is on: error pages show what patients typed.", "Switch it off.")
    if not settings.PRODUCTION:
        yield Finding(
            "production",
            WARNING,
            "This is a trial, not a site for real patients.",
            "Set CLINIC_ENV=production.",
            for_desk=False,
        )
        return
    errors = checks.ready_for_patients(None)
    for error in errors:
        yield Finding("production", FAULT, error.msg, error.hint)
    if not errors:
        yield Finding("production", OK, "The settings are those of a site for real patients.")


def libraries():
    """By the list that came along: this asks nobody, and an old list is said and no fault of the site's."""
    faults, made_on, made = known_faults.kept()
    found = known_faults.touched(known_faults.installed({fault.library for fault in faults}), faults)
    for fault, version in found:
        yield Finding(
            "libraries",
            WARNING,
            known_faults.sentence(fault, version),
            "Install the newest release, as under “Upgrade” in docs/operator.md.",
            for_desk=False,
        )
    if not found:
        age = known_faults.age(made_on, timezone.localdate())
        yield Finding("libraries", OK, f"No library has a fault that is on our list ({made}, {age}).")
