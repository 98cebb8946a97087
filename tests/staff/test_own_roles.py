"""Who gives roles to others gives none to themselves."""

import pytest
from django.contrib.auth.models import Group, Permission
from pytest_django.asserts import assertContains, assertNotContains

from tests.factories import a_user

from .people import somebody

WHY = "Nobody gives roles to themselves"


@pytest.fixture
def manager(db):
    return somebody("Clinic manager", username="maria")


def page_of(person):
    return f"/admin/auth/user/{person.pk}/change/"


def sent(client, person, *, roles, **facts):
    """The page of a person in the admin, sent with these roles."""
    groups = [Group.objects.get(name=role).pk for role in roles]
    typed = {"username": person.username, "is_active": "on", "is_staff": "on", "groups": groups, **facts}
    return client.post(page_of(person), {name: value for name, value in typed.items() if value})


def roles_of(person):
    return sorted(person.groups.values_list("name", flat=True))


def test_a_manager_does_not_give_roles_to_themselves(client, manager):
    client.force_login(manager)
    permission = Permission.objects.get(codename="triage_appointmentrequest")
    more = {"is_superuser": "on", "user_permissions": [permission.pk], "first_name": "Maria"}

    answer = sent(client, manager, roles=["Clinic manager", "Lead", "Triage", "Auditor"], **more)

    assert answer.status_code == 302  # the name is theirs to change
    manager.refresh_from_db()
    assert (manager.first_name, manager.is_superuser) == ("Maria", False)
    assert roles_of(manager) == ["Clinic manager"]
    assert not manager.user_permissions.exists()
    assert client.get("/admin/appointments/appointmentrequest/").status_code == 403


def test_nor_do_they_lock_themselves_out(client, manager):
    client.force_login(manager)

    sent(client, manager, roles=[], is_active="", is_staff="")

    manager.refresh_from_db()
    assert (manager.is_active, manager.is_staff, roles_of(manager)) == (True, True, ["Clinic manager"])


def test_their_own_page_shows_the_roles_and_says_who_gives_them(client, manager):
    client.force_login(manager)

    page = client.get(page_of(manager))

    assertContains(page, WHY)
    assertContains(page, "Clinic manager")
    for name in ("groups", "is_active", "is_staff", "is_superuser", "user_permissions"):
        assertNotContains(page, f'name="{name}"')


def test_a_manager_gives_and_takes_roles_of_others_as_before(client, manager):
    client.force_login(manager)
    for person in (somebody("Triage"), somebody("Clinic manager")):
        assertNotContains(client.get(page_of(person)), WHY)

        sent(client, person, roles=["Lead"])
        assert roles_of(person) == ["Lead"]
        sent(client, person, roles=["Lead"], is_active="")
        person.refresh_from_db()
        assert not person.is_active


def test_who_runs_the_site_changes_their_own(client, db):
    owner = a_user("owner")
    client.force_login(owner)

    sent(client, owner, roles=["Lead"], is_superuser="on")

    assert roles_of(owner) == ["Lead"]
