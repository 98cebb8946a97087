"""Messages to patients: what the clinic says at each step. They hold no word that a patient wrote."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template import engines
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateformat import format as date_format
from django.utils.formats import get_format

from clinic.models import ClinicProfile

from .languages import code_of
from .models import Delivery, MessageTemplate, RequestCount
from .wording import WORDS

Step, OURS = MessageTemplate.Step, MessageTemplate.OURS
A_DAY_AT_MOST = 3  # confirmations to one address: nobody can be flooded through our form
MARK = re.compile(r"\{([^{}]*)\}")
SENTENCE_ENDS = re.compile("(?<=[.!?。؟])\\s+")


def acknowledgement(appointment_request, profile):
    """The confirmation that the patient is owed, still to be stored: [] without an address, where the clinic sends none,
    and when there were too many."""
    if not appointment_request.email or appointment_request.suspected_spam:
        return []
    if not (profile.acknowledge and MessageTemplate.is_sent(Step.ACKNOWLEDGEMENT)):
        return []
    if RequestCount.add_in_day(mailbox(appointment_request.email)) > A_DAY_AT_MOST:
        return []
    return [Delivery(request=appointment_request, kind=Delivery.Kind.ACKNOWLEDGEMENT)]


def mailbox(email):
    """Whose it is, for counting: PAT+1@Example.org and pat@example.org are one person's."""
    name, _, host = email.lower().rpartition("@")
    return f"mailbox {name.partition('+')[0]}@{host}"


def to_patient(delivery):
    """The message for a delivery to a patient, in the words that staff chose and, if they have them, in the patient's
    language. Not sent here."""
    subject, body, language = words_of(step_of(delivery), code_of(delivery.request.language))
    marks = marks_of(delivery.request, language)
    if not promise_stands(delivery.request):
        subject, body = without_promise(subject) or "{clinic}", without_promise(body)
    automatic = "auto-replied" if delivery.kind == Delivery.Kind.ACKNOWLEDGEMENT else "auto-generated"
    return EmailMessage(
        " ".join(filled(subject, marks).split()),
        filled(body, marks).strip() + "\n",
        to=[delivery.request.email],
        headers={
            "Message-ID": f"<{delivery.message_id}@{urlsplit(settings.SITE_URL).hostname}>",
            "Auto-Submitted": automatic,  # so that no out-of-office note answers it
            "X-Auto-Response-Suppress": "All",
        },
    )


def step_of(delivery):
    return Step.ACKNOWLEDGEMENT if delivery.status_change is None else Step(delivery.status_change.told_as)


def words_of(step, language=OURS):
    """(subject, body, their language) as staff have written them, or as they come with the site.

    In our own language where there are none in this one, or staff have switched them off.
    """
    template = MessageTemplate.objects.filter(step=step, language=language).first()
    if template and (template.active or language == OURS):
        return template.subject, template.body, language
    if template is None and step in WORDS.get(language, {}):
        return *WORDS[language][step], language
    return words_of(step)


def marks_of(appointment_request, language=OURS):
    """What each mark stands for. Nothing here was typed by a patient."""
    clinic = ClinicProfile.objects.current()
    return {
        "clinic": clinic.name,
        "phone": as_pages_say("{{ value|phone }}", clinic.phone),
        "reference": f"{appointment_request.reference[:4]} {appointment_request.reference[4:]}",
        "promised_by": moment_in(language, appointment_request.promised_by),
        "link": settings.SITE_URL + reverse("appointments:status", args=[appointment_request.secret]),
    }


def promise_stands(appointment_request):
    """Whether a message that leaves now may name the time: after an outage, or a wrong suspicion, it can be over."""
    return appointment_request.clock_is_running and appointment_request.promised_by > timezone.now()


def without_promise(text):
    """The text without the sentences that name the promised time, in whatever language and whoever wrote them."""
    kept = []
    for line in text.splitlines():
        sentences = SENTENCE_ENDS.split(line)
        left = [each for each in sentences if "promised_by" not in {mark.strip() for mark in MARK.findall(each)}]
        if left or not line:
            kept.append(line if left == sentences else " ".join(left))
    return "\n".join(kept)


def moment_in(language, value):
    """A moment by the clinic's clock, in our own words or as the language writes it."""
    if language == OURS:
        return as_pages_say("{{ value|moment }}", value)
    with translation.override(language):
        local = timezone.localtime(value)
        return ", ".join(
            date_format(local, part) for part in ("l", get_format("DATE_FORMAT"), get_format("TIME_FORMAT"))
        )


def as_pages_say(template, value):
    return (
        engines["django"]
        .from_string("{% autoescape off %}" + template + "{% endautoescape %}")
        .render({"value": value})
    )


def filled(text, marks):
    """The text with its marks replaced, each once and nothing else: no format string, whatever staff type."""
    return MARK.sub(lambda found: marks.get(found[1].strip(), found[0]), text)


def unknown_marks(text):
    """What stands in braces and means nothing."""
    return [mark for mark in MARK.findall(text) if mark.strip() not in MessageTemplate.MARKS]


def complete_templates():
    """A row for each step that has none yet, worded as it comes with the site, so that staff find something to edit."""
    known = set(MessageTemplate.objects.values_list("language", "step"))
    MessageTemplate.objects.bulk_create(
        [
            MessageTemplate(language=language, step=step, subject=subject, body=body)
            for language, steps in WORDS.items()
            for step, (subject, body) in steps.items()
            if (language, step) not in known
        ],
        ignore_conflicts=True,
    )
