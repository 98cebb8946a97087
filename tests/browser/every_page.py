"""Every public page in each of its states, and the pages that staff see most: what the tests for all patients walk through."""

from datetime import timedelta
from types import SimpleNamespace

from django.utils import timezone

from clinic.models import ClinicProfile
from education import feedback
from education.models import GlossaryTerm
from tests import factories

TABLE = (
    "<table><tr><th>Test</th><th>In one country</th><th>In another</th></tr>"
    "<tr><th>Barium swallow</th><td>1.5</td><td>not listed</td></tr></table>"
)
KINDS = [
    {"heading": "After it", "kind": "do", "body": "<ul><li>drink</li></ul>"},
    {"heading": "For a day", "kind": "do_not", "body": "<ul><li>drive</li></ul>"},
    {"heading": "A bruise", "kind": "number", "body": "<p>About 1 in 200 people, says the WHO.</p>"},
    {"heading": "Tell us if", "kind": "warning", "body": "<ul><li>you are pregnant</li></ul>"},
    {"heading": "Call if", "kind": "emergency", "body": "<ul><li>you faint</li></ul>"},
    {"heading": "Call us if", "kind": "urgent", "body": "<ul><li>you have a fever</li></ul>"},
    {"heading": "Say if", "kind": "non_urgent", "body": "<ul><li>it itches</li></ul>"},
]
PARTS = [
    {"heading": "What it is", "body": "<p>A thin catheter, in plain words.</p>", "more": "<p>More of that.</p>"},
    {"heading": "Does it hurt?", "body": f"<p>A little.</p>{TABLE}", "more": "<p>For a moment.</p>"},
    *KINDS,
]
GUIDE = "/guides/back-pain/"
PERSON = {
    "What name should we call you by?": "Quinn Sample",
    "Phone number": "(212) 555-0199",
    "Anything you want to add?": "I have chest pain",
}


def a_whole_site():
    """A clinic, guides of every kind, and one request. Returns what a walk needs of it."""
    feedback.recently.forget(0)
    factories.opening_hours()
    factories.a_clinic(
        address="12 Harbor Lane\nSampletown",
        directions="The door is beside the bakery.",
        email="hello@example.org",
        tagline="Imaging without worry.",
    )
    service = factories.a_service(
        description="Pictures of the inside.", preparation="Please eat nothing for six hours."
    )
    GlossaryTerm.objects.create(term="catheter", meaning="A thin, soft tube.")
    guide = factories.a_guide(
        "Back pain", sections=PARTS, reviewed_by="Dr. B", written_by="A. Writer", picture=factories.a_picture()
    )
    guide.sources.create(organization="WHO", title="On bruises", url="https://example.org/")
    guide.publish(by=None)
    factories.a_published_guide("Back X-ray")
    factories.a_published_guide("Children and X-rays", topic=factories.a_topic("Children"))
    stored = factories.a_request(email="pat@example.org", service=service, message="My left knee")
    return SimpleNamespace(guide=guide, stored=stored, staff=factories.a_user("staff"))


def public_states(page, site):
    """Brings the page to one state after another and yields each one's name."""
    yield from reading(page)
    yield from asking(page)
    yield from waiting(page, site)


def reading(page):
    addresses = {
        "home": "/",
        "guides": "/guides/",
        "found": "/guides/search/?q=back",
        "found nothing": "/guides/search/?q=zzzz",
        "search": "/guides/search/",
        "A to Z": "/guides/a-z/",
        "one letter": "/guides/a-z/b/",
        "topic": "/guides/topic/children/",
        "words": "/guides/words/",
        "privacy": "/privacy/",
        "accessibility": "/accessibility/",
        "large letters": GUIDE + "read/",
        "not there": "/nothing-here/",
    }
    for name, address in addresses.items():
        page.goto(address)
        yield name
    page.goto(GUIDE)
    page.wait_for_load_state()
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    yield "guide"
    page.get_by_role("button", name="Yes, it was clear").click()
    page.wait_for_url("**/clear/*/")
    yield "clear"
    page.go_back()
    page.get_by_role("button", name="No, not all of it").click()
    page.wait_for_url("**/clear/*/")
    yield "not clear"


def asking(page):
    page.goto("/request/?guide=back-pain")
    yield "form"
    page.get_by_role("button", name="Check my answers").click()
    page.locator("#error-summary").wait_for()
    yield "form with mistakes"
    for label, words in PERSON.items():
        page.get_by_label(label).fill(words)
    page.get_by_label("I have not been to this clinic before").check()
    page.get_by_label("Imaging").check()
    page.get_by_label("The clinic may store what I wrote").check()
    page.get_by_role("button", name="Check my answers").click()
    page.get_by_role("heading", name="Do you need help now?").wait_for()
    yield "answers"
    ClinicProfile.objects.update(paused=True)
    page.goto("/request/")
    yield "form closed"
    ClinicProfile.objects.update(paused=False)


def waiting(page, site):
    stored, own = site.stored, f"/request/status/{site.stored.secret}/"
    page.goto(stored.get_absolute_url())
    yield "receipt"
    page.goto(own)
    yield "status"
    page.goto(own + "message/")
    page.get_by_role("button", name="Send my message").click()
    page.locator("#error-summary").wait_for()
    yield "message with mistakes"
    page.goto(own + "another-time/")
    yield "another time"
    page.goto(own + "withdraw/")
    yield "withdraw"
    soon = timezone.now() + timedelta(days=3)
    stored.book(by=site.staff, start=soon, end=soon + timedelta(minutes=30), place="Room 2")
    page.goto(own)
    yield "status booked"
    stored.withdraw()
    page.goto(own)
    yield "status withdrawn"
    type(stored).objects.filter(pk=stored.pk).update(closed_at=timezone.now() - timedelta(days=60))
    page.goto(own)
    yield "status gone"


def staff_states(page, site):
    """The door, and behind it the pages that staff see most. The page's context must be signed in after the door."""
    request = site.stored
    addresses = {
        "desk": "/admin/",
        "requests": "/admin/appointments/appointmentrequest/",
        "one request": f"/admin/appointments/appointmentrequest/{request.pk}/change/",
        "guides": "/admin/education/guide/",
        "one guide": f"/admin/education/guide/{site.guide.pk}/change/",
        "profile": "/admin/clinic/clinicprofile/1/change/",
        "own sign-in": "/admin/account/",
        "one user": f"/admin/auth/user/{site.staff.pk}/change/",
    }
    for name, address in addresses.items():
        page.goto(address)
        yield name
