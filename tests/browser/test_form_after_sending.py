"""A computer that others use too: after the form was sent, Back shows it empty."""

import pytest

from appointments import forms
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)  # the pages are asked for by name, too late to say so


@pytest.fixture
def services(clinic):
    factories.a_service("Imaging")


def send(page):
    page.goto("/request/")
    page.get_by_label("Imaging").check()
    page.get_by_label("I have not been").check()
    page.get_by_label("What name").fill("Pat Sample")
    page.get_by_label("Phone number").fill("212-555-0142")
    page.get_by_label("Anything you").fill("My words")
    page.get_by_label("The clinic may store").check()
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/request/sent/**")


def typed_after_back(page):
    page.go_back()
    page.wait_for_timeout(500)  # browsers fill in after the page has loaded
    assert page.url.endswith("/request/")
    return [page.locator(f"[name={name}]").input_value() for name in ("name", "phone", "message")] + [
        page.locator("[name=service]").is_checked()
    ]


@pytest.mark.parametrize("kind", ["page", "no_js_page"])
def test_back_after_sending_shows_an_empty_form(services, request, kind):
    page = request.getfixturevalue(kind)
    send(page)

    assert typed_after_back(page) == ["", "", "", False]


def test_twin_a_form_that_always_looks_the_same_is_filled_in_again(services, page, monkeypatch):
    monkeypatch.setattr(forms, "name_of_this_page", lambda: "page")
    send(page)

    assert "Pat Sample" in typed_after_back(page)
