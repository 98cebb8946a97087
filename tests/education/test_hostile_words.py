"""The 500 payloads as words about a guide: what a reviewer comments and what a reader says of a page is text, on every page."""

import pytest
from django.urls import reverse
from django.utils.html import escape

from education.models import Feedback
from tests.factories import a_guide, a_published_guide

from .payloads import PAYLOADS

AT_ONCE = 5  # payloads in one comment


def assert_text(page, payloads):
    """Each stands on the page with its signs written out, and none as it is."""
    for payload in payloads:
        assert payload not in page, payload
        assert escape(payload.split("\n")[0].strip()[:12]) in page, payload


@pytest.fixture
def payloads():
    return [" ".join(payload.replace("\x01", "").split()) for payload in PAYLOADS]


def test_what_reviewers_comment_runs_nowhere(staff_client, clinic, payloads):
    guide = a_guide()
    review = reverse("admin:education_guide_review", args=[guide.pk])
    texts = [" ".join(payloads[at : at + AT_ONCE]) for at in range(0, len(payloads), AT_ONCE)]
    for number, text in enumerate(texts):
        place = guide.sections.get().pk if number % 2 else ""
        assert staff_client.post(review, {"comment_on_it": "yes", "place": place, "text": text}).status_code == 303

    assert guide.review_comments.count() == len(texts)
    for address in (review, reverse("admin:education_guide_change", args=[guide.pk])):
        assert_text(staff_client.get(address).text, payloads)


def test_what_readers_say_of_a_page_runs_nowhere(staff_client, client, clinic, payloads):
    guide = a_published_guide("A guide")
    address = reverse("education:clear", args=[guide.slug])
    for number, payload in enumerate(payloads[::10]):
        ours = {"headers": {"Sec-Fetch-Site": "same-origin"}, "REMOTE_ADDR": f"10.{number}.0.1"}
        ours |= {"content_type": "application/x-www-form-urlencoded"}
        told = client.post(address, "clear=no", **ours)
        client.post(told["Location"], f"words={payload.replace('%', '').replace('&', '').replace('+', '')}", **ours)

    said = list(Feedback.objects.exclude(words="").values_list("words", flat=True))
    assert len(said) > 40
    page = staff_client.get("/admin/education/feedback/").text
    for words in said:
        assert words not in page or "<" not in words
