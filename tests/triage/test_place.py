"""The clinic's own page in the admin: profile, opening hours and closures in one form."""

import pytest
from pytest_django.asserts import assertContains, assertRedirects

from clinic.models import ClinicProfile, Closure, OpeningHours
from tests.factories import a_clinic, a_service, a_user, opening_hours

URL = "/admin/clinic/clinicprofile/"
CHANGE = URL + "1/change/"
PROFILE = {"name": "New Name", "phone": "212-555-0142", "emergency_number": "911", "promise_hours": "8"}


def typed(profile=PROFILE, *, hours=(), closures=(), words=()):
    """The page's form: `hours`, `closures` and `words` are rows of dicts, those with an id first."""
    data = {**profile}
    for prefix, rows in (("form", hours), ("form-2", closures), ("words", words)):
        data[f"{prefix}-TOTAL_FORMS"] = len(rows)
        data[f"{prefix}-INITIAL_FORMS"] = sum("id" in row for row in rows)
        for number, row in enumerate(rows):
            data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def as_row(hours, **changed):
    facts = {"id": hours.pk, "weekday": hours.weekday, "opens": f"{hours.opens}", "closes": f"{hours.closes}"}
    return {**facts, **changed}


def test_a_new_clinic_writes_its_profile_and_hours_at_once(staff_client, db):
    assertRedirects(staff_client.get(URL), URL + "add/")

    staff_client.post(
        URL + "add/",
        typed(
            hours=[{"weekday": 0, "opens": "09:00", "closes": "17:00"}],
            closures=[{"first_day": "2030-12-24", "last_day": "2030-12-26", "reason": "Holidays"}],
            words=[{"language": "es", "tagline": "Con calma"}],
        ),
    )

    assert ClinicProfile.objects.get().pk == 1
    assert str(OpeningHours.objects.get()) == "Monday 09:00–17:00"
    assert Closure.objects.get().reason == "Holidays"
    assert ClinicProfile.objects.get().words.get().tagline == "Con calma"


def test_there_is_one_profile_and_it_stays(staff_client, clinic):
    assertRedirects(staff_client.get(URL), CHANGE)
    assert staff_client.post(URL + "add/", typed()).status_code == 403
    assert staff_client.post(URL + "1/delete/", {"post": "yes"}).status_code == 403


def test_hours_are_changed_added_and_removed(staff_client, db):
    a_clinic()
    monday, tuesday = opening_hours(weekdays=[0, 1])

    response = staff_client.post(
        CHANGE,
        typed(
            hours=[
                as_row(monday, closes="12:00"),
                as_row(tuesday, DELETE="on"),
                {"weekday": 0, "opens": "13:00", "closes": "18:00"},
            ]
        ),
    )

    assertRedirects(response, URL, target_status_code=302)
    assert [str(row) for row in OpeningHours.objects.all()] == ["Monday 09:00–12:00", "Monday 13:00–18:00"]


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"weekday": 0, "opens": "16:00", "closes": "18:00"}, "These hours overlap"),
        ({"weekday": 0, "opens": "18:00", "closes": "17:30"}, "Closing time must be after opening time."),
        ({"weekday": 0, "opens": "25:00", "closes": "26:00"}, "Enter a valid time."),
        ({"weekday": "", "opens": "18:00", "closes": "19:00"}, "This field is required."),
    ],
)
def test_hours_that_cannot_be_are_refused(staff_client, db, row, error):
    a_clinic()
    (monday,) = opening_hours(weekdays=[0])

    response = staff_client.post(CHANGE, typed(hours=[as_row(monday), row]))

    assertContains(response, error)
    assertContains(response, 'value="New Name"')
    assert str(OpeningHours.objects.get()) == "Monday 09:00–17:00"
    assert ClinicProfile.objects.get().name == "Test Clinic"


def test_hours_may_be_moved_where_others_stood(staff_client, db):
    """Judged by the week as it will be, not by the rows that are about to change."""
    a_clinic()
    (morning,) = opening_hours("09:00", "12:00", weekdays=[0])
    (afternoon,) = opening_hours("12:00", "17:00", weekdays=[0])

    staff_client.post(CHANGE, typed(hours=[as_row(morning, closes="13:00"), as_row(afternoon, opens="13:00")]))

    assert [str(row) for row in OpeningHours.objects.all()] == ["Monday 09:00–13:00", "Monday 13:00–17:00"]


def test_a_closure_ends_after_it_begins(staff_client, clinic):
    response = staff_client.post(
        CHANGE, typed(closures=[{"first_day": "2030-12-26", "last_day": "2030-12-24", "reason": ""}])
    )

    assertContains(response, "The last day cannot be before the first.")


def test_the_clinics_name_stands_in_the_header(staff_client, clinic):
    a_clinic(name="Sunny Sample Clinic")

    assertContains(staff_client.get("/admin/"), "Sunny Sample Clinic")
    assertContains(staff_client.get("/admin/"), "favicon.svg")


def test_services_and_recipients_are_edited(staff_client, clinic):
    service = a_service("Imaging")
    staff_client.post(
        f"/admin/clinic/service/{service.pk}/change/",
        {
            "name": "X-rays",
            "slug": "imaging",
            "position": "5",
            "promise_hours": "4",
            "preparation": "Wear no metal.",
            "words-TOTAL_FORMS": "0",
            "words-INITIAL_FORMS": "0",
        },
    )
    staff_client.post(
        "/admin/appointments/recipient/add/",
        {
            "name": "Desk",
            "email": "new@example.org",
            "active": "on",
            "duty_hours-TOTAL_FORMS": "0",
            "duty_hours-INITIAL_FORMS": "0",
        },
    )

    service.refresh_from_db()
    assert (service.name, service.active) == ("X-rays", False)
    assert (service.promise_hours, service.preparation) == (4, "Wear no metal.")
    assertContains(staff_client.get(f"/admin/clinic/service/{service.pk}/change/"), "Desk")
    assertContains(staff_client.get("/admin/appointments/recipient/"), "new@example.org")


def test_the_form_of_a_service_says_who_can_read_how_to_get_ready(staff_client, clinic):
    page = staff_client.get("/admin/clinic/service/add/")

    assertContains(page, "to whoever has the patient’s link. Name no illness in it")


def test_staff_accounts_show_no_split_dates(staff_client, staff):
    page = staff_client.get(f"/admin/auth/user/{staff.pk}/change/")

    assertContains(page, "Date joined")
    assert b'name="date_joined_0"' not in page.content


def test_an_account_of_staff_alone_opens_a_first_page(client, clinic):
    client.force_login(a_user(superuser=False))

    assert client.get("/admin/").status_code == 200
