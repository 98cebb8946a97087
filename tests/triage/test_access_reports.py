"""The auditor's two questions: who saw this request, and what did this person see."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments.access import record
from appointments.models import AccessEvent
from tests.factories import a_user

ASK = reverse("admin:appointments_accessevent_changelist")


@pytest.fixture
def auditor(db):
    user = a_user("auditor", superuser=False)
    user.user_permissions.add(Permission.objects.get(codename="view_accessevent"))
    return user


@pytest.fixture
def auditor_client(auditor):
    client = Client()
    client.force_login(auditor)
    return client


@pytest.fixture
def nurse(db):
    return a_user("nurse", superuser=False, first_name="Nora", last_name="Nurse")


def seen(by, *references, days_ago=0, action="view", step=""):
    AccessEvent.objects.bulk_create(
        AccessEvent(by=by, reference=reference, action=action, step=step, at=timezone.now() - timedelta(days=days_ago))
        for reference in references
    )


def test_who_saw_this_request(auditor_client, nurse, clinic):
    seen(nurse, "BCDF7346", days_ago=2)
    record("list", ["BCDF7346", "GHJK8346"], by=nurse, step="desk")
    record("change", ["BCDF7346"], by=a_user("clerk"), step="book")

    page = auditor_client.post(ASK, {"ask": "request", "reference": "bcdf 7346"}, follow=True)

    assertContains(page, "<td>Shown in a list: the desk</td>", html=True)
    assertContains(page, "<td>Changed: Book the appointment</td>", html=True)
    assertContains(page, '<th scope="row">Nora Nurse</th><td>2</td>')
    assertNotContains(page, "GHJK8346")


def test_what_this_person_saw(auditor_client, nurse, clinic):
    seen(nurse, "QRTV7346", days_ago=20)
    seen(a_user("clerk"), "XYWT7346")
    record("list", ["BCDF7346", "GHJK8346"], by=nurse, step="desk")
    today = timezone.localdate().isoformat()

    page = auditor_client.post(ASK, {"ask": "person", "person": nurse.pk, "first": today, "last": today}, follow=True)

    assert [look["references"] for look in page.context["looks"]] == [["BCDF7346", "GHJK8346"]]
    assertContains(page, "What Nora Nurse saw")
    for other in ("QRTV7346", "XYWT7346"):
        assertNotContains(page, other)


def test_what_is_older_stands_on_further_pages(auditor_client, nurse, clinic):
    for number in range(205):
        seen(nurse, "BCDF7346", days_ago=1 + number / 1000)
    about_request = reverse("admin:appointments_accessevent_request", args=["BCDF7346"])
    last_week = {"first": timezone.localdate() - timedelta(days=6), "last": timezone.localdate()}
    about_person = reverse("admin:appointments_accessevent_person", args=[nurse.pk], query=last_week)

    for address, rows in ((about_request, "events"), (about_person, "looks")):
        pages, on_pages = [auditor_client.get(address)], []
        while older := pages[-1].context["older"]:
            pages.append(auditor_client.get(address.split("?")[0] + older))
        on_pages = [len(page.context[rows]) for page in pages]
        assert on_pages == [100, 100, 5]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"ask": "request", "reference": ""}, "Write the reference"),
        ({"ask": "request", "reference": "Petra Private"}, "A reference has 8 letters"),
        ({"ask": "person"}, "Choose somebody."),
        ({"ask": "person", "person": "0", "first": "x", "last": ""}, "Choose a day."),
        ({"ask": "person", "first": "2026-11-02", "last": "2026-11-01"}, "This day comes before the first one."),
        ({"ask": "person", "first": "2026-11-02", "last": "9999-12-31"}, "Check the year."),
        ({"ask": "person", "first": "0001-01-01", "last": "2026-11-01"}, "Check the year."),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(auditor_client, clinic, typed, said):
    page = auditor_client.post(ASK, typed)

    assertContains(page, said, status_code=422)
    if typed.get("reference"):
        assertContains(page, typed["reference"], status_code=422)


@pytest.mark.parametrize("query", ["before=x", "before=2026-99-99T00:00", "before=2026-11-01T00:00", "before=%00"])
def test_a_hostile_address_is_refused(auditor_client, nurse, clinic, query):
    page = reverse("admin:appointments_accessevent_request", args=["BCDF7346"])
    person = reverse("admin:appointments_accessevent_person", args=[nurse.pk])

    refused = auditor_client.get(f"{page}?{query}")
    assertContains(refused, f'<a class="button" href="{page}">Back to the page</a>', status_code=400, html=True)
    assert auditor_client.get(f"{page}?before=").status_code == 200
    assert auditor_client.get(f"{person}?first=2026-11-01&last=2026-11-30&{query}").status_code == 400
    assert auditor_client.get(f"{person}?first=x&{query}").status_code == 302
    assert auditor_client.get(reverse("admin:appointments_accessevent_request", args=["petra"])).status_code == 404


def test_who_may_not_read_the_log_gets_nothing_of_it(staff, nurse, clinic):
    client = Client()
    nurse.user_permissions.add(Permission.objects.get(codename="triage_appointmentrequest"))
    client.force_login(nurse)

    for address in (
        ASK,
        reverse("admin:appointments_accessevent_request", args=["BCDF7346"]),
        reverse(
            "admin:appointments_accessevent_person",
            args=[staff.pk],
            query={"first": "2026-11-01", "last": "2026-11-30"},
        ),
    ):
        assert client.get(address).status_code == 403
    assert client.post(ASK, {"ask": "request", "reference": "BCDF7346"}).status_code == 403
