"""What the desk sends: valid HTML, and forms that only our own pages can post."""

import re

import html5lib
import pytest
from django.test import Client

from tests.factories import a_recipient, a_request

from .pages import DESK, EXPORT, LIST, SEARCH, action, detail, same, step, take


@pytest.fixture
def desk(clinic):
    a_recipient()
    return a_request(email="pat@example.org", message="Words\n<b>more</b>", guide_title="A guide")


def check(response):
    page = response.content.decode()
    html5lib.HTMLParser(strict=True).parse(page)
    ids = re.findall(r'\sid="([^"]*)"', page)
    assert len(ids) == len(set(ids)), {one for one in ids if ids.count(one) > 1}
    assert not re.search(r'\s(style|on\w+)="', page)
    assert "<style" not in page and not re.search(r"<script>|javascript:", page)


def test_pages_are_valid_and_hold_no_inline_script_or_style(staff_client, staff, desk):
    for address in (DESK, LIST, EXPORT, detail(desk), "/admin/mail/", "/admin/clinic/clinicprofile/1/change/"):
        check(staff_client.get(address))
    check(staff_client.post(SEARCH, {"q": "pat"}))
    check(staff_client.post(EXPORT, {"first": "soon"}))
    check(take(staff_client, desk, "attempt"))
    check(take(staff_client, desk, "waitlist", version=99))
    other = a_request(email="pat@example.org", message="Other words")
    check(staff_client.get(same(desk, other)))
    other.mark_duplicate(by=staff, of=desk, merge=True)
    desk.refresh_from_db()
    desk.waitlist(by=staff)
    check(staff_client.get(detail(desk)))
    check(staff_client.get(same(desk, other)))
    desk.mark_spam(by=staff)
    check(staff_client.get(detail(desk)))
    check(take(staff_client, desk, "await", text_for_patient="Words"))


def test_a_form_of_another_site_changes_nothing(staff, desk):
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff)
    other = a_request()
    delivery = desk.deliveries.to_staff().get()

    for address in (
        action(desk, "claim"),
        action(desk, "release"),
        step(desk, "spam"),
        step(desk, "undo"),
        step(desk, "snooze"),
        action(desk, "here"),
        same(desk, other),
        SEARCH,
        f"/admin/appointments/delivery/{delivery.pk}/dismiss/",
        f"/admin/appointments/delivery/{delivery.pk}/send-again/",
    ):
        assert client.post(address, {"q": "pat", "version": desk.version}).status_code == 403
    desk.refresh_from_db()
    assert (desk.status, desk.assigned_to) == ("new", None)
