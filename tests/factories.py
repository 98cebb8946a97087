"""Plain functions that make what a test is about; a test names only the data that matter to it."""

import itertools
import uuid
from datetime import timedelta
from io import BytesIO

from django.contrib.auth import get_user_model
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.text import slugify
from PIL import Image

from appointments import form_token, intake
from appointments.models import AppointmentRequest, Recipient
from clinic.models import ClinicProfile, OpeningHours, Service
from education import darkroom
from education.models import Guide, Picture, Section, Topic

count = itertools.count(1)


def a_clinic(**facts):
    facts = {"name": "Test Clinic", "phone": "212-555-0142", "emergency_number": "911", **facts}
    profile, _ = ClinicProfile.objects.update_or_create(pk=1, defaults=facts)
    return profile


def opening_hours(opens="09:00", closes="17:00", weekdays=range(5)):
    return OpeningHours.objects.bulk_create(OpeningHours(weekday=day, opens=opens, closes=closes) for day in weekdays)


def a_service(name="Imaging", **facts):
    return Service.objects.get_or_create(name=name, defaults={"slug": slugify(name), **facts})[0]


def a_recipient(email=None, **facts):
    return Recipient.objects.create(name="Front desk", email=email or f"desk{next(count)}@example.org", **facts)


def a_user(username=None, *, superuser=True, **facts):
    username = username or f"staff{next(count)}"
    make = get_user_model().objects.create_superuser if superuser else get_user_model().objects.create_user
    return make(username, f"{username}@example.org", "a long test password", is_staff=True, **facts)


def a_form_token(age=timedelta(minutes=2), token=None):
    """The hidden field of a form that was opened so long ago; `token` is the UUID in it."""
    opened = signing.b62_encode(int((timezone.now() - age).timestamp()))
    sep, salt = form_token.signer.sep, form_token.signer.salt
    return signing.Signer(salt=salt).sign(f"{token or uuid.uuid4()}{sep}{opened}")


def request_fields(**facts):
    """Cleaned values of the public form, as intake.receive() takes them."""
    return {
        "for_whom": "self",
        "name": "Pat Sample",
        "phone": "+12125550142",
        "email": "",
        "patient_type": "new",
        "service": facts.pop("service", None) or a_service(),
        "preferred_days": [],
        "preferred_time": "any",
        "best_time_to_call": "any",
        "voicemail_ok": False,
        "language": "",
        "needs_interpreter": False,
        "access_needs": "",
        "message": "",
        "guide_slug": "",
        "guide_title": "",
        "guide_revision": None,
        **facts,
    }


def a_request(*, created_at=None, **facts):
    """A stored request, through the same door as a patient's."""
    later = {name: facts.pop(name) for name in list(facts) if name in ("promised_by", "first_opened_at")}
    request = intake.receive(request_fields(**facts), form_token=uuid.uuid4())
    if created_at:
        later |= {"created_at": created_at, "promised_by": later.get("promised_by", created_at + timedelta(days=1))}
    if later:
        AppointmentRequest.objects.filter(pk=request.pk).update(**later)
        request.refresh_from_db()
    return request


def requests_like(first, number, **facts):
    """So many more of this one, quickly, without its history; seven at a time share the moment of their promise."""
    of_its_own = ("id", "reference", "secret", "form_token")
    copied = {f.attname: getattr(first, f.attname) for f in first._meta.concrete_fields if f.name not in of_its_own}
    rows = []
    for at in range(number):
        promised_by = first.promised_by + timedelta(minutes=at // 7)
        rows.append(AppointmentRequest(**copied | {"form_token": uuid.uuid4(), "promised_by": promised_by} | facts))
    return AppointmentRequest.objects.bulk_create(rows)


def a_topic(name="X-rays and scans"):
    return Topic.objects.get_or_create(name=name, defaults={"slug": slugify(name)})[0]


def a_guide(title=None, *, sections=None, **facts):
    """A draft with one section, or with those given as dicts. A sample, which needs no sign-off, unless a test says so."""
    title = title or f"Guide {next(count)}"
    guide = Guide.objects.create(
        title=title,
        slug=facts.pop("slug", slugify(title)),
        topic=facts.pop("topic", None) or a_topic(),
        summary="In short.",
        is_sample=facts.pop("is_sample", True),
        **facts,
    )
    for position, section in enumerate(sections or [{"heading": "What it is", "body": "<p>Plain words.</p>"}]):
        Section.objects.create(guide=guide, position=position * 10, **section)
    return guide


def a_sign_off(guide, *, by=None, **facts):
    """The draft as it is, signed by a clinician who has not written in it."""
    return guide.sign_off(by=by or a_user(), **{"name": "Dr. Ada Lind", "role": "radiologist", **facts})


def a_published_guide(title=None, *, by=None, **facts):
    guide = a_guide(title, **facts)
    guide.publish(by=by)
    return guide


def a_picture_file(size=(1200, 800), name="picture.png", format="PNG", **save):
    buffer = BytesIO()
    Image.new("RGB", size, "#0b5c63").save(buffer, format, **save)
    return SimpleUploadedFile(name, buffer.getvalue(), f"image/{format.lower()}")


def a_picture(title="A picture", **facts):
    picture = Picture(title=title, **{"alt": "What it shows", **facts})
    picture.take(a_picture_file())
    picture.save()
    darkroom.develop(picture.original)
    picture.refresh_from_db()
    return picture


def in_opening_hours(days_ahead=1):
    """A moment in the future, for bookings and further attempts."""
    return timezone.now() + timedelta(days=days_ahead)
