"""What a signature means to patients: it cannot be talked away, and nobody seems to have reviewed what nobody signed."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from education import leaflet, locks
from education.models import Guide, NotPublishable, NotSignable
from education.models.related import choose
from tests.factories import a_guide, a_picture, a_published_guide, a_sign_off, a_user

from .test_editor_desk import change, post_of

pytestmark = pytest.mark.django_db


# A sample --------------------------------------------------------------------------------------------------------------


def test_a_signed_text_that_is_called_a_sample_again_still_needs_its_signature(clinic):
    guide = a_guide(is_sample=True)
    a_sign_off(guide)
    Guide.objects.filter(pk=guide.pk).update(is_sample=True, summary="Changed after the signature.")
    guide = Guide.objects.get()

    with pytest.raises(NotPublishable, match="changed after a clinician signed it"):
        guide.publish(by=None)


def test_a_form_from_before_the_signature_does_not_make_it_a_sample_again(staff_client, clinic):
    guide = a_guide(is_sample=True)
    from_before = post_of(guide, summary="Changed after the signature.", is_sample="on")
    a_sign_off(guide)

    staff_client.post(change(guide), {**from_before, "_publish": "1"})

    guide.refresh_from_db()
    assert guide.summary == "Changed after the signature."
    assert not guide.is_sample
    assert not guide.is_live
    assertNotContains(staff_client.get(change(guide)), 'name="is_sample"')


# Who has reviewed it ---------------------------------------------------------------------------------------------------

TYPED = {"reviewed_by": "Dr. Typed", "last_reviewed": date(2026, 1, 2), "next_review": date(2027, 1, 2)}


def test_a_name_that_was_typed_or_imported_is_shown_as_nobodys_review(client, clinic):
    guide = a_published_guide("Back pain", **TYPED)

    leaflet_of_it = leaflet.as_html(guide.live_revision, "https://clinic.example.org/", clinic)
    for shown in (client.get(guide.get_absolute_url()).text, leaflet_of_it):
        assert "Not yet reviewed by a clinician" in shown
        for trace in ("Dr. Typed", "January 2, 202", "lastReviewed", "Next review due"):
            assert trace not in shown


def test_a_signature_is_shown_with_its_name_and_its_dates(client, clinic):
    guide = a_guide("Back pain", is_sample=False, **TYPED)
    signed = a_sign_off(guide)
    Guide.objects.update(reviewed_by="Typed over it")  # by a shell

    assert Guide.objects.get().publish(by=None).sign_off == signed

    page = client.get(guide.get_absolute_url())
    assertContains(page, "Reviewed by Dr. Ada Lind, radiologist on")
    assertContains(page, "Next review due")
    assertNotContains(page, "Typed over it")


def test_what_was_scheduled_before_it_was_signed_goes_live_with_the_signature(client, clinic):
    guide = a_guide("Back pain", is_sample=True)
    step = guide.schedule("publish", at=timezone.now() + timedelta(hours=1), by=None)
    signed = a_sign_off(guide)

    assert step.carry_out()

    live = Guide.objects.get().live_revision
    due = signed.next_review.isoformat()
    assert live.review == {"by": signed.signer, "on": signed.reviewed_on.isoformat(), "due": due}
    assert not live.data["is_sample"]
    assert Guide.objects.get().state == Guide.State.LIVE


@pytest.mark.django_db(transaction=True)
def test_texts_that_were_published_under_a_signature_before_keep_their_reviewer(clinic):
    signed, typed = a_guide("Signed", is_sample=False), a_published_guide("Typed", **TYPED)
    choose(signed, [typed])
    a_sign_off(signed)
    signed.publish(by=None)
    call_command("migrate", "education", "0013_brought_pictures", verbosity=0)

    call_command("migrate", verbosity=0)

    assert Guide.objects.get(title="Signed").live_revision.review["by"] == "Dr. Ada Lind, radiologist"
    assert Guide.objects.get(title="Typed").live_revision.review is None
    assert locks.is_locked(connection)


# Whoever changes what a picture says ------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["alt", "caption"])
def test_who_changes_what_a_picture_says_cannot_sign_the_guides_that_show_it(client, clinic, field):
    picture, person, colleague = a_picture(caption="Old"), a_user(), a_user()
    guide = a_guide(is_sample=False, sections=[{"heading": "One", "picture": picture}])
    other = a_guide(is_sample=False)
    client.force_login(person)
    words = {"title": picture.title, "alt": picture.alt, "caption": picture.caption, "credit": ""}

    client.post(reverse("admin:education_picture_change", args=[picture.pk]), {**words, "credit": "A photographer"})
    assert not guide.is_author(person)  # who took it is no clinician's business
    client.post(
        reverse("admin:education_picture_change", args=[picture.pk]), {**words, field: "Not this side: the other."}
    )

    with pytest.raises(NotSignable, match="You have written in this text"):
        a_sign_off(guide, by=person)
    assert a_sign_off(other, by=person)
    assert a_sign_off(guide, by=colleague)
