"""The page for the data-protection file says what the code does."""

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from appointments import retention
from clinic import data_map
from tests import factories

pytestmark = pytest.mark.once


def test_every_table_and_field_has_been_thought_of():
    assert list(data_map.not_thought_of()) == []


def test_twin_a_table_or_a_field_without_a_line_is_found(monkeypatch):
    monkeypatch.setattr(data_map, "HELD", {k: v for k, v in data_map.HELD.items() if k != "appointments.Note"})
    monkeypatch.setitem(data_map.OF_WORK, "education.Feedback", "revision clear section")

    assert list(data_map.not_thought_of()) == ["appointments.Note", "education.Feedback.day"]
    with pytest.raises(CommandError, match=r"says nothing of: appointments\.Note"):
        call_command("data_protection")


def test_the_page_in_the_docs_is_what_the_code_says(capsys):
    call_command("data_protection", check=True)


def test_twin_a_page_that_is_not_is_told(monkeypatch, settings):
    settings.KEEP_PERSON_DAYS = 91

    with pytest.raises(CommandError, match=r"not what the code says.*--write"):
        call_command("data_protection", check=True)


def test_a_clinic_s_own_days_stand_on_its_own_page(settings, tmp_path):
    settings.KEEP_WORDS_DAYS, settings.KEEP_PERSON_DAYS = 17, 71

    call_command("data_protection", write=tmp_path / "ours.md")

    text = (tmp_path / "ours.md").read_text()
    assert "17 days after the request was closed" in text and "71 days after the request was closed" in text
    assert text.count("☐ Fill in") >= 12


@pytest.mark.django_db
def test_the_roles_that_are_named_are_those_who_may(db):
    """A permission that is misspelt would name superusers alone."""
    known = {f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related("content_type")}
    named = {line.seen_by for lines in data_map.HELD.values() for line in lines} - {
        "",
        "everybody",
        "whoever may see the row",
    }

    assert named <= known
    assert data_map.who_sees("appointments.view_accessevent") == "Auditor, superusers"


def fields_that(*marks):
    """Of a request: those that the page says go after such days."""
    lines = data_map.HELD["appointments.AppointmentRequest"]
    return {name for line in lines for name in line.fields.split() if any(mark in line.how_long for mark in marks)}


@pytest.mark.django_db
def test_what_goes_by_age_is_what_the_page_says(clinic):
    """Each field of a closed request is filled, then both removals run: what they change is what stands there."""
    colleague = factories.a_user()
    full = factories.a_request(
        language="Spanish",
        needs_interpreter=True,
        voicemail_ok=True,
        preferred_days=["2026-12-01"],
        access_needs="A ramp",
        message="My knee",
        email="pat@example.org",
        guide_slug="knee",
        guide_title="Your knee",
        guide_revision=1,
    )
    type(full).objects.filter(pk=full.pk).update(
        place="Room 2",
        text_for_patient="Come early.",
        spam_reasons=["busy"],
        assigned_to=colleague,
        claimed_until=now(),
    )

    def changed_by(removal):
        before = type(full).objects.filter(pk=full.pk).values().get()
        removal([full.pk])
        after = type(full).objects.filter(pk=full.pk).values().get()
        names = {name.removesuffix("_id") for name in before if before[name] != after[name]}
        return names - set(data_map.OF_WORK["appointments.AppointmentRequest"].split())

    assert changed_by(retention.blank) == fields_that("KEEP_WORDS_DAYS")
    assert changed_by(retention.anonymize) == fields_that("KEEP_PERSON_DAYS")
