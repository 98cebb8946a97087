"""What an editor typed is not lost when the sign-in has ended meanwhile."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains

from education.models import Guide
from tests.factories import a_guide

from .test_editor_desk import change, post_of

OURS = {"Origin": "http://testserver"}


@pytest.fixture
def strict(staff):
    """A browser whose tokens are checked."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff)
    return client


def token_in(response):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', response.text)[1]


def sent_again(response):
    """The hidden fields of the page, as its button sends them."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', response.text))


def test_who_was_signed_out_saves_after_signing_in_again(strict, staff, clinic):
    guide = a_guide("Backs")
    page = strict.get(change(guide))
    post = post_of(guide, title="Backs, written with care") | {"csrfmiddlewaretoken": token_in(page)}
    Session.objects.all().delete()

    kept = strict.post(change(guide), post, headers=OURS)
    assertContains(kept, "You have been signed out. Nothing is lost", status_code=403)
    assertContains(kept, "Backs, written with care", status_code=403)
    assert Guide.objects.get().title == "Backs"

    strict.force_login(staff)
    strict.cookies["csrf"] = "a" * 32  # each sign-in gives a new one
    again = strict.post(change(guide), sent_again(kept), headers=OURS)
    assertContains(again, "press the button once more", status_code=403)
    assert strict.post(change(guide), sent_again(again), headers=OURS).status_code == 302
    assert Guide.objects.get().title == "Backs, written with care"


def test_a_page_elsewhere_gets_nothing_kept(strict, clinic):
    guide = a_guide("Backs")

    for origin in ("https://elsewhere.example", "null"):
        answer = strict.post(change(guide), post_of(guide, title="Forged"), headers={"Origin": origin})
        assertNotContains(answer, "Forged", status_code=403)
    assert Guide.objects.get().title == "Backs"


def test_only_guides_are_kept(client, clinic):
    answer = client.post("/admin/auth/user/add/", {"username": "ana", "password1": "a secret that is long"})

    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]


def test_markup_that_was_typed_stands_on_that_page_as_text(client, clinic):
    guide = a_guide("Backs")

    answer = client.post(change(guide), post_of(guide, title='"><script>alert(1)</script>'))

    assertNotContains(answer, "<script>alert(1)", status_code=403)
    assertContains(answer, "&quot;&gt;&lt;script&gt;alert(1)", status_code=403)


def test_whether_saving_would_succeed_can_be_asked(staff_client, client, clinic):
    address = "/admin/education/guide/still-here/"
    assert len(staff_client.get(address).json()["token"]) > 30

    client.logout()

    assert client.get(address).status_code == 302
