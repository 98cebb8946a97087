"""A form that a page elsewhere sends, and one of ours whose token is gone, as a real browser tells them apart."""

import pytest
from playwright.sync_api import expect

from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)  # the pages are asked for by name, too late to say so

ELSEWHERE = """
<form method="post" action="{site}/request/"><input name="message" value="You owe us money"><button>On</button></form>
"""


@pytest.fixture(params=["page", "no_js_page"])
def patient(clinic, request):
    factories.a_service("Imaging")
    return request.getfixturevalue(request.param)


def test_what_another_page_sends_in_a_visitors_name_is_not_shown_as_theirs(patient, live_server, faults):
    patient.set_content(ELSEWHERE.format(site=live_server.url))
    patient.get_by_role("button", name="On").click()

    expect(patient.get_by_role("heading", level=1)).to_have_text("Please send that once more")
    assert "You owe us" not in patient.content()
    assert patient.get_by_role("link", name="(212) 555-0142").first.is_visible()
    faults.clear()  # 403


def test_what_was_typed_is_kept_when_the_cookie_is_gone(patient, faults):
    patient.goto("/request/")
    patient.get_by_label("Imaging").check()
    patient.get_by_label("Anything you").fill("My own words")
    patient.context.clear_cookies()
    patient.get_by_role("button", name="Check my answers").click()

    expect(patient.get_by_role("heading", name="What you wrote")).to_be_visible()
    expect(patient.get_by_text("My own words")).to_be_visible()
    faults.clear()  # 403

    patient.get_by_role("button", name="Send it again").click()
    expect(patient.get_by_label("Anything you")).to_have_value("My own words")
    faults.clear()  # what else was left out is asked for
