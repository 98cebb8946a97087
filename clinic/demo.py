"""The demo's place: a clinic that does not exist, open on weekdays and on Saturday mornings."""

from datetime import time, timedelta

from django.utils import timezone

from .models import ClinicProfile, Closure, OpeningHours, Service

PROFILE = {
    "name": "Harbor Lane Clinic",
    "tagline": "X-rays, scans and injections, explained in plain words.",
    "phone": "+1 212-555-0142",
    "emergency_number": "911",
    "email": "hello@harborlane.example.org",
    "address": "Harbor Lane Clinic (a demonstration)\n100 Example Street\nSampletown, NY 00000",
    "directions": (
        "The door is beside the pharmacy. There is a ramp on the left and a bell at wheelchair height. "
        "Bus 7 stops across the street. Parking is free for patients."
    ),
    "promise_hours": 8,
}
SERVICES = [
    ("imaging", "X-ray, fluoroscopy or another scan", "Pictures of the inside of your body, with or without movement."),
    ("injections", "An injection", "Medicine or contrast liquid given with a needle, sometimes guided by pictures."),
    ("barium", "A barium test", "A drink or a liquid that lets us see your throat, stomach or bowel."),
    ("child-imaging", "An X-ray or scan for a child", "For babies, children and teenagers. A parent can stay close."),
    ("question", "A question before you decide", "You are not sure what you need. We call you and explain."),
]
PREPARATION = {
    "imaging": "Bring your referral and earlier pictures, if you have any.\n\n"
    "Wear clothes without metal, and leave jewelry at home. Tell us if you are or may be pregnant.",
    "injections": "Bring a list of your medicines. Tell us if you take a blood thinner or have had an allergic reaction.\n\n"
    "Do not stop a medicine on your own. Plan a quiet hour afterward.",
    "barium": "Your stomach or bowel must be empty. When we call, we tell you from when on not to eat and drink.\n\n"
    "If you have diabetes, ask us before you change a meal or a medicine.",
    "child-imaging": "Bring a favorite toy or blanket. A parent can stay close.\n\nTell us if that parent may be pregnant.",
}
WEEKDAYS, SATURDAY = range(5), 5


def is_empty():
    """Whether nobody has entered anything about a clinic yet."""
    return not (ClinicProfile.objects.exists() or OpeningHours.objects.exists() or Service.objects.exists())


def load():
    ClinicProfile.objects.create(pk=1, **PROFILE)
    for weekday in WEEKDAYS:
        OpeningHours.objects.create(weekday=weekday, opens=time(8, 30), closes=time(12, 30))
        OpeningHours.objects.create(weekday=weekday, opens=time(13, 15), closes=time(17))
    OpeningHours.objects.create(weekday=SATURDAY, opens=time(9), closes=time(12))
    first_day = timezone.localdate() + timedelta(days=17)
    Closure.objects.create(first_day=first_day, last_day=first_day + timedelta(days=1), reason="Staff training days")
    for position, (slug, name, description) in enumerate(SERVICES, start=1):
        Service.objects.create(
            slug=slug,
            name=name,
            description=description,
            preparation=PREPARATION.get(slug, ""),
            position=position * 10,
        )
