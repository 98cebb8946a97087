"""Every address of the site, by method and role: as the table says, and no address without a line in it."""

import pytest
from django.db import transaction
from django.test import Client

from . import people
from .routes import Samples, all_routes
from .table import table

FORM = {"content_type": "application/x-www-form-urlencoded"}
LET_THROUGH, REFUSED = {200, 302, 303, 409, 422}, {403, 404, 405, 415}
STAFF = "TLECPAMS"


def test_no_route_is_missing_from_the_table():
    assert set(all_routes()) ^ set(table()) == set()


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("letter", ["", *STAFF])
def test_who_may_what(clinic, letter, settings):
    """Each row for one role ('' is not signed in); what a request did is undone before the next."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    person, samples, client = people.everybody().get(letter), Samples(), Client()
    if person:
        client.force_login(person)
    ticket = dict(client.cookies)
    wrong = []
    for route, methods in table().items():
        for method, letters in methods.items():
            client.cookies.clear()
            client.cookies.update(ticket)
            with transaction.atomic():
                response = client.generic(method, samples.address(route), "x=1", **FORM)
                transaction.set_rollback(True)
            if seen(response) != expected(letter, letters, route):
                wrong.append((method, route, response.status_code, letters))

    assert wrong == []


def seen(response):
    if response.status_code == 302 and response["Location"].startswith(people.DOOR):
        return "door"
    return "in" if response.status_code in LET_THROUGH else "out" if response.status_code in REFUSED else "broken"


def expected(letter, letters, route):
    if letters == "*":
        return "in"
    if not letter:
        return "in" if route == "admin/logout/" else "door" if route.startswith("admin/") else "out"
    return "in" if letter in (STAFF if letters == "staff" else letters) else "out"
