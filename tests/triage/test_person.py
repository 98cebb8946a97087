"""One person's data: found in any notation, printed, erased."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django_tasks_db.models import DBTaskResult
from pytest_django.asserts import assertContains, assertNotContains

from appointments import spam
from appointments.models import AccessEvent, AppointmentRequest, Delivery, RequestCount, SearchEntry
from appointments.search import find
from tests.factories import a_recipient, a_request, a_user

from .pages import detail

PAGE = reverse("admin:appointments_erasure_changelist")


@pytest.fixture
def petra(clinic):
    a_recipient()
    return a_request(
        name="Petra Private",
        phone="+12125550177",
        email="Petra@example.org",
        message="It hurts. " + "Very much so. " * 5,
    )


def may(client, *codenames):
    user = a_user(superuser=False, first_name="Mona", last_name="Manager")
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return user


def found(client, text):
    return [row.reference for row in client.post(PAGE, {"q": text, "do": "find"}).context["found"]]


@pytest.mark.parametrize(
    "text", ["(212) 555-0177", "2125550177", "+1 212 555 0177", " petra@EXAMPLE.org", "{reference}"]
)
def test_all_their_requests_are_found_in_any_notation(staff_client, petra, text):
    by_phone, by_email = a_request(phone="+12125550177"), a_request(phone="", email="petra@example.org")
    a_request(name="Petra Private", phone="+12125550178", email="petra@example.com")

    references = found(staff_client, text.format(reference=petra.reference))

    assert set(references) == {row.reference for row in (petra, by_phone, by_email)}
    events = AccessEvent.objects.values_list("action", "reference", "step")
    assert set(events) == {("search", reference, "person") for reference in references}


@pytest.mark.parametrize("text", ["+1 212 555 0150 ext. 9", "212-555-0150", "(212) 555-0150 x9", "12125550150"])
def test_a_number_with_an_extension_is_found_with_and_without_it(staff_client, clinic, text):
    with_one = [a_request(phone=phone) for phone in ("+12125550150 ext. 9", "+12125550150", "+1 212 555 0150x12")]
    a_request(phone="+121255501509")

    assert found(staff_client, text) == [row.reference for row in with_one]
    assert set(find(text, 10).requests) >= {row.pk for row in with_one}
    SearchEntry.objects.renew(AppointmentRequest.objects.all())
    assert set(find(text, 10).requests) >= {row.pk for row in with_one}


def test_it_is_followed_from_number_to_address_until_nothing_new_appears(staff_client, petra):
    """Two numbers and two addresses, never more than two of them in one request."""
    other_phone = a_request(phone="+12125550188", email="petra@example.org")
    other_email = a_request(phone="+1 212-555-0188", email="P.Private@example.org")
    last = a_request(phone="", email="p.private@EXAMPLE.org")
    stranger = a_request(name="Petra Private", phone="+12125550199", email="somebody@example.org")

    page = staff_client.post(PAGE, {"q": "(212) 555-0177", "do": "find"})

    rows = {row.reference: row.is_followed for row in page.context["found"]}
    assert rows == {
        petra.reference: False,
        other_phone.reference: True,
        other_email.reference: True,
        last.reference: True,
    }
    assert stranger.reference not in page.content.decode()
    assertContains(page, f'value="{petra.pk}" checked')
    assertNotContains(page, f'value="{last.pk}" checked')  # it can be somebody else's: a person chooses
    assertContains(page, "Found through another one", count=3)


def test_what_was_found_through_another_one_is_erased_when_it_is_chosen(staff_client, petra):
    followed = a_request(phone="+12125550188", email="petra@example.org")
    chosen = {"q": "(212) 555-0177", "do": "erase", "request": [petra.pk, followed.pk], "sure": "yes"}

    staff_client.post(PAGE, chosen)

    assert not AppointmentRequest.objects.exists()


def test_nobody_found_is_said_and_recorded(staff_client, petra):
    assertContains(staff_client.post(PAGE, {"q": "555-0199", "do": "find"}), "Nothing is held under this")
    assert AccessEvent.objects.get().reference == ""


def test_what_repeats_a_request_of_theirs_is_shown_with_it(staff_client, staff, petra):
    repeats = a_request(phone="+12125550188")
    repeats.mark_duplicate(by=staff, of=petra)

    assert found(staff_client, "petra@example.org") == [petra.reference, repeats.reference]


def test_what_a_request_of_theirs_repeats_is_shown_with_it(staff_client, staff, petra):
    kept = a_request(phone="+12125550188", email="")
    petra.mark_duplicate(by=staff, of=kept, merge=True)

    assert found(staff_client, "petra@example.org") == [petra.reference, kept.reference]


def test_all_that_is_held_is_printed_with_who_saw_it(client, staff_client, staff, petra):
    staff_client.get(detail(petra))
    petra.add_reply(kind="message", text="Please call early")
    petra.record_attempt(by=staff, channel="phone", outcome="reached", note="Nice")
    petra.add_note(by=staff, text="Speaks quietly")
    petra.waitlist(by=staff, reason="Until May")
    manager = may(client, "disclose_appointmentrequest")

    page = client.post(PAGE, {"q": "petra@example.org", "do": "print", "request": petra.pk})

    for held in (
        "Petra Private",
        "+12125550177",
        "It hurts",
        "Please call early",
        "Nice",
        "Speaks quietly",
        "Until May",
    ):
        assertContains(page, held)
    assertContains(page, "staff: opened")
    assertContains(page, "Mona Manager: exported or printed")
    event = AccessEvent.objects.get(action="export")
    assert (event.reference, event.step, event.by) == (petra.reference, "printout", manager)


def test_erased_is_everything_of_theirs_and_nothing_of_others(client, petra):
    other = a_request(phone="+12125550177", name="Brother Private")
    RequestCount.add_request("198.51.100.7", spam.telling(petra.message))
    counts = RequestCount.objects.count()
    tasks = DBTaskResult.objects.count()
    manager = may(client, "erase_appointmentrequest")
    form = {"q": "petra@example.org", "do": "erase", "request": petra.pk}

    refused = client.post(PAGE, form)
    assertContains(refused, "Tick that it is to be erased for good.", status_code=422)
    assert AppointmentRequest.objects.count() == 2
    page = client.post(PAGE, {**form, "sure": "yes"}, follow=True)

    assertContains(page, f"Erased: {petra.reference}.")
    assertNotContains(page, "Petra")
    assert list(AppointmentRequest.objects.all()) == [other]
    assert set(Delivery.objects.values_list("request", flat=True)) == {other.pk}
    assert DBTaskResult.objects.count() == tasks - 1
    assert RequestCount.objects.count() == counts - 2  # of confirmations to the address, and of these words
    assert AccessEvent.objects.filter(action="change", step="erase", by=manager).get().reference == petra.reference
    known = {"_auth_user_id", "_auth_user_backend", "_auth_user_hash", "began", "device", "seen"}
    shown = {"account_authentication_methods", "account_authentication_methods_user"}  # when a password was given
    assert client.session.keys() <= known | shown


def test_only_what_was_found_can_be_chosen(staff_client, petra):
    other = a_request(phone="+12125550199", name="Somebody Else")
    form = {"q": "petra@example.org", "sure": "yes", "request": other.pk}

    for what in ("print", "erase"):
        page = staff_client.post(PAGE, {**form, "do": what})
        assertContains(page, "Choose at least one request.", status_code=422)
        assertNotContains(page, "Somebody", status_code=422)
    assert AppointmentRequest.objects.count() == 2


def test_what_is_on_hold_is_not_erased_and_says_so(staff_client, staff, petra):
    petra.hold(by=staff, reason="A complaint")

    page = staff_client.post(PAGE, {"q": petra.reference, "do": "erase", "sure": "yes", "request": petra.pk})

    assertContains(page, "is on hold. Lift the hold first", status_code=422)
    assert AppointmentRequest.objects.exists()


@pytest.mark.parametrize("typed", [{}, {"q": ""}, {"q": "x" * 300}, {"q": "\x00"}])
def test_what_cannot_be_looked_for_says_why(staff_client, petra, typed):
    assert staff_client.post(PAGE, {"do": "find", **typed}).status_code == 422
    assert staff_client.post(PAGE, {"q": "petra@example.org", "do": "print", "request": "x"}).status_code == 422


def test_each_needs_its_permission(client, petra):
    form = {"q": "petra@example.org", "request": petra.pk, "sure": "yes"}
    may(client, "triage_appointmentrequest", "view_appointmentrequest")
    assert client.get(PAGE).status_code == client.post(PAGE, form).status_code == 403

    may(client, "disclose_appointmentrequest")
    assertNotContains(client.post(PAGE, {**form, "do": "find"}), "Erase it")
    assert client.post(PAGE, {**form, "do": "erase"}).status_code == 403
    may(client, "erase_appointmentrequest")
    assert client.post(PAGE, {**form, "do": "print"}).status_code == 403
    assert AppointmentRequest.objects.exists()


def test_what_cannot_be_recorded_is_neither_shown_nor_erased(staff_client, petra, events_cannot_be_written):
    form = {"q": "petra@example.org", "request": petra.pk, "sure": "yes"}

    for what in ("find", "print", "erase"):
        assertNotContains(staff_client.post(PAGE, {**form, "do": what}), "Petra", status_code=503)
    assert AppointmentRequest.objects.exists()
