"""Messages to patients: what the clinic says at each step. They hold no word that a patient wrote."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template import engines
from django.urls import reverse

from clinic.models import ClinicProfile

from .models import Delivery, MessageTemplate, RequestCount

Step = MessageTemplate.Step
A_DAY_AT_MOST = 3  # confirmations to one address: nobody can be flooded through our form
MARK = re.compile(r"\{([^{}]*)\}")
SUBJECT = "News about your request to {clinic}"
DEFAULTS = {  # step: (subject, body)
    Step.ACKNOWLEDGEMENT: (
        "We have your request to {clinic}",
        """Thank you. We have your request, and our staff will read it.

We will contact you by: {promised_by}
Your reference: {reference}

It is a request, not an appointment yet. We agree on a day and a time when we talk.

See where your request stands, add a message or withdraw it:
{link}

If you want to talk to us, call {phone} and give your reference.""",
    ),
    Step.CONTACTING: (
        "We tried to call you, {clinic}",
        """We called you about your request and could not reach you. We will try again.

You can also call us: {phone}
Your reference: {reference}

Is another time better, or is your number wrong? Tell us here:
{link}""",
    ),
    Step.AWAITING_PATIENT: (
        SUBJECT,
        """To go on with your request, we need something from you.

If we have told you already what it is, there is nothing else to do. If not, please call us: {phone}
Your reference: {reference}

See where your request stands:
{link}""",
    ),
    Step.WAITLISTED: (
        SUBJECT,
        """You are on our waiting list. We will contact you as soon as a time is free.

Your reference: {reference}

If you no longer want to wait, or if it gets worse, please call us: {phone}

See where your request stands:
{link}""",
    ),
    Step.BOOKED: (
        SUBJECT,
        """Your appointment is booked. The date, the time, the place and how to get ready are on your page:
{link}

There you can also put it in your calendar, or cancel it if you cannot come.

Your reference: {reference}
Questions? Call us: {phone}""",
    ),
    Step.DECLINED: (
        SUBJECT,
        """We have an answer to your request. Please read it on your page:
{link}

Your reference: {reference}
If you want to talk about it, call us: {phone}""",
    ),
    Step.UNREACHABLE: (
        SUBJECT,
        """We tried several times to reach you about your request, and we could not. So we have closed it.

Do you still want an appointment? Please call us: {phone}
Your reference: {reference}

You can read more on your page:
{link}""",
    ),
}


def acknowledge(appointment_request):
    """Owe the patient a confirmation by e-mail: where there is an address, and the clinic sends such, and not too often."""
    if not appointment_request.email or appointment_request.suspected_spam:
        return None
    if not (ClinicProfile.objects.current().acknowledge and MessageTemplate.is_sent(Step.ACKNOWLEDGEMENT)):
        return None
    if RequestCount.add_in_day(mailbox(appointment_request.email)) > A_DAY_AT_MOST:
        return None
    return Delivery.objects.create(request=appointment_request, kind=Delivery.Kind.ACKNOWLEDGEMENT)


def mailbox(email):
    """Whose it is, for counting: PAT+1@Example.org and pat@example.org are one person's."""
    name, _, host = email.lower().rpartition("@")
    return f"mailbox {name.partition('+')[0]}@{host}"


def to_patient(delivery):
    """The message for a delivery to a patient, in the words that staff chose. Not sent here."""
    subject, body = words_of(step_of(delivery))
    marks = marks_of(delivery.request)
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


def words_of(step):
    """(subject, body) as staff have written them, or as they come with the site."""
    template = MessageTemplate.objects.filter(step=step).first()
    return (template.subject, template.body) if template else DEFAULTS[step]


def marks_of(appointment_request):
    """What each mark stands for. Nothing here was typed by a patient."""
    clinic = ClinicProfile.objects.current()
    return {
        "clinic": clinic.name,
        "phone": as_pages_say("{{ value|phone }}", clinic.phone),
        "reference": f"{appointment_request.reference[:4]} {appointment_request.reference[4:]}",
        "promised_by": as_pages_say("{{ value|moment }}", appointment_request.promised_by),
        "link": settings.SITE_URL + reverse("appointments:status", args=[appointment_request.secret]),
    }


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
    """A row for each step that has none yet, worded as in DEFAULTS, so that staff find something to edit."""
    known = set(MessageTemplate.objects.values_list("step", flat=True))
    MessageTemplate.objects.bulk_create(
        [
            MessageTemplate(step=step, subject=subject, body=body)
            for step, (subject, body) in DEFAULTS.items()
            if step not in known
        ],
        ignore_conflicts=True,
    )
