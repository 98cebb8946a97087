"""What a signature means to patients: it cannot be talked away, and nobody seems to have reviewed what nobody signed."""

import pytest
from pytest_django.asserts import assertNotContains

from education.models import Guide, NotPublishable
from tests.factories import a_guide, a_sign_off

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
