"""What a forged form asks for is not done: by the wrong role, without the token, for other rows, with extra fields."""

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client

from appointments.models import RequestCount

from .people import everybody
from .routes import Samples
from .table import table

NOT_LOOKED_AT = {Session, RequestCount}


def everything():
    """All rows of all tables."""
    models = [model for model in apps.get_models() if model not in NOT_LOOKED_AT]
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in models}


def forged(samples, person):
    """One body with something for every form: what it should not be able to change, and whose rows it should not reach."""
    keys = [str(row.pk) for row in samples.objects.values()]
    return {
        "post": "yes",
        "action": "delete_selected",
        "_selected_action": keys,
        "select_across": "1",
        "_save": "",
        "_publish": "",
        "id": keys,
        "pk": keys,
        "version": "1",
        "status": "closed",
        "outcome": "spam",
        "channel": "phone",
        "reason": "spam",
        "text": "forged",
        "name": "forged",
        "username": "forged",
        "password1": "forged forged forged",
        "password2": "forged forged forged",
        "is_superuser": "on",
        "is_staff": "on",
        "is_active": "on",
        "groups": [str(group.pk) for group in person.groups.model.objects.all()],
        "assigned_to": str(person.pk),
        "recipient": keys,
        "subject": "forged",
        "body": "forged",
    }


def addresses(samples, route):
    """The row that the route is for, and one of another model by its number."""
    yield samples.address(route)
    if "<int:pk>" in route or "<path:object_id>" in route:
        yield "/" + route.replace("<int:pk>", "999").replace("<path:object_id>", "999").replace(
            "<int:number>", "1"
        ).replace("<slug:slug>", "reopen")


def may_post(letter, letters):
    return letters in ("*", "staff") or letter in letters


@pytest.mark.django_db
def test_five_hundred_forged_forms_change_nothing(clinic):
    people, samples, sent = everybody(), Samples(), 0
    clients = {letter: Client() for letter in people}
    for letter, client in clients.items():
        client.force_login(people[letter])
    before = everything()

    for letter, client in clients.items():
        body = forged(samples, people[letter])
        without_token = Client(enforce_csrf_checks=True)
        without_token.cookies = client.cookies
        for route, methods in table().items():
            if not route.startswith("admin/"):
                continue
            for address in addresses(samples, route):
                if not may_post(letter, methods["POST"]):
                    assert client.post(address, body).status_code in (302, 403, 404, 405), address
                    sent += 1
                elif letter == "S" and route not in ("admin/login/", "admin/login/passkey/"):
                    assert without_token.post(address, body).status_code == 403, address
                    sent += 1
        assert everything() == before, letter

    assert sent >= 500


@pytest.mark.django_db
def test_twin_with_the_token_and_the_role_the_same_form_does_something(clinic):
    people, samples = everybody(), Samples()
    client = Client()
    client.force_login(people["S"])
    before = everything()

    client.post(samples.address("admin/auth/user/<path:object_id>/change/"), forged(samples, people["S"]))

    assert everything() != before


@pytest.mark.django_db
@pytest.mark.parametrize("whose", ["a colleague's", "my own"])
def test_a_manager_makes_nobody_a_superuser(client, whose):
    people = everybody()
    client.force_login(people["M"])
    person = people["T" if whose == "a colleague's" else "M"]
    typed = {"username": person.username, "is_active": "on", "is_staff": "on", "is_superuser": "on"}

    client.post(f"/admin/auth/user/{person.pk}/change/", {**typed, "user_permissions": ["1", "2"]})

    person = get_user_model().objects.get(pk=person.pk)
    assert (person.is_superuser, person.user_permissions.count()) == (False, 0)


@pytest.mark.django_db
def test_a_manager_does_not_reach_who_runs_the_site(client):
    people = everybody()
    client.force_login(people["M"])
    owner = people["S"]
    for page, typed in [
        ("change", {"username": "mine", "is_active": ""}),
        ("password", {"password1": "taken over 12345", "password2": "taken over 12345"}),
        ("delete", {"post": "yes"}),
        ("second-factor", {}),
    ]:
        assert client.post(f"/admin/auth/user/{owner.pk}/{page}/", typed).status_code == 403, page

    assert get_user_model().objects.get(pk=owner.pk).check_password("a long test password")


@pytest.mark.django_db
def test_the_site_s_own_roles_are_changed_by_nobody_and_a_clinic_s_own_by_a_superuser(client):
    people = everybody()
    client.force_login(people["S"])
    triage = people["T"].groups.get()
    own = triage.__class__.objects.create(name="Trainees")

    assert client.post(f"/admin/auth/group/{triage.pk}/change/", {"name": "x"}).status_code == 403
    assert client.post(f"/admin/auth/group/{triage.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/admin/auth/group/{own.pk}/change/", {"name": "Students"}).status_code == 302
