"""Before the strongest acts somebody who has signed in long ago shows once more that it is they."""

import pytest
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertRedirects

from appointments.models import AccessEvent, AppointmentRequest
from clinic.staff import again
from tests.factories import a_request
from tests.triage.pages import DESK, EXPORT, LIST, detail

from .people import PASSWORD, sign_in, somebody, with_app

PERSON = reverse("admin:appointments_erasure_changelist")
USERS = "/admin/auth/user/"
ASKS = "/admin/account/again/password/"
NEW = "given by the manager 9"


@pytest.fixture
def both(clinic):
    """Who may do all of it: a manager who also leads the desk."""
    person = somebody("Clinic manager", username="maria")
    person.groups.add(Group.objects.get(name="Lead"))
    return person


@pytest.fixture
def colleague(db):
    return somebody("Triage", username="sam")


def last_shown(client, *, minutes):
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= minutes * 60
    session.save()


def guarded(colleague):
    own = f"{USERS}{colleague.pk}/"
    return [f"{USERS}add/", f"{own}change/", f"{own}password/", f"{own}second-factor/", EXPORT, PERSON]


def test_who_showed_it_a_moment_ago_is_not_asked(client, both, colleague):
    sign_in(client, both)

    assert {address: client.get(address).status_code for address in guarded(colleague)} == dict.fromkeys(
        guarded(colleague), 200
    )


def test_an_hour_later_each_of_them_asks_and_leads_back(client, both, colleague):
    for address in guarded(colleague):
        sign_in(client, both)
        last_shown(client, minutes=60)

        asked = client.get(address)
        assertRedirects(asked, f"{ASKS}?next={address.replace('/', '%2F')}")
        assertContains(client.post(ASKS, {"password": "wrong", "next": address}), "not your password")
        assert client.get(address).status_code == 302
        back = client.post(ASKS, {"password": PASSWORD, "next": address})

        assertRedirects(back, address)  # which is shown now
        client.post("/admin/logout/")


def test_what_is_rarely_harmful_does_not_ask(client, both):
    request = a_request()
    sign_in(client, both)
    last_shown(client, minutes=60)

    for address in (DESK, LIST, detail(request), USERS, "/admin/clinic/clinicprofile/1/change/"):
        assert client.get(address).status_code == 200, address


def strong_acts(colleague, request):
    """(address, what is sent, whether it was done)"""
    own = f"{USERS}{colleague.pk}/"
    lead = Group.objects.get(name="Lead")
    row = {"username": "sam", "is_active": "on", "is_staff": "on", "groups": [lead.pk]}
    password = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    whose = {"q": request.reference, "request": [str(request.pk)], "sure": "yes"}
    days = {"first": "2020-01-01", "last": f"{timezone.localdate(request.created_at):%Y-%m-%d}", "status": "all"}
    exported = AccessEvent.objects.filter(action="export")
    again_ = type(colleague).objects
    return [
        (f"{own}change/", row, lambda: colleague.groups.filter(name="Lead").exists()),
        (f"{own}second-factor/", {}, lambda: not colleague.authenticator_set.exists()),
        (f"{own}password/", password, lambda: again_.get(pk=colleague.pk).check_password(NEW)),
        (f"{USERS}add/", {"username": "second", **password}, lambda: again_.filter(username="second").exists()),
        (EXPORT, {**days, "file_format": "csv", "words": ""}, exported.filter(step__contains="csv").exists),
        (PERSON, {**whose, "do": "print"}, exported.filter(step="printout").exists),
        (PERSON, {**whose, "do": "erase"}, lambda: not AppointmentRequest.objects.exists()),
    ]


def test_a_form_that_is_sent_an_hour_later_does_nothing_and_one_that_took_ten_minutes_does(client, both, colleague):
    with_app(colleague)
    request = a_request()
    sign_in(client, both)
    last_shown(client, minutes=60)
    for address, sent, is_done in strong_acts(colleague, request):
        answer = client.post(address, sent)
        assert answer["Location"].startswith(ASKS), address
        assert [str(message) for message in get_messages(answer.wsgi_request)][-1] == again.NOT_DONE
        assert not is_done(), address

    client.post(ASKS, {"password": PASSWORD, "next": DESK})
    last_shown(client, minutes=10)
    for address, sent, is_done in strong_acts(colleague, request):
        answer = client.post(address, sent)
        assert answer.status_code in (200, 302), address
        assert is_done(), address


def test_nothing_that_was_sent_waits_in_the_session(client, both, colleague):
    sign_in(client, both)
    last_shown(client, minutes=60)

    client.post(PERSON, {"q": "pat@example.org", "do": "find"})
    client.post(f"{USERS}{colleague.pk}/password/", {"password1": NEW, "password2": NEW})

    assert "pat@example.org" not in str(dict(client.session)) and NEW not in str(dict(client.session))


def test_who_may_not_do_it_is_not_asked_but_refused(client, colleague):
    other = somebody("Auditor")
    sign_in(client, colleague)
    last_shown(client, minutes=60)

    for address in guarded(other):
        assert client.get(address).status_code == 403, address
        assert client.post(address).status_code == 403, address
