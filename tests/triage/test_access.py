"""Who looks is written down first; what cannot be written down is not shown."""

import pytest
from django.contrib.auth.models import Permission
from pytest_django.asserts import assertContains, assertNotContains

from appointments.models import AccessEvent
from tests.factories import a_recipient, a_request, a_user

from .pages import DESK, LIST, SEARCH, action, detail, take


@pytest.fixture
def appointment_request(clinic):
    return a_request(
        name="Petra Private",
        phone="+12125550177",
        email="petra@example.org",
        message="First line\n<script>alert(1)</script>",
        language="Spanish",
        needs_interpreter=True,
        access_needs="Wheelchair",
        guide_title="Fluoroscopy",
    )


def test_each_look_at_a_request_is_recorded(staff_client, staff, appointment_request):
    staff_client.get(detail(appointment_request))
    staff_client.get(detail(appointment_request))

    events = AccessEvent.objects.values_list("action", "reference", "by")
    assert list(events) == [("view", appointment_request.reference, staff.pk)] * 2


def test_the_page_has_all_that_the_call_needs(staff_client, appointment_request):
    page = staff_client.get(detail(appointment_request))

    for said in (
        "Petra Private",
        'href="tel:+1-212-555-0177"',
        "(212) 555-0177",
        'href="mailto:petra@example.org"',
        "First line<br>&lt;script&gt;alert(1)&lt;/script&gt;",
        "Spanish, <strong>needs an interpreter</strong>",
        "Wheelchair",
        "No: leave no message",
        "Fluoroscopy",
        "Identity not checked.",
    ):
        assertContains(page, said)
    assertNotContains(page, "<script>alert")


def test_the_name_is_not_in_the_title(staff_client, appointment_request):
    page = staff_client.get(detail(appointment_request)).content.decode()

    title = page[page.index("<title>") : page.index("</title>")]
    assert appointment_request.reference in title
    assert "Petra" not in title


def test_the_first_to_open_it_is_remembered(client, staff_client, appointment_request):
    reader = a_user(superuser=False)
    reader.user_permissions.add(Permission.objects.get(codename="view_appointmentrequest"))
    client.force_login(reader)
    client.get(detail(appointment_request))
    appointment_request.refresh_from_db()
    assert appointment_request.first_opened_at is None

    client.force_login(a_user())
    client.get(detail(appointment_request))
    appointment_request.refresh_from_db()
    first = appointment_request.first_opened_at
    assert first is not None

    client.get(detail(appointment_request))
    appointment_request.refresh_from_db()
    assert appointment_request.first_opened_at == first


def test_what_cannot_be_recorded_is_not_shown(staff_client, appointment_request, events_cannot_be_written):
    for response in (
        staff_client.get(detail(appointment_request)),
        staff_client.post(SEARCH, {"q": "Petra"}),
        take(staff_client, appointment_request, "note", text=""),
    ):
        assertContains(response, "We cannot show that just now", status_code=503)
        for private in ("Petra", "555-0177", "petra@", "First line", "Wheelchair"):
            assertNotContains(response, private, status_code=503)


def test_what_cannot_be_recorded_is_not_done(staff_client, appointment_request, events_cannot_be_written):
    assert take(staff_client, appointment_request, "waitlist").status_code == 503
    assert take(staff_client, appointment_request, "note", text="Words").status_code == 503
    assert staff_client.post(action(appointment_request, "claim")).status_code == 503

    appointment_request.refresh_from_db()
    assert (appointment_request.status, appointment_request.assigned_to) == ("new", None)
    assert appointment_request.first_opened_at is None
    assert not appointment_request.notes.exists()


def test_who_saw_a_request_can_be_asked(staff_client, staff, appointment_request):
    other = a_request()
    staff_client.get(detail(appointment_request))
    staff_client.get(detail(other))

    page = staff_client.get("/admin/appointments/accessevent/", {"q": appointment_request.reference.lower()})

    assertContains(page, appointment_request.reference)
    assertNotContains(page, other.reference)


def test_nobody_changes_what_was_recorded(staff_client, appointment_request):
    staff_client.get(detail(appointment_request))
    url = f"/admin/appointments/accessevent/{AccessEvent.objects.get().pk}/"

    assert staff_client.post(url + "change/", {"reference": "X"}).status_code == 403
    assert staff_client.post(url + "delete/", {"post": "yes"}).status_code == 403
    assert staff_client.post("/admin/appointments/accessevent/add/").status_code == 403
    assert AccessEvent.objects.get().reference == appointment_request.reference


def test_pages_of_staff_are_kept_nowhere(staff_client, appointment_request):
    for url in (DESK, LIST, detail(appointment_request)):
        assert "no-store" in staff_client.get(url)["Cache-Control"]


def test_the_page_of_a_request_asks_few_queries(staff_client, staff, clinic, django_assert_max_num_queries):
    a_recipient()
    appointment_request = a_request()
    for _ in range(9):
        appointment_request.record_attempt(by=staff, channel="phone", outcome="busy")
        appointment_request.add_note(by=staff, text="Words")

    with django_assert_max_num_queries(18):
        staff_client.get(detail(appointment_request))


def test_somebody_who_is_not_signed_in_is_sent_to_the_door(client, appointment_request):
    for url in (DESK, LIST, detail(appointment_request), "/admin/mail/"):
        assert client.get(url)["Location"].startswith("/admin/login/")
