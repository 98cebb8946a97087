"""Whoever guesses passwords is slowed down before anything is hashed, and keeps nobody else out."""

import itertools

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.test import Client
from pytest_django.asserts import assertContains

from appointments.models import RequestCount
from clinic.staff import guessing
from tests.factories import a_user
from tests.faults import FULL

from .people import OWN, PASSWORD, is_signed_in, sign_in

GUESSES = 10_000 if FULL else 300
numbers = itertools.count()


class Counting(MD5PasswordHasher):
    """Says how often it worked."""

    hashed = 0

    def encode(self, password, salt):
        type(self).hashed += 1
        return super().encode(password, salt)


@pytest.fixture
def hashing(settings):
    settings.PASSWORD_HASHERS = ["tests.staff.test_guessing.Counting"]
    return Counting


@pytest.fixture
def owner(hashing, settings):
    settings.TRUSTED_PROXIES = 1
    owner = a_user("rosa")
    hashing.hashed = 0
    return owner


def from_elsewhere():
    """Headers of somebody whose address nobody has seen."""
    number = next(numbers)
    return {"HTTP_X_FORWARDED_FOR": f"203.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


def guess(times, **headers):
    """Wrong passwords for Rosa's account, each from a fresh browser."""
    return [sign_in(Client(), "rosa", f"wrong {number}", **(headers or from_elsewhere())) for number in range(times)]


@pytest.mark.django_db
def test_of_many_guesses_few_are_hashed_and_the_owner_still_signs_in(owner, hashing):
    known = Client()
    sign_in(known, owner)
    known.post("/admin/logout/")
    hashing.hashed = 0

    answers = guess(GUESSES)

    assert hashing.hashed <= 4 * guessing.FOR_AN_ACCOUNT_IN_AN_HOUR <= 200  # an hour may end while the test runs
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 60
    sign_in(known, owner)
    assert is_signed_in(known)


@pytest.mark.django_db
def test_twin_without_the_count_all_are_hashed(owner, hashing, monkeypatch):
    monkeypatch.setattr(guessing, "FOR_AN_ACCOUNT_IN_AN_HOUR", 10**6)
    monkeypatch.setattr(guessing, "FOR_AN_ACCOUNT_IN_A_DAY", 10**6)

    guess(100)

    assert hashing.hashed == 100


@pytest.mark.django_db
def test_a_guesser_in_the_waiting_room_locks_out_nobody_at_their_desk(owner):
    """All of the clinic comes from one address; what he does there stops strangers, not devices that are known."""
    here = {"HTTP_X_FORWARDED_FOR": "198.51.100.7"}
    desk, colleague = Client(), a_user("sam")
    sign_in(desk, colleague, **here)
    desk.post("/admin/logout/")

    for number in range(guessing.FROM_A_NETWORK_IN_AN_HOUR + 1):
        refused = sign_in(Client(), f"nobody {number}", "wrong", **here)

    assert refused.status_code == 429
    assert sign_in(Client(), colleague, **here).status_code == 429  # a browser that nobody knows, there
    sign_in(desk, colleague, **here)
    assert is_signed_in(desk)
    new_browser = Client()
    sign_in(new_browser, colleague, **from_elsewhere())
    assert is_signed_in(new_browser)


@pytest.mark.django_db
def test_a_known_device_is_counted_too_and_vouches_for_its_own_accounts_alone(owner, hashing):
    known, other = Client(), a_user("sam")
    sign_in(known, owner)
    known.post("/admin/logout/")
    hashing.hashed = 0

    answers = [sign_in(known, owner, "wrong") for _ in range(guessing.ON_A_KNOWN_DEVICE_IN_AN_HOUR + 5)]

    assert answers[-1].status_code == 429
    assert hashing.hashed == guessing.ON_A_KNOWN_DEVICE_IN_AN_HOUR
    for _ in range(guessing.FOR_AN_ACCOUNT_IN_AN_HOUR + 1):
        refused = sign_in(known, other, "wrong", **from_elsewhere())
    assert refused.status_code == 429


@pytest.mark.django_db
def test_the_device_s_name_cannot_be_made_up(owner):
    forged = Client()
    for value in ("", "x", "e30:1:1", '{"name": "x", "accounts": []}'):
        forged.cookies[guessing.COOKIE] = value
        assert sign_in(forged, owner, "wrong").status_code == 200


@pytest.mark.django_db
def test_a_right_password_counts_for_nothing(owner):
    for _ in range(guessing.FOR_AN_ACCOUNT_IN_AN_HOUR + 3):
        client = Client()
        sign_in(client, owner, **from_elsewhere())
        assert is_signed_in(client)

    assert set(RequestCount.objects.values_list("sent", flat=True)) == {0}


@pytest.mark.django_db
def test_another_spelling_is_no_other_account(owner, hashing):
    for number in range(guessing.FOR_AN_ACCOUNT_IN_AN_HOUR):
        sign_in(Client(), ("rosa", "ROSA", " Rosa ")[number % 3], "wrong", **from_elsewhere())

    assert sign_in(Client(), "rOsA", "wrong", **from_elsewhere()).status_code == 429


@pytest.mark.django_db
def test_missing_inactive_and_existing_accounts_cost_and_say_the_same(owner, hashing):
    """One hash each: nobody learns from the time who works here."""
    a_user("left", is_active=False)
    a_user("never").__class__.objects.filter(username="never").update(password=make_password(None))
    a_user("patient").__class__.objects.filter(username="patient").update(is_staff=False)
    costs, pages = set(), set()
    for name, password in [
        ("rosa", "wrong"),
        ("nobody", "wrong"),
        ("left", PASSWORD),
        ("never", "wrong"),
        ("patient", PASSWORD),
    ]:
        hashing.hashed = 0
        page = sign_in(Client(), name, password, **from_elsewhere())
        costs.add(hashing.hashed)
        assertContains(page, "do not fit together")
        pages.add(page.status_code)

    assert (costs, pages) == ({1}, {200})


@pytest.mark.django_db
def test_no_name_and_no_address_is_kept(owner):
    guess(2)

    assert "rosa" not in str(list(RequestCount.objects.values()))


@pytest.mark.django_db
def test_what_is_too_long_for_a_password_is_not_hashed(owner, hashing):
    page = sign_in(Client(), owner, "x" * 100_000)

    assert (page.status_code, hashing.hashed) == (200, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("door", ["/admin/password_change/", "/admin/account/again/password/"])
def test_the_other_doors_of_the_password_are_counted_as_well(owner, hashing, client, door):
    client.force_login(owner)
    typed = {"old_password": "wrong", "new_password1": "a", "new_password2": "b", "password": "wrong"}
    hashing.hashed = 0

    for _ in range(guessing.FOR_AN_ACCOUNT_IN_AN_HOUR + 5):
        page = client.post(door, typed)

    assert hashing.hashed == guessing.FOR_AN_ACCOUNT_IN_AN_HOUR
    assertContains(page, "wrong too often", status_code=429)
    assert client.get(OWN).status_code == 200


# Taking turns ---------------------------------------------------------------------------------------------------------


def test_one_hash_at_a_time_one_waits_and_the_rest_are_told_to_come_again():
    lane = guessing.Lane(waiting=0)
    with lane.enter(), pytest.raises(guessing.Busy), lane.enter():
        pass
    with lane.enter():
        pass


@pytest.mark.django_db
def test_strangers_who_must_wait_keep_no_known_device_waiting(owner):
    known = Client()
    sign_in(known, owner)
    known.post("/admin/logout/")
    rooms = [guessing.STRANGERS.room.acquire(blocking=False) for _ in range(2)]
    try:
        assert rooms == [True, True]
        busy = sign_in(Client(), owner, **from_elsewhere())
        sign_in(known, owner)
    finally:
        for _ in rooms:
            guessing.STRANGERS.room.release()

    assertContains(busy, "try again in a moment", status_code=429)
    assert is_signed_in(known)
    assert not RequestCount.objects.filter(sent__gt=0).exists()  # who was turned away has not guessed
