"""A sign-in ends by itself, with a change of password or role, and by hand."""

import re
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django.asserts import assertContains

from appointments.management.commands.worker import clear_away_old_rows
from clinic import languages
from clinic.staff import sessions
from tests.factories import a_user

from .people import CODE, OWN, PASSWORD, code_of, everybody, is_signed_in, sign_in, somebody, with_app

BESIDE_THE_GUIDES = "guide-worker.js"
FIREFOX = {"user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture
def person(db):
    return a_user("rosa")


@pytest.fixture
def signed_in(client, person):
    sign_in(client, person)
    client.get(OWN)
    return client


def ends_in():
    return Session.objects.get().expire_date - timezone.now()


def make_older(client, **by):
    session = client.session
    session["began"] -= timedelta(**by).total_seconds()
    session["seen"] = 0
    session.save()


def test_it_ends_after_a_quarter_of_an_hour_without_a_click(signed_in):
    assert timedelta(minutes=14) < ends_in() <= timedelta(minutes=15)

    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert not is_signed_in(signed_in)


def test_a_click_keeps_it_and_what_the_page_does_by_itself_does_not(signed_in):
    soon = timezone.now() + timedelta(minutes=2)
    by_itself = {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
    make_older(signed_in, minutes=5)
    Session.objects.update(expire_date=soon)

    signed_in.get(OWN, headers=by_itself)
    signed_in.post(OWN, headers=by_itself)  # a page that says that it is still open
    signed_in.get(OWN, headers={"sec-fetch-mode": "navigate"})  # a page that loads itself anew
    assert ends_in() < timedelta(minutes=3)
    signed_in.get(OWN, headers={"sec-fetch-mode": "navigate", "sec-fetch-user": "?1"})
    assert ends_in() > timedelta(minutes=14)


def test_a_page_in_which_somebody_types_keeps_it(signed_in):
    make_older(signed_in, minutes=5)
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=2))

    signed_in.get("/admin/still-here/", headers={"sec-fetch-mode": "cors", "x-in-use": "1"})

    assert ends_in() > timedelta(minutes=14)


def test_an_old_browser_that_says_nothing_idles_out_beside_a_page_that_looks_for_news(signed_in):
    """It sends no Sec-Fetch header: our own scripts say that it was they."""
    make_older(signed_in, minutes=5)
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=2))

    signed_in.get("/admin/desk/", headers={"x-by-itself": "1"})
    signed_in.post("/admin/appointments/appointmentrequest/1/here/", headers={"x-by-itself": "1"})
    assert ends_in() < timedelta(minutes=3)

    signed_in.get(OWN)
    assert ends_in() > timedelta(minutes=14)


def test_each_script_that_asks_by_itself_says_so():
    asking = [path for path in Path("static/js").glob("*.js") if re.search(r"setInterval|setTimeout", path.read_text())]
    fetching = [path for path in asking if "fetch(" in path.read_text()]

    assert {path.name for path in fetching} >= {"desk.js", "request-live.js"}
    for path in fetching:
        if path.name != BESIDE_THE_GUIDES:
            assert sessions.BY_ITSELF in path.read_text(), path.name


def test_the_script_that_needs_not_say_so_keeps_no_sign_in(signed_in):
    """It asks below its own address and for parts of pages: in no language is that the side of staff."""
    for language in languages.offered():
        address = languages.address("education:worker", language=language)
        make_older(signed_in, minutes=5)
        Session.objects.update(expire_date=timezone.now() + timedelta(minutes=2))
        before = Session.objects.get().session_data

        assert signed_in.get(address).status_code == 200
        assert signed_in.get(languages.address("education:guides", language=language)).status_code == 200

        assert ends_in() < timedelta(minutes=3)
        assert Session.objects.get().session_data == before


def test_it_ends_after_eight_hours_whatever_is_clicked(signed_in):
    make_older(signed_in, hours=7.9)
    assert is_signed_in(signed_in)

    make_older(signed_in, hours=0.2)
    assert not is_signed_in(signed_in)
    assert not Session.objects.exists()


def test_a_change_of_the_password_ends_all_others(signed_in, person):
    other = Client()
    sign_in(other, person)
    new = "another long password 7"

    signed_in.post("/admin/password_change/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    assert is_signed_in(signed_in) and not is_signed_in(other)
    sign_in(other, person, new)
    assert is_signed_in(other)


def change(client, person, **facts):
    """The page of a person in the admin, sent with these changes."""
    typed = {
        "username": person.username,
        "is_active": "on",
        "is_staff": "on",
        "groups": [group.pk for group in person.groups.all()],
        **facts,
    }
    return client.post(f"/admin/auth/user/{person.pk}/change/", {name: value for name, value in typed.items() if value})


def test_a_change_of_role_ends_theirs_and_leaves_the_manager_s(client, db):
    people = everybody()
    client.force_login(people["M"])
    person, theirs = people["T"], Client()
    sign_in(theirs, person)

    change(client, person, first_name="Rosa")
    assert is_signed_in(theirs)  # a name is no role
    change(client, person, groups=[people["L"].groups.get().pk])

    assert not is_signed_in(theirs) and is_signed_in(client)
    assert person.groups.get().name == "Lead"


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}, {"password": "!"}])
def test_who_no_longer_works_here_is_out_at_once(signed_in, person, change):
    type(person).objects.filter(pk=person.pk).update(**change)

    assert not is_signed_in(signed_in)
    sign_in(signed_in, person)
    assert not is_signed_in(signed_in)


def test_a_manager_sets_a_new_password_for_who_has_forgotten_theirs(client, db):
    people = everybody()
    person, theirs = somebody("Triage"), Client()
    client.force_login(people["M"])
    sign_in(theirs, person)
    new = "given by the manager 9"
    client.post(
        f"/admin/auth/user/{person.pk}/password/", {"password1": new, "password2": new, "usable_password": "true"}
    )

    assert not is_signed_in(theirs)
    sign_in(theirs, person, new)
    assert is_signed_in(theirs)


def test_who_is_added_works_here_and_signs_in(client, db):
    client.force_login(everybody()["M"])
    new = "given by the manager 9"
    typed = {"username": "ines", "password1": new, "password2": new, "usable_password": "true"}
    client.post("/admin/auth/user/add/", typed)

    theirs = Client()
    sign_in(theirs, "ines", new)
    assert is_signed_in(theirs)


ELSEWHERE = [
    "https://elsewhere.example.com/",
    "//elsewhere.example.com/",
    "///elsewhere.example.com/",
    "/\\elsewhere.example.com/",
    "\\\\elsewhere.example.com/",
    "https:elsewhere.example.com",
    "https:///elsewhere.example.com/",
    "http://testserver@elsewhere.example.com/",
    "\t//elsewhere.example.com/",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_signing_in_leads_to_no_other_site(client, person, elsewhere):
    typed = {"login": "rosa", "password": PASSWORD}
    assert client.post("/admin/login/", {**typed, "next": elsewhere})["Location"] == "/admin/"
    client.post("/admin/logout/")
    assert client.post("/admin/login/", {**typed, "next": "/admin/mail/"})["Location"] == "/admin/mail/"


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_who_shows_once_more_who_they_are_is_led_to_no_other_site(client, person, elsewhere):
    secret = with_app(person)
    sign_in(client, person)
    now = time.time()
    client.post(CODE, {"code": code_of(secret, now)})
    next_code = code_of(secret, now + 30)  # each opens once
    for way, typed in {"password": {"password": PASSWORD}, "code": {"code": next_code}}.items():
        page = client.get(f"/admin/account/again/{way}/", {"next": elsewhere})
        assert page.status_code == 200 and f'href="{escape(elsewhere)}"' not in page.text
        answer = client.post(f"/admin/account/again/{way}/", {**typed, "next": elsewhere})
        assert answer["Location"] == "/admin/"
    for ask in (client.get, client.post):  # who has no passkey is sent on to the other ways
        answer = ask("/admin/account/again/passkey/", {"credential": "{}", "next": elsewhere})
        assert answer["Location"].startswith("/admin/account/again/")
    own = {"password": PASSWORD, "next": "/admin/mail/"}
    assert client.post("/admin/account/again/password/", own)["Location"] == "/admin/mail/"


def test_twin_without_the_look_at_the_address_both_lead_there(client, person, monkeypatch):
    monkeypatch.setattr("clinic.staff.adapters.StaffAdapter.is_safe_url", lambda adapter, url: True, raising=False)
    typed = {"login": "rosa", "password": PASSWORD, "next": ELSEWHERE[0]}

    assert client.post("/admin/login/", typed)["Location"] == ELSEWHERE[0]
    assert client.post("/admin/account/again/password/", typed)["Location"] == ELSEWHERE[0]


# One's own ------------------------------------------------------------------------------------------------------------


def test_everybody_sees_where_they_are_signed_in_and_ends_it_there(signed_in, person):
    elsewhere, stranger = Client(), Client()
    sign_in(elsewhere, person, headers=FIREFOX)
    elsewhere.get(OWN, headers=FIREFOX)
    sign_in(stranger, a_user("sam"))
    stranger.get(OWN)

    page = signed_in.get(OWN)
    assertContains(page, "Firefox on Windows", count=2)  # in the row and its button
    [mine, theirs] = sorted(sessions.of(person), key=lambda session: session.key != signed_in.session.session_key)
    assert theirs.key not in page.content.decode() and mine.key not in page.content.decode()
    assert stranger.post(f"/admin/account/sessions/{theirs.name}/end/").status_code == 404
    assert is_signed_in(elsewhere)

    signed_in.post(f"/admin/account/sessions/{theirs.name}/end/")

    assert not is_signed_in(elsewhere) and is_signed_in(signed_in) and is_signed_in(stranger)


def test_signing_out_tells_the_browser_to_forget(signed_in):
    response = signed_in.post("/admin/logout/")

    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assertContains(response, "You are signed out")
    assert not Session.objects.exists()


def test_what_has_ended_is_swept_away(signed_in):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    clear_away_old_rows()

    assert not Session.objects.exists()


def test_the_session_holds_no_name_and_no_password(client, person):
    sign_in(client, person, "rosa's wrong password")
    sign_in(client, person)
    client.get(OWN)

    kept = str(dict(client.session))
    assert PASSWORD not in kept and "wrong password" not in kept
    assert time.time() - client.session["began"] < 60
