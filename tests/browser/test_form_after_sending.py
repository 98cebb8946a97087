"""Back and Change: nothing is lost before the form is sent, and nothing is shown to the next person after it."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error, expect

from appointments import views
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)  # the pages are asked for by name, too late to say so


@pytest.fixture
def services(clinic):
    factories.a_service("Imaging")


def write(page):
    page.goto("/request/")
    page.get_by_label("Imaging").check()
    page.get_by_label("I have not been").check()
    page.get_by_label("What name").fill("Pat Sample")
    page.get_by_label("Phone number").fill("212-555-0142")
    page.get_by_label("Anything you").fill("My words")
    page.get_by_label("The clinic may store").check()
    page.get_by_role("button", name="Check my answers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")


def send(page):
    write(page)
    page.get_by_role("button", name="Send my request").click()
    page.wait_for_url("**/request/sent/**")


def typed(page):
    page.wait_for_timeout(500)  # browsers fill in after the page has loaded
    assert page.url.endswith("/request/")
    return [page.locator(f"[name={name}]").input_value() for name in ("name", "phone", "message")] + [
        page.locator("[name=service]").is_checked()
    ]


def typed_after_back_twice(page):
    """Between receipt and form lies the page to check the answers, which browsers ask before they show again."""
    page.evaluate("history.go(-2)")
    page.wait_for_url("**/request/")
    return typed(page)


KEPT = ["Pat Sample", "212-555-0142", "", True]  # browsers do not keep what the patient told us: it says so


@pytest.fixture(params=["page", "no_js_page"])
def patient(services, request):
    return request.getfixturevalue(request.param)


def test_back_from_the_answers_keeps_what_was_written(patient):
    write(patient)

    patient.go_back()

    assert typed(patient) == KEPT


def test_back_after_sending_shows_an_empty_form(patient):
    send(patient)

    assert typed_after_back_twice(patient) == ["", "", "", False]


def test_twin_a_form_that_always_looks_the_same_is_filled_in_again(services, page, monkeypatch):
    monkeypatch.setattr(views, "name_of_page", lambda sent_before: "page")
    send(page)

    assert typed_after_back_twice(page) == KEPT


def test_the_answers_do_not_come_back_after_sending(patient, faults):
    """The browser asks whether to send the form again; who says yes lands on the receipt."""
    send(patient)
    receipt = patient.url

    with suppress(Error):  # ERR_CACHE_MISS: the page that asks
        patient.go_back()
    patient.wait_for_timeout(500)
    assert "My words" not in patient.content()

    patient.reload()
    patient.wait_for_url("**/request/sent/**")
    assert patient.url == receipt
    faults.clear()


def test_change_leads_to_the_question_with_everything_kept(patient):
    write(patient)

    patient.get_by_role("button", name=re.compile("Change.*Phone number")).click()

    assert patient.url.endswith("/request/#id_phone")
    expect(patient.get_by_label("Phone number")).to_be_in_viewport()
    expect(patient.get_by_label("Phone number")).to_have_value("212-555-0142")
    expect(patient.get_by_label("Anything you")).to_have_value("My words")
    patient.get_by_label("Phone number").fill("212-555-0143")
    patient.get_by_role("button", name="Check my answers").click()
    expect(patient.get_by_text("(212) 555-0143")).to_be_visible()
    patient.get_by_role("button", name="Send my request").click()
    patient.wait_for_url("**/request/sent/**")
