"""A password alone is not enough: an app's code, a passkey or a recovery code, each good once."""

import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from clinic.staff import guessing, second_factor
from tests.factories import a_user

from .people import CODE, OWN, code_of, everybody, is_signed_in, sign_in, somebody, with_app


@pytest.fixture
def person(db):
    return a_user("rosa")


@pytest.fixture
def secret(person):
    return with_app(person)


def test_a_password_alone_leads_to_the_second_step(client, person, secret):
    assertRedirects(sign_in(client, person), CODE)
    assert not is_signed_in(client)
    assertContains(client.post(CODE, {"code": "000000"}), "does not fit")

    assertRedirects(client.post(CODE, {"code": code_of(secret)}), "/admin/")
    assert is_signed_in(client)


def test_who_took_the_wrong_turn_starts_again(client, person, secret):
    sign_in(client, person)

    assertRedirects(client.post(CODE, {"start_again": ""}), "/admin/login/")
    assert client.get(CODE)["Location"] == "/admin/login/"


def test_a_code_opens_once(person, secret):
    code = code_of(secret)
    first, second = Client(), Client()
    sign_in(first, person)
    sign_in(second, person)
    first.post(CODE, {"code": code})

    assertContains(second.post(CODE, {"code": code}), "used already")

    assert is_signed_in(first) and not is_signed_in(second)
    assert [second_factor.accept(person, code) for _ in range(100)] == [None] * 100


def test_twin_a_code_that_nobody_wrote_down_opens_again(person, secret):
    code = code_of(secret)
    assert second_factor.accept(person, code)
    app = Authenticator.objects.get(type="totp")
    del app.data["last_step"]
    app.save()

    assert second_factor.accept(person, code)


def test_the_code_before_one_that_was_used_is_refused(person, secret):
    earlier, now = code_of(secret, time.time() - 30), code_of(secret)
    assert second_factor.accept(person, now)
    assert not second_factor.accept(person, earlier)


@pytest.mark.django_db(transaction=True)
def test_a_code_opens_once_however_many_send_it_at_once():
    person = a_user("rosa")
    code = code_of(with_app(person))

    def send(_):
        try:
            return bool(second_factor.accept(person, code))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(send, range(8))) == [False] * 7 + [True]


def test_codes_are_counted_before_they_are_looked_at(client, person, secret):
    sign_in(client, person)
    for _ in range(guessing.FOR_AN_ACCOUNT_IN_AN_HOUR):
        client.post(CODE, {"code": "000000"})

    assertContains(client.post(CODE, {"code": code_of(secret)}), "wrong too often", status_code=429)
    assert not is_signed_in(client)


# Setting it up --------------------------------------------------------------------------------------------------------


def set_up_an_app(client):
    """Through the pages, as a person does. Returns the key and the recovery codes."""
    page = client.get("/admin/account/app/")
    secret = page.context["form"].secret
    page = client.post("/admin/account/app/", {"code": code_of(secret)}, follow=True)
    return secret, page.context["unused_codes"]


def test_an_app_is_set_up_with_ten_recovery_codes_that_are_shown_once(client, person):
    sign_in(client, person)

    secret, codes = set_up_an_app(client)

    assert len(set(codes)) == 10
    assertNotContains(client.get("/admin/account/codes/"), codes[0])
    other = Client()
    sign_in(other, person)
    assertContains(other.post(CODE, {"code": code_of(secret)}), "used already")  # it was seen at the set-up
    other.post(CODE, {"code": codes[0]})
    assert is_signed_in(other)
    again = Client()
    sign_in(again, person)
    assertContains(again.post(CODE, {"code": codes[0]}), "used already")
    assertContains(other.get(OWN), "9 recovery codes left")


def test_what_opens_is_not_written_in_the_database(client, person):
    sign_in(client, person)
    secret, codes = set_up_an_app(client)

    stored = str(list(Authenticator.objects.values()))
    assert secret not in stored
    assert not [code for code in codes if code in stored]


def test_another_secret_key_opens_nothing_and_breaks_nothing(client, person, secret, settings):
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another one, since the first was lost"
    assert second_factor.accept(person, code_of(secret)) is None
    settings.SECRET_KEY_FALLBACKS = [old]
    assert second_factor.accept(person, code_of(secret))


def test_a_change_of_the_second_factor_asks_who_it_is_once_the_sign_in_is_old(client, person):
    sign_in(client, person)
    assert client.get("/admin/account/app/").status_code == 200
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 3600
    session.save()

    asked = client.get("/admin/account/app/")

    assert asked["Location"].startswith("/admin/account/again/password/")
    assertContains(client.post("/admin/account/again/password/", {"password": "wrong"}), "not your password")
    shown = client.post(
        "/admin/account/again/password/", {"password": "a long test password", "next": "/admin/account/app/"}
    )
    assertRedirects(shown, "/admin/account/app/")


@pytest.mark.parametrize(
    "sent", ["", "x", "[]", "5", "{}", '{"response": 1}', '{"id": "x", "rawId": "x", "response": {}}']
)
def test_what_is_no_passkey_is_refused_and_breaks_nothing(client, person, secret, sent):
    client.get("/admin/login/passkey/", headers={"accept": "application/json"})
    assert client.post("/admin/login/passkey/", {"credential": sent}).status_code == 302
    assert not is_signed_in(client)
    sign_in(client, person)
    assert client.post(CODE, {"credential": sent}).status_code == 200
    client.post(CODE, {"code": code_of(secret)})
    assert client.post("/admin/account/passkey/", {"name": "x", "credential": sent}).status_code == 200
    assert not Authenticator.objects.filter(type="webauthn").exists()


# Where it is required -------------------------------------------------------------------------------------------------


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_REQUIRED = True


def test_where_it_is_required_no_page_opens_before_it_is_set_up(client, person, required, clinic):
    sign_in(client, person)
    for page in ("/admin/", "/admin/auth/user/", "/admin/password_change/", "/admin/education/guide/"):
        assertRedirects(client.get(page), OWN)
    assertContains(client.get(OWN), "Before you go on")

    set_up_an_app(client)

    assert client.get("/admin/").status_code == 200
    assertNotContains(client.get(OWN), "Before you go on")


def test_twin_where_it_is_not_required_the_page_opens(client, person, clinic):
    sign_in(client, person)

    assert client.get("/admin/").status_code == 200


def test_a_session_from_before_does_not_profit_from_what_another_has_set_up(client, person, required):
    sign_in(client, person)
    thief = Client()
    sign_in(thief, person)

    set_up_an_app(client)

    assertRedirects(thief.get("/admin/"), OWN)


def test_the_last_one_stays_where_it_is_required(client, person, secret, required):
    sign_in(client, person)
    client.post(CODE, {"code": code_of(secret)})

    client.post("/admin/account/app/remove/")
    assert Authenticator.objects.filter(type="totp").exists()


def test_where_it_is_not_required_it_can_be_removed(client, person, secret):
    sign_in(client, person)
    client.post(CODE, {"code": code_of(secret)})

    assertRedirects(client.post("/admin/account/app/remove/"), OWN)
    assert not Authenticator.objects.exists()


# A lost phone ---------------------------------------------------------------------------------------------------------


def reset_of(person):
    return f"/admin/auth/user/{person.pk}/second-factor/"


def test_a_manager_takes_a_lost_second_factor_away_and_the_log_says_so(client, db):
    people = everybody()
    person = somebody("Triage")
    secret = with_app(person)
    theirs = Client()
    sign_in(theirs, person)
    theirs.post(CODE, {"code": code_of(secret)})
    client.force_login(people["M"])

    assertContains(client.get(reset_of(person)), "spoken to them yourself")
    client.post(reset_of(person))

    assert not Authenticator.objects.exists()
    assert not is_signed_in(theirs)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (people["M"], str(person.pk))
    assert "Reset the second factor (App)" in entry.get_change_message()


def test_who_waits_at_the_second_step_while_it_is_reset_goes_on(client, person, secret):
    sign_in(client, person)
    second_factor.reset(person)

    assertRedirects(client.get(CODE), "/admin/login/")
    sign_in(client, person)
    assert is_signed_in(client)


def test_nobody_else_does_and_a_manager_not_for_who_runs_the_site(client, db):
    people = everybody()
    with_app(people["S"])
    for letter in "TLEAM":
        client.force_login(people[letter])
        assert client.post(reset_of(people["S"])).status_code == 403, letter

    assert Authenticator.objects.count() == 1


def test_who_runs_the_site_helps_themselves_on_the_server(client, person, secret):
    sign_in(client, person)
    client.post(CODE, {"code": code_of(secret)})

    call_command("reset_second_factor", "rosa", stdout=StringIO())

    assert not Authenticator.objects.exists()
    assert not is_signed_in(client)
    with pytest.raises(CommandError, match="Nobody"):
        call_command("reset_second_factor", "nobody")
