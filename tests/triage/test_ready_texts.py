"""Ready-made texts: kept by the clinic, put into a field by a select, without JavaScript by the server."""

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from appointments.models import ReadyText
from tests.factories import a_request

from .pages import detail, take

TEXTS = reverse("admin:appointments_readytext_changelist")


@pytest.fixture
def appointment_request(clinic):
    return a_request()


def a_ready_text(text="Left <no> message.", use="note"):
    return ReadyText.objects.create(use=use, title="A title", text=text)


def test_staff_keep_them_in_the_admin(staff_client, appointment_request):
    typed = {"use": "note", "title": "Calls back", "text": "Will call us back.", "position": "3"}
    assert staff_client.post(f"{TEXTS}add/", typed).status_code == 302

    assertContains(staff_client.get(TEXTS), "Will call us back.")
    assertContains(staff_client.get(detail(appointment_request)), "Calls back")


def test_each_field_is_offered_its_own(staff_client, appointment_request):
    note, answer = a_ready_text(), a_ready_text("Please ask elsewhere.", use="patient")

    page = staff_client.get(detail(appointment_request)).content.decode()

    for slug, own, other in (("note", note, answer), ("attempt", note, answer), ("decline", answer, note)):
        form = page[page.index(f'id="form-{slug}"') :]
        form = form[: form.index("</form>")]
        assert f'<option value="{own.pk}"' in form
        assert f'<option value="{other.pk}"' not in form


@pytest.mark.parametrize(
    ("slug", "typed"),
    [
        ("note", {"text": "My own words"}),
        ("attempt", {"channel": "phone", "outcome": "busy", "note": "My own words"}),
    ],
)
def test_the_words_come_behind_what_was_typed_and_nothing_is_saved(staff_client, appointment_request, slug, typed):
    ready_text = a_ready_text()

    page = take(staff_client, appointment_request, slug, ready=ready_text.pk, insert="1", **typed)

    assertContains(page, "My own words\nLeft &lt;no&gt; message.</textarea>")
    assertNotContains(page, "was not saved")
    assertNotContains(page, "<title>Error")
    assert f'id="step-{slug}" open' in page.content.decode()
    assert not appointment_request.notes.exists() and not appointment_request.attempts.exists()


def test_what_else_was_typed_stays(staff_client, appointment_request):
    ready_text = a_ready_text("Please ask elsewhere.", use="patient")

    page = take(
        staff_client, appointment_request, "decline", version=7, reason="Too far", ready=ready_text.pk, insert="1"
    )

    assertContains(page, "Too far</textarea>")
    assertContains(page, "Please ask elsewhere.</textarea>")
    assertContains(page, 'name="version" value="7"')  # as the page was that it was typed into


@pytest.mark.parametrize("chosen", ["", "0", "x", "99999999999999999999", "²"])
def test_nothing_chosen_changes_nothing(staff_client, appointment_request, chosen):
    page = take(staff_client, appointment_request, "note", text="My words", ready=chosen, insert="1")

    assertContains(page, "My words</textarea>")


def test_one_of_another_kind_is_not_put_in(staff_client, appointment_request):
    answer = a_ready_text("Please ask elsewhere.", use="patient")

    page = take(staff_client, appointment_request, "note", text="My words", ready=answer.pk, insert="1")

    assertContains(page, "My words</textarea>")
