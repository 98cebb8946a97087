"""Who looks is written down first; what cannot be written down is not shown."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments import append_only
from appointments.access import record
from appointments.models import AccessEvent, Delivery
from tests.factories import a_recipient, a_request, a_user

from .pages import DELIVERIES, DESK, LIST, SEARCH, action, detail, take


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


@pytest.fixture
def in_trouble(appointment_request):
    """A delivery that shows the request on the desk and in the list of deliveries."""
    return Delivery.objects.create(request=appointment_request, recipient=a_recipient(), state="failed")


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
        "Identity not checked:",
    ):
        assertContains(page, said)
    assertNotContains(page, "<script>alert")


@pytest.mark.parametrize(
    ("wrote", "page", "said"),
    [
        ("Spanish", "en", "Spanish"),
        ("español", "en", "español (taken as Spanish)"),
        ("", "es", "Not said (taken as Spanish)"),
        ("Klingon", "es", "Klingon (taken as Spanish)"),
        ("English", "es", "English"),
    ],
)
def test_the_page_says_which_language_is_meant_where_their_own_word_does_not(staff_client, clinic, wrote, page, said):
    asked = a_request(language=wrote, sent_in=page)

    assertContains(staff_client.get(detail(asked)), f"<div><dt>Language</dt><dd>{said}</dd></div>", html=True)


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


def test_what_cannot_be_recorded_is_not_shown(staff_client, appointment_request, in_trouble, events_cannot_be_written):
    for response in (
        staff_client.get(DESK),
        staff_client.get(LIST),
        staff_client.get(DELIVERIES),
        staff_client.get(detail(appointment_request)),
        staff_client.post(SEARCH, {"q": "Petra"}),
        take(staff_client, appointment_request, "note", text=""),
    ):
        assertContains(response, "We cannot show that just now", status_code=503)
        for private in (appointment_request.reference, "Petra", "555-0177", "petra@", "First line", "Wheelchair"):
            assertNotContains(response, private, status_code=503)


def test_what_cannot_be_recorded_is_not_done(staff_client, appointment_request, events_cannot_be_written):
    assert take(staff_client, appointment_request, "waitlist").status_code == 503
    assert take(staff_client, appointment_request, "note", text="Words").status_code == 503
    assert staff_client.post(action(appointment_request, "claim")).status_code == 503

    appointment_request.refresh_from_db()
    assert (appointment_request.status, appointment_request.assigned_to) == ("new", None)
    assert appointment_request.first_opened_at is None
    assert not appointment_request.notes.exists()


@pytest.mark.parametrize(
    ("address", "step"), [(DESK, "desk"), (LIST, "requests"), (DELIVERIES, "deliveries"), (f"{LIST}?claim=mine", None)]
)
def test_a_page_of_several_records_each_request_it_shows(staff_client, staff, in_trouble, address, step):
    other = a_request()
    Delivery.objects.update(state="failed")

    staff_client.get(address)

    shown = {in_trouble.request.reference, other.reference} if step else {""}
    events = AccessEvent.objects.all()
    assert {event.reference for event in events} == shown
    assert {(event.action, event.step, event.by) for event in events} == {("list", step or "requests", staff)}
    assert len(events) == len(shown)
    assert len({event.at for event in events}) == 1


def test_the_page_of_a_delivery_is_recorded_too(staff_client, in_trouble):
    staff_client.get(f"{DELIVERIES}{in_trouble.pk}/change/")

    assert list(AccessEvent.objects.values_list("action", "reference")) == [("view", in_trouble.request.reference)]


def test_a_page_that_refreshes_itself_records_what_is_new_on_it(staff):
    record("list", ["BCDF7346"], by=staff, step="desk")
    record("list", ["BCDF7346"], by=staff, step="desk", refreshed=True)
    record("list", ["BCDF7346", "GHJK8346"], by=staff, step="desk", refreshed=True)
    record("list", ["BCDF7346", "GHJK8346"], by=a_user(), step="desk", refreshed=True)
    assert AccessEvent.objects.filter(by=staff).count() == 2
    assert AccessEvent.objects.count() == 4

    with append_only.lifted(connection):
        AccessEvent.objects.update(at=timezone.now() - timedelta(minutes=16))
    record("list", ["BCDF7346"], by=staff, step="desk", refreshed=True)
    assert AccessEvent.objects.count() == 5


def test_nobody_changes_what_was_recorded(staff_client, appointment_request):
    staff_client.get(detail(appointment_request))
    url = f"/admin/appointments/accessevent/{AccessEvent.objects.get().pk}/"

    assert staff_client.post(url + "change/", {"reference": "X"}).status_code == 403
    assert staff_client.post(url + "delete/", {"post": "yes"}).status_code == 403
    assert staff_client.post("/admin/appointments/accessevent/add/").status_code == 403
    assert AccessEvent.objects.get().reference == appointment_request.reference


SQL = {
    "sqlite": [
        "UPDATE {} SET reference = 'X'",
        "DELETE FROM {}",
        "REPLACE INTO {} SELECT id, at, 'view', 'X', '', by_id FROM {}",
    ],
    "postgresql": [
        "UPDATE {} SET reference = 'X'",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "INSERT INTO {} SELECT * FROM {} ON CONFLICT (id) DO UPDATE SET reference = 'X'",
    ],
}


def changes_that_got_through(table):
    done = []
    for statement in SQL[connection.vendor]:
        with suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE" if connection.vendor == "postgresql" else "SELECT 1")
            cursor.execute(statement.format(table, table))
            done.append(statement)
            transaction.set_rollback(True)
    return done


def test_the_database_itself_refuses_to_change_what_was_recorded(staff, staff_client, appointment_request):
    staff_client.get(detail(appointment_request))

    assert append_only.is_locked(connection)
    assert changes_that_got_through(append_only.TABLE) == []
    assert AccessEvent.objects.get().reference == appointment_request.reference
    record("view", ["BCDF7346"], by=staff)  # adding is what it is for
    assert AccessEvent.objects.count() == 2


def test_twin_without_its_lock_the_log_can_be_changed(staff_client, appointment_request):
    staff_client.get(detail(appointment_request))
    append_only.unlock(connection)

    assert not append_only.is_locked(connection)
    assert changes_that_got_through(append_only.TABLE) == SQL[connection.vendor]


def test_pages_of_staff_are_kept_nowhere(staff_client, appointment_request):
    for url in (DESK, LIST, detail(appointment_request)):
        assert "no-store" in staff_client.get(url)["Cache-Control"]


def test_the_page_of_a_request_asks_few_queries(staff_client, staff, clinic, django_assert_max_num_queries):
    a_recipient()
    appointment_request = a_request()
    for _ in range(9):
        appointment_request.record_attempt(by=staff, channel="phone", outcome="busy")
        appointment_request.add_note(by=staff, text="Words")

    with django_assert_max_num_queries(27):
        staff_client.get(detail(appointment_request))


def test_somebody_who_is_not_signed_in_is_sent_to_the_door(client, appointment_request):
    for url in (DESK, LIST, detail(appointment_request), "/admin/mail/"):
        assert client.get(url)["Location"].startswith("/admin/login/")
