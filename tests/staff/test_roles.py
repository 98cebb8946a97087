"""The seven roles are there after each `migrate`, as clinic/staff/roles.py says."""

import pytest
from django.contrib.auth.models import Group, Permission

from clinic.staff import roles

pytestmark = pytest.mark.django_db


def names(group):
    pairs = group.permissions.values_list("content_type__app_label", "codename")
    return {f"{label}.{codename}" for label, codename in pairs}


def test_each_role_has_what_is_written_and_every_name_exists():
    for role, written in roles.ROLES.items():
        assert names(Group.objects.get(name=role)) == set(written), role


def test_keeping_them_twice_changes_nothing_and_mends_what_was_changed():
    triage = Group.objects.get(name="Triage")
    triage.permissions.set(Permission.objects.filter(codename="delete_user"))
    Group.objects.get(name="Lead").delete()
    own = Group.objects.create(name="Trainees")
    own.permissions.set(Permission.objects.filter(codename="view_topic"))

    roles.keep()
    roles.keep()

    assert names(triage) == set(roles.TRIAGE)
    assert names(Group.objects.get(name="Lead")) == set(roles.ROLES["Lead"])
    assert names(own) == {"education.view_topic"}


def test_nobody_but_a_superuser_holds_what_would_make_more_of_oneself():
    for role, written in roles.ROLES.items():
        assert not {"auth.add_group", "auth.change_group", "auth.delete_user", "auth.change_permission"} & set(
            written
        ), role
