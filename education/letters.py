"""Letters about guides: who is owed one, what it says, and that it goes out once.

A letter is sent first and marked after: when a worker dies in between it goes out again, with the same Message-ID. How mail
is sent the site says: `send` takes a message and gives what is wrong in plain words, or nothing when it was accepted.
"""

import logging
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import Error as DatabaseTrouble
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from clinic.models import ClinicProfile

from .models import Guide, Letter

logger = logging.getLogger(__name__)

Kind = Letter.Kind
BEFORE = timedelta(days=30)
AGAIN = timedelta(days=7)
AT_ONCE = 1000

# The title follows. Nothing that a reviewer wrote is in a subject.
SUBJECTS = {
    Kind.SOON: "A review is due in 30 days",
    Kind.DUE: "A review is due",
    Kind.OVERDUE: "A review is overdue",
    Kind.ASKED: "You are asked to review a guide",
    Kind.LINK: "Please read a draft for us",
}


def owe(today=None):
    """Write down of which guides somebody is to be reminded today: the owner, or all who may publish. Several workers may ask: each reminder is owed once."""
    today = today or timezone.localdate()
    guides = Guide.objects.filter(live_revision__isnull=False, next_review__lte=today + BEFORE)
    rows = guides.values_list("pk", "next_review", "last_reviewed")
    owed = []
    for pk, next_review, last_reviewed in rows.iterator():
        kind, day = reminder(next_review, today)
        if last_reviewed is None or day > last_reviewed:  # a review for a month or less has no day 30 days before
            owed.append(Letter(kind=kind, guide_id=pk, next_review=next_review, day=day))
    Letter.objects.bulk_create(owed, batch_size=AT_ONCE, ignore_conflicts=True)


def reminder(next_review, today):
    """(kind, day for which it is owed): the last one whose day has come, so that after a pause nobody gets all of them."""
    if today < next_review:
        return Kind.SOON, next_review - BEFORE
    weeks = (today - next_review) // AGAIN
    return (Kind.OVERDUE if weeks else Kind.DUE), next_review + weeks * AGAIN


def sweep(*, send, limit=1):
    """Send what is due and was not sent. How many were taken up."""
    due = Letter.objects.due().order_by("next_attempt_at", "pk")[:limit]
    return sum(deliver(letter, send=send) for letter in due)


def deliver(letter, *, send):
    """True when it was ours to send, whatever became of it. Raises for a database in trouble alone."""
    if not letter.claim():
        return False
    if not letter.is_still_true():
        letter.mark(Letter.State.DROPPED)
        return True
    try:
        wrong = send(message_for(letter))
    except DatabaseTrouble:
        raise
    except Exception as error:  # whatever it is, this one waits and those behind it go on
        logger.exception("Letter %s could not be made.", letter.pk)
        wrong = f"The message could not be made ({type(error).__name__})."
    if wrong:
        logger.warning("Letter %s was not accepted: %s", letter.pk, wrong)
        letter.mark_refused(wrong)
    else:
        letter.mark_sent()
    return True


def message_for(letter):
    guide, link = letter.guide, letter.link
    template = "reminder" if letter.kind in Letter.REMINDERS else letter.kind
    address = link.get_absolute_url() if link else reverse("admin:education_guide_change", args=[guide.pk])
    context = {
        "clinic": ClinicProfile.objects.current(),
        "letter": letter,
        "guide": guide,
        "address": settings.SITE_URL + address,
        "weeks": (timezone.localdate() - letter.next_review) // AGAIN if letter.next_review else 0,
    }
    return EmailMessage(
        f"{SUBJECTS[letter.kind]}: {' '.join(guide.title.split())}",
        render_to_string(f"education/letter_{template}.txt", context),
        to=letter.receivers,
        headers={"Message-ID": f"<{letter.message_id}@{urlsplit(settings.SITE_URL).hostname}>"},
    )
