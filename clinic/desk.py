"""What the first page of the admin shows: what is wrong, what waits, whom to call now and why."""

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from appointments.calling import Because, Turn, calling_time, in_order
from appointments.models import AppointmentRequest, Delivery, PatientReply, Recipient
from appointments.promise import Promises, plural
from education.models import Guide, Letter

from . import caught_mail, doctor
from .examination import Examination
from .facts import Facts
from .templatetags.clinic import near

SHOWN = 10  # letters; the rest is a link away
CALLS_SHOWN = 20
CALLS_ORDERED = 500  # what is to be read first, then by promise: so what is urgent is among them, however many wait
LISTED_BELOW = {"undelivered", "patients_mail", "letters"}  # message by message
MAY_TRIAGE, MAY_CHANGE_GUIDES = "appointments.triage_appointmentrequest", "education.change_guide"
MEANT_FOR = {"unopened": MAY_TRIAGE, "suspected": MAY_TRIAGE, "promises": MAY_TRIAGE, "letters": MAY_CHANGE_GUIDES}
REQUESTS = "admin:appointments_appointmentrequest_changelist"
GUIDES = "admin:education_guide_changelist"


def desk(user, profile=None):
    """The part of the first page that keeps itself up to date. Each person sees what they may do something about."""
    may_triage = user.has_perm(MAY_TRIAGE)
    also = {"undelivered": Delivery.objects.undelivered(), **lists_of(user)} if may_triage else {}
    facts = Facts(profile=profile, also=also | {name: rows for name, _, _, rows, _ in guides_that_wait(user)})
    examined = Examination.objects.filter(pk=1).first()
    found = findings(facts, examined, user)
    faults, warnings = rows_for_the_desk(found, doctor.FAULT), rows_for_the_desk(found, doctor.WARNING)
    context = {
        "may_triage": may_triage,
        "faults": faults,
        "warnings": warnings,
        "checks": in_red_and_green(found),
        "not_green": [finding.level for finding in found].count(doctor.OK) < len(found),
        "examined_at": examined and examined.at,
        "guides": guides(user, facts.counts),
        **letters(user, facts.counts),
    }
    if may_triage:
        counts = facts.counts
        warnings += late(counts["overdue"])
        context |= {
            "in_trouble": facts.in_trouble,
            "in_trouble_count": counts["in_trouble"],
            "patients_not_told": facts.patients_not_told,
            "patients_not_told_count": counts["patients_not_told"],
            "counts": rows_of(counts),
            **calls(user, Promises(facts.calendar, facts.now), any_urgent=bool(counts["urgent"])),
        }
    red = context.get("in_trouble_count") or context["letters_given_up"] or faults
    amber = context.get("patients_not_told_count") or context["letters"] or warnings
    context["level"] = "bad" if red else "fair" if amber else "good"
    if may_triage and context["level"] == "good":
        context["waiting_count"] = counts["undelivered"]
    return context


def rest_of_the_page(user):
    """What stands around it, and holds what somebody may be filling in."""
    may_triage = user.has_perm(MAY_TRIAGE)
    return {
        "may_triage": may_triage,
        "mail_is_caught": caught_mail.is_caught(),
        "recipients": Recipient.objects.active() if may_triage else (),
        "now": timezone.now(),
    }


def news(since):
    """How many requests have come since that moment, and words that patients have added and nobody has read."""
    requests = AppointmentRequest.objects.filter(created_at__gt=since, suspected_spam=False)
    return requests.count() + PatientReply.objects.filter(read_at=None, at__gt=since).count()


def references_on(live):
    """Of all requests that the part of the page shows."""
    if not live["may_triage"]:
        return []
    told = [*live["in_trouble"], *live["patients_not_told"]]
    requests = [*live["call_now"], *live["can_wait"], *(delivery.request for delivery in told)]
    return [appointment_request.reference for appointment_request in requests if appointment_request]


def findings(facts, examined, user):
    """What the doctor finds without asking anybody else, and what it found when it last did, for whom it is meant."""
    found = doctor.said_once((*doctor.quick(facts), *kept(examined)))
    return [one for one in found if one.name not in MEANT_FOR or user.has_perm(MEANT_FOR[one.name])]


def rows_for_the_desk(found, level):
    """Those of a level that somebody at the desk can mend."""
    wrong = [finding for finding in found if finding.for_desk and finding.level == level]
    return [as_row(finding) for finding in wrong if finding.name not in LISTED_BELOW]


def kept(examined):
    """What the worker let the doctor look at; what is old says nothing any more."""
    if examined and examined.is_fresh:
        return [doctor.Finding(**finding) for finding in examined.findings]
    since = f"since {near(examined.at)}" if examined and examined.at else "yet"
    says = f"The mail server, the settings and the backups were not looked at {since}."
    do = "The worker does it, each few minutes: does it run? By hand: “manage.py doctor”"
    return [doctor.Finding("examined", doctor.WARNING, says, do, for_desk=bool(examined and examined.at))]


COLORS = {doctor.OK: ("green", "Well"), doctor.WARNING: ("amber", "Look at it"), doctor.FAULT: ("red", "Mend it")}
CHECKS = {
    "disk": "Room on the disk",
    "worker": "The worker",
    "clock": "The clock",
    "recipients": "Who is told",
    "profile": "The clinic’s profile",
    "opening_hours": "Opening hours",
    "form": "The form",
    "undelivered": "Mail to staff",
    "patients_mail": "Mail to patients",
    "practice_system": "The practice system",
    "letters": "Mail about guides",
    "pictures": "Pictures",
    "unopened": "Requests that nobody opened",
    "suspected": "Suspected requests and their promise",
    "removals": "Removal by age",
    "backups": "Backups",
    "restored": "Put back from a backup",
    # By the worker, every few minutes.
    "examined": "What the worker looks at",
    "mail_server": "The mail server",
    "certificate": "The site’s certificate",
    "production": "The settings",
    "debug": "Error pages",
    "database_disk": "Room for the database",
    "durable": "What is stored stays stored",
    "migrations": "The database’s tables",
    "promises": "Promises of this week",
    "access_log": "The record of who saw what",
    "erased": "Whom no backup brings back",
    "search": "The search for guides",
    "libraries": "Libraries",
    "backups_able": "Making a backup",
    "backup_file": "The last backup’s file",
    "pictures_lost": "Files of pictures",
    "backup_key": "The key of the backups",
    "left_aside": "Older databases",
}


def in_red_and_green(found):
    """[(what is looked at, color, in words, what is wrong)], the worst of each. No numbers where all is well: a page that
    says the same stays as it is."""
    together = {}
    for finding in found:
        together.setdefault(finding.name, []).append(finding)
    return [
        (CHECKS.get(name, name), *COLORS[doctor.worst(each)], [one for one in each if one.level != doctor.OK])
        for name, each in together.items()
    ]


def as_row(finding):
    """(what is wrong, what to do, where)"""
    return finding.says, finding.do, f"{reverse(finding.page)}{finding.query}" if finding.page else ""


def late(overdue):
    """Patients who wait past the time that they were promised: all is not well, whatever works."""
    if not overdue:
        return []
    where = f"{reverse(REQUESTS)}?status=overdue"
    return [(f"{plural(overdue, 'request')} past the promised time.", "Call them first", where)]


# (label, its name among the counts, the list's address), in the order of the day
LISTS = [
    ("Mine", "mine", "claim=mine"),
    ("To contact", "to_contact", "status=to_contact"),
    ("Unclaimed", "unclaimed", "status=to_contact&claim=free"),
    ("Overdue", "overdue", "status=overdue"),
    ("Waiting for the patient", "awaiting_patient", "status=awaiting_patient"),
    ("Waiting list", "waitlisted", "status=waitlisted"),
    ("Suspected spam", "suspected", "status=suspected"),
]
LISTS_IF_ANY = [
    ("Reached, not decided", "undecided", "status=undecided"),
    ("News from the patient", "reply", "status=reply"),
    ("Called off by the patient", "cancelled", "status=cancelled"),
    ("Over, not closed", "past", "status=past"),
]


def lists_of(user):
    """{name: requests}"""
    requests = AppointmentRequest.objects
    return {
        "mine": requests.claimed_by(user),
        "to_contact": requests.to_contact(),
        "unclaimed": requests.to_contact().unclaimed(),
        "overdue": requests.overdue(),
        "awaiting_patient": requests.filter(status="awaiting_patient"),
        "waitlisted": requests.filter(status="waitlisted"),
        "suspected": requests.suspected(),
        "undecided": requests.undecided(),
        "reply": requests.with_unread_reply(),
        "urgent": requests.with_urgent_reply(),
        "cancelled": requests.cancelled_by_patient(),
        "past": requests.past_bookings(),
    }


def rows_of(counts):
    """[(label, count, address)]"""
    not_delivered = ("Not delivered", counts["in_trouble"], reverse("admin:appointments_delivery_changelist"))
    if_any = [row for row in with_addresses(LISTS_IF_ANY, counts) if row[1]]
    return [*with_addresses(LISTS, counts), not_delivered, *if_any]


def with_addresses(lists, counts):
    return [(label, counts[name], f"{reverse(REQUESTS)}?{query}") for label, name, query in lists]


def guides_that_wait(user):
    """[(name of the count, words for one, words for several, guides, query)] for those who see guides."""
    if not user.has_perm("education.view_guide"):
        return []
    overdue = (
        "guide that patients read is overdue for its review",
        "guides that patients read are overdue for their review",
    )
    rows = [("guides_overdue", *overdue, Guide.objects.overdue(), "review=overdue")]
    if user.has_perm("education.sign_guide"):
        waits = "guide waits for your review", "guides wait for your review"
        rows.append(("guides_to_review", *waits, Guide.objects.waiting_for(user), "waits=me"))
    return rows


def guides(user, counts):
    """[(count, words for one, words for several, address)], without what is none."""
    rows = [(counts[name], one, several, query) for name, one, several, _, query in guides_that_wait(user)]
    return [(count, one, several, f"{reverse(GUIDES)}?{query}") for count, one, several, query in rows if count]


def letters(user, counts):
    """E-mails about guides that did not go out, for those who may do something about it."""
    if not counts["letters_in_trouble"] or not user.has_perm(MAY_CHANGE_GUIDES):
        return {"letters": [], "letters_count": 0, "letters_given_up": 0}
    rows = Letter.objects.in_trouble().select_related("guide__owner", "review_request__reviewer", "link")
    return {
        "letters": rows[:SHOWN],
        "letters_count": counts["letters_in_trouble"],
        "letters_given_up": counts["letters_given_up"],
    }


# Whom to call now -----------------------------------------------------------------------------------------------------


def calls(user, promises, *, any_urgent):
    """The rows of “Call now” in their order, each with why it stands there; those that can wait apart.

    Before all stand those whose patient has added words that may be about an emergency, until somebody has read them:
    whatever their state, and whoever holds them.
    """
    urgent = ordered_rows(AppointmentRequest.objects.with_urgent_reply()) if any_urgent else []
    known = {row.pk for row in urgent}
    waiting = [row for row in ordered_rows(AppointmentRequest.objects.to_call(user)) if row.pk not in known]
    for row in urgent + waiting:
        row.urgent_news = row.pk in known
    waiting = urgent + waiting
    ordered = in_order(waiting[:CALLS_ORDERED], promises.calendar, promises.now)
    shown = with_all_that_is_shown(ordered[:CALLS_SHOWN], promises)
    for row in shown:
        row.is_free_to = row.is_open and (not row.claim_holds or row.assigned_to_id == user.pk)
    opens = calling_time(promises.calendar, promises.now)
    return {
        "call_now": [row for row in shown if row.place.turn != Turn.CAN_WAIT],
        "can_wait": [row for row in shown if row.place.turn == Turn.CAN_WAIT],
        "more_to_call": len(waiting) > len(shown),
        "closed_until": opens if opens > promises.now else None,
    }


def ordered_rows(requests):
    """What their order is made of, and no more."""
    rows = requests.only(
        "read_first", "promised_by", "status", "first_attempt_at", "next_attempt_at", "best_time_to_call"
    )
    return list(rows.order_by("-read_first", "promised_by", "pk")[: CALLS_ORDERED + 1])


def with_all_that_is_shown(ordered, promises):
    places = {row.pk: place for row, place in ordered}
    reply = PatientReply.objects.filter(request=OuterRef("pk"), read_at=None)
    requests = AppointmentRequest.objects.select_related("service", "assigned_to").annotate(has_reply=Exists(reply))
    rows = requests.in_bulk(places)
    for pk, row in rows.items():
        row.place, row.promise = places[pk], promises.of(row)
        row.why = why(row, row.place)
    return [rows[pk] for pk in places if pk in rows]


WISHES = {"morning": "in the morning", "midday": "around noon", "afternoon": "in the afternoon"}


def why(row, place):
    """One sentence for staff: why the row stands where it stands."""
    said = "; ".join(part for part in reasons(row, place) if part).rstrip(".")  # a time may end in “a.m.”
    return f"{said[:1].upper()}{said[1:]}."


def reasons(row, place):
    wish = f"asked to be called {WISHES[row.best_time_to_call]}" if row.best_time_to_call in WISHES else ""
    promise = "the promise runs out" if row.promised_by > timezone.now() else "the promise ran out"
    promise = f"{promise} {near(row.promised_by)}" if row.clock_is_running else ""
    match place.because:
        case Because.URGENT_NEWS:
            return "the patient has added words that may be about an emergency, and nobody has read them", promise
        case Because.READ_FIRST:
            return "to be read first, the words may be about an emergency", promise
        case Because.OVERDUE:
            return f"promised by {near(row.promised_by)}", f"{wish}, but do not wait for that" if wish else ""
        case Because.AGAIN:
            return f"time to try again, as set for {near(row.next_attempt_at)}", wish, promise
        case Because.WISHED:
            return f"{wish}, now until {near(place.window[1])}", promise
        case Because.NOT_THEN:
            return f"{wish}, but that would be too late", promise
        case Because.NEVER_THEN:
            return f"{wish}, when the clinic is closed", promise
        case Because.TRIED:
            return "tried before, no time is set for the next try", wish
        case Because.LATER:
            return f"{wish}, from {near(place.window[0])}", promise
    return "any time suits", promise
