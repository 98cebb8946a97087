"""One form, sent many times at once, is one request; one form with other words is another, and swallows nobody."""

import pytest
from django.db.models import Count

from appointments.models import AppointmentRequest, StatusChange

from . import size
from .conftest import Browser

URL = "/request/"
AT_ONCE = 50
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def patients(form_page, settings):
    """Browsers that have opened the form, each with what it would send."""
    settings.REQUESTS_PER_HOUR_REFUSED = 1_000_000  # they all come from one address

    def opened(number):
        browsers = [Browser(csrf=True, raise_request_exception=False) for _ in range(number)]
        return [(browser, form_page(browser, name=f"Patient {at}")) for at, browser in enumerate(browsers)]

    return opened


def send(form):
    browser, answers = form
    return browser.post(URL, answers)


def assert_each_is_whole():
    """Stored with its first step in the history, and with a delivery for each recipient unless it looks like spam."""
    deliveries = dict(AppointmentRequest.objects.annotate(told=Count("deliveries")).values_list("pk", "told"))
    suspected = AppointmentRequest.objects.filter(suspected_spam=True).values_list("pk", flat=True)
    assert set(deliveries.values()) <= {0, 2}
    assert {pk for pk, told in deliveries.items() if told == 0} <= set(suspected)
    assert StatusChange.objects.count() == len(deliveries)


def test_each_token_is_one_request_however_often_it_is_posted_at_once(patients, at_once):
    for patient in patients(size(2, 200)):
        answers = at_once(send, [patient] * AT_ONCE)
        assert {(answer.status_code, answer.url) for answer in answers} == {(303, answers[0].url)}

    assert AppointmentRequest.objects.count() == size(2, 200)
    assert_each_is_whole()


def test_a_token_with_other_words_is_another_request(patients, at_once):
    """As when a shared cache hands one form page to two patients, who send it at the same moment."""
    pages = patients(size(12, 1000))
    forms = [(browser, {**answers, "name": name}) for browser, answers in pages for name in ("First", "Second")]
    together = 40

    answers = [
        answer for start in range(0, len(forms), together) for answer in at_once(send, forms[start : start + together])
    ]

    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.url for answer in answers}) == len(forms)
    assert AppointmentRequest.objects.filter(name="First").count() == len(pages)
    assert AppointmentRequest.objects.filter(name="Second").count() == len(pages)
    assert AppointmentRequest.objects.values("form_token").distinct().count() == len(pages)
    assert_each_is_whole()
