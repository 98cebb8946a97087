"""Numbers for leads: when requests come, how long patients wait, what becomes of them, which guides lead to them."""

import re
from datetime import datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from appointments import reports
from appointments.models import AppointmentRequest
from clinic.statistics import hours
from tests.factories import a_request, a_service, a_user

from .pages import DESK

STATISTICS = "/admin/statistics/"
NOW = datetime(2026, 11, 25, 16, 0)  # a Wednesday; the clinic is open on weekdays from 9 to 5


@pytest.fixture
def now(clinic, monkeypatch):
    moment = NOW.replace(tzinfo=timezone.get_default_timezone())
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


def received(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=timezone.get_default_timezone())


def stored(at, **facts):
    """A request that came at that moment, with what became of it."""
    row = a_request(created_at=at, service=facts.pop("service", None) or a_service())
    AppointmentRequest.objects.filter(pk=row.pk).update(
        promised_by=facts.pop("promised_by", at + timedelta(days=1)), **facts
    )
    return row


def closed(outcome):
    return {"status": "closed", "outcome": outcome, "closed_at": timezone.now(), "text_for_patient": "Words"}


def tables(page):
    """{heading: rows of the table behind the picture}"""
    found = {}
    for section in re.findall(r'<section class="card".*?</section>', page.content.decode(), re.S):
        heading = re.search(r"<h2[^>]*>([^<]*)</h2>", section)[1]
        rows = re.findall(r"<tr>(.*?)</tr>", section, re.S)
        found[heading] = [re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) for row in rows]
    return found


def test_requests_by_day_and_by_hour_on_the_clinics_clock(staff_client, now):
    for at in (received(23, 9, 5), received(23, 9, 55), received(24, 23, 30), received(25, 0, 10)):
        stored(at)

    page = staff_client.get(STATISTICS, {"days": 7})

    assertContains(page, "4 requests from November 19, 2026 until today.")
    shown = tables(page)
    by_day = {day: int(count) for day, count in shown["Requests by day"][1:]}
    assert by_day["Mon, Nov 23, 2026"] == 2
    assert (by_day["Tue, Nov 24, 2026"], by_day["Wed, Nov 25, 2026"]) == (1, 1)
    assert sum(by_day.values()) == 4 and len(by_day) == 7
    by_hour = {row[0]: row[1:] for row in shown["Requests by weekday and hour"]}
    assert by_hour["From"] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert by_hour["09:00"] == ["2", "0", "0", "0", "0", "0", "0"]
    assert by_hour["23:00"] == ["0", "1", "0", "0", "0", "0", "0"]
    assert by_hour["00:00"] == ["0", "0", "1", "0", "0", "0", "0"]
    assertContains(page, "Most come Mon 09:00: 2.")


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"])
def test_each_request_is_counted_on_its_own_day_in_every_zone(clinic, settings, zone):
    settings.TIME_ZONE = zone
    now = datetime(2026, 11, 25, 9, 44, tzinfo=timezone.get_default_timezone())
    span = reports.Span(90, now)
    moments = [now - timedelta(minutes=611 * number) for number in range(200)]
    for moment in moments:
        stored(moment)

    found = reports.arrivals(span)

    local = [moment.astimezone(span.zone) for moment in moments]
    assert {day: count for day, count in found.by_day.items() if count} == count_of(at.date() for at in local)
    assert found.by_hour == count_of((at.weekday(), at.hour) for at in local)
    assert found.total == 200 == sum(found.by_week().values())


def count_of(things):
    counted = {}
    for thing in things:
        counted[thing] = counted.get(thing, 0) + 1
    return counted


def test_the_time_to_the_first_call_counts_opening_hours_beside_the_promise(staff_client, now):
    slow = a_service("Slow", promise_hours=16)
    friday = received(20, 16)
    for hours_later in (0.5, 65, 66):  # half an hour; Monday 9:00 and 10:00
        stored(friday, first_attempt_at=friday + timedelta(hours=hours_later), promised_by=received(23, 16))
    stored(friday, service=slow, first_attempt_at=received(24, 12), promised_by=received(24, 9))

    page = staff_client.get(STATISTICS, {"days": 30})

    rows = {row[0]: row[1:] for row in tables(page)["Time to the first call"]}
    assert rows["Imaging"] == ["3", "1 h", "2 h", "8 h"]
    assert rows["Slow"] == ["1", "12 h", "12 h", "16 h"]
    assert rows["All"] == ["4", "1 h", "12 h", "8 h"]
    assertContains(page, "75 % of our promises kept:")
    assertContains(page, "3 called in time, 1 late or still waiting after it.")


def reaching(page):
    return {row[0]: row[1:] for row in tables(page)["Time until the patient was reached"]}


def test_the_time_until_the_patient_was_reached_stands_beside_that_to_the_first_call(staff_client, now):
    slow = a_service("Slow")
    friday = received(20, 16)
    for hours_later in (0.5, 65, 66):  # half an hour; Monday 9:00 and 10:00
        stored(
            friday, first_attempt_at=friday + timedelta(minutes=30), contacted_at=friday + timedelta(hours=hours_later)
        )
    stored(friday, first_attempt_at=friday + timedelta(minutes=30), **closed("unreachable"))
    stored(friday, service=slow, status="contacting", first_attempt_at=received(23, 9))
    stored(friday, service=a_service("Nobody called"))

    page = staff_client.get(STATISTICS, {"days": 30})

    rows = reaching(page)
    assert rows["Imaging"] == ["3 of 4", "1 h", "2 h", "25 %"]
    assert rows["Slow"] == ["0 of 1", "–", "–", "–"]  # somebody still tries
    assert rows["All"] == ["3 of 5", "1 h", "2 h", "25 %"]
    assert "Nobody called" not in rows
    assertContains(page, "25 % never reached:")
    assertContains(page, "3 reached, 1 not and nobody tries any more.")
    assertContains(page, "heard from us within 1 h, nine of ten within 2 h.")
    first = {row[0]: row[1:] for row in tables(page)["Time to the first call"]}
    assert first["All"] == ["5", "30 min", "1 h", "8 h"]  # what the promise counts


def test_steps_as_staff_take_them_are_counted_as_reached(staff_client, staff, clinic):
    reached, missed, twice = a_request(), a_request(), a_request()
    reached.record_attempt(by=staff, channel="phone", outcome="no_answer")
    reached.record_attempt(by=staff, channel="phone", outcome="reached")
    missed.record_attempt(by=staff, channel="phone", outcome="busy")
    missed.withdraw(by=staff)
    twice.record_attempt(by=staff, channel="phone", outcome="busy")
    twice.mark_duplicate(by=staff, of=reached)

    found = reports.first_contact(reports.Span.of(7))

    assert (found.reached, found.never, found.share_never) == (1, 1, 50)
    assert (found.reaching[0].called, found.reaching[0].reached, found.reaching[0].never) == (3, 1, 1)


def test_until_somebody_was_reached_or_given_up_that_is_said(staff_client, now):
    stored(received(23, 9), status="contacting", first_attempt_at=received(23, 10))

    page = staff_client.get(STATISTICS)

    assertContains(page, "Nobody has been reached yet, and nobody was given up.")
    assert reaching(page)["All"] == ["0 of 1", "–", "–", "–"]


def test_the_wait_of_a_request_that_was_opened_again_counts_from_then(staff_client, now):
    stored(
        received(16, 9), reopened_at=received(25, 9), first_attempt_at=received(25, 11), promised_by=received(25, 17)
    )

    page = staff_client.get(STATISTICS, {"days": 30})

    assert {row[0]: row[1:] for row in tables(page)["Time to the first call"]}["All"] == ["1", "2 h", "2 h", "8 h"]
    assertContains(page, "opened again, from then on")


def test_a_promise_that_ran_out_without_a_call_is_not_kept_and_one_that_runs_is_not_judged(staff_client, now):
    stored(received(23, 9), promised_by=received(24, 9))
    page = staff_client.get(STATISTICS)
    assertContains(page, "0 % of our promises kept:")
    assertContains(page, "Nobody has been called yet.")

    AppointmentRequest.objects.update(promised_by=now + timedelta(hours=1))
    page = staff_client.get(STATISTICS)
    assertContains(page, "No promise has run out yet.")
    assertContains(page, "For 1 the promise still runs.")


def test_of_very_many_every_so_manieth_is_worked_out_and_that_is_said(staff_client, now, monkeypatch):
    monkeypatch.setattr(reports, "WORKED_OUT_AT_MOST", 4)
    for _ in range(12):
        stored(received(23, 9), first_attempt_at=received(23, 10), contacted_at=received(23, 11))

    page = staff_client.get(STATISTICS)

    assertContains(page, "worked out from one request in 3", count=2)
    assert reaching(page)["All"] == ["4 of 4", "2 h", "2 h", "0 %"]
    assertContains(page, "12 reached, 0 not")
    assert {row[0]: row[1:] for row in tables(page)["Time to the first call"]}["All"] == ["4", "1 h", "1 h", "8 h"]
    assertContains(page, "12 called in time")


@pytest.mark.parametrize(("percent", "expected"), [(50, 5), (90, 9), (100, 10), (1, 1)])
def test_percentiles_are_values_that_occurred(percent, expected):
    assert reports.percentile(list(range(1, 11)), percent) == expected
    assert reports.percentile([7], percent) == 7
    assert reports.percentile([], percent) is None


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "0 min"), (59, "59 min"), (60, "1 h"), (200, "3 h 20 min"), (59.9, "1 h")]
)
def test_opening_time_in_few_words(minutes, words):
    assert hours(timedelta(minutes=minutes)) == words


def test_what_became_of_them_adds_up_without_spam(staff_client, staff, now):
    start = now + timedelta(days=1)
    stored(received(23, 9), status="booked", start=start, end=start + timedelta(hours=1))
    for outcome in ("declined", "withdrawn", "withdrawn", "spam"):
        stored(received(23, 9), **closed(outcome))
    stored(received(23, 9), suspected_spam=True)
    stored(received(23, 9))

    page = staff_client.get(STATISTICS)

    counted = {label: int(count) for label, count in tables(page)["What became of them"][1:]}
    assert {label: count for label, count in counted.items() if count} == {
        "Booked": 1,
        "Declined": 1,
        "Withdrawn by the patient": 2,
        "New": 1,
    }
    assertContains(page, "5 requests from")


def test_the_guides_that_lead_to_requests(staff_client, now):
    for slug, times in (("barium", 3), ("x-ray", 1), ("", 2)):
        for _ in range(times):
            stored(received(23, 9), guide_slug=slug, guide_title=slug.title())
    over = {"start": received(24, 9), "end": received(24, 10)}
    x_ray = AppointmentRequest.objects.filter(guide_slug="x-ray")
    x_ray.update(**{**closed("fulfilled"), **over})

    page = staff_client.get(STATISTICS)

    assert tables(page)["Which guides lead to requests"][1:] == [
        ["Barium", "3", "0"],
        ["X-Ray", "1", "1"],
        ["No guide", "2", ""],
    ]
    assertContains(page, "4 of 6 came from a guide.")


def test_more_guides_than_fit_are_counted_together(staff_client, now):
    for number in range(12):
        stored(received(23, 9), guide_slug=f"guide-{number}", guide_title="A title " * 12)

    page = staff_client.get(STATISTICS)

    assert tables(page)["Which guides lead to requests"][-1] == ["Other guides", "2", ""]
    assert len(tables(page)["Which guides lead to requests"]) == 12


@pytest.mark.parametrize("days", [7, 30, 90, 365])
def test_each_picture_is_named_described_and_has_its_table(staff_client, now, days):
    for day in (20, 23, 24, 25):
        stored(received(day, 10), first_attempt_at=received(day, 12), guide_slug="x", guide_title='"<X> & rays"')

    page = staff_client.get(STATISTICS, {"days": days}).content.decode()

    pictures = re.findall(r"<svg class=\"chart\".*?</svg>", page, re.S)
    assert len(pictures) == 5
    assert page.count("<summary>As a table</summary>") == 6, "of who was reached there is a table alone"
    for picture in pictures:
        svg = ElementTree.fromstring(picture)
        assert svg.get("role") == "img"
        named = svg.get("aria-labelledby").split()
        assert [svg.find("title").get("id"), svg.find("desc").get("id")] == named
        assert svg.find("title").text and svg.find("desc").text
        _, _, width, height = map(int, svg.get("viewBox").split())
        for rect in svg.iter("rect"):
            x, y, wide, high = (int(rect.get(name)) for name in ("x", "y", "width", "height"))
            assert 0 <= x <= x + wide <= width and 0 <= y <= y + high <= height
    assert not re.search(r"<[^>]+\sstyle=", page)


def test_a_span_of_a_year_shows_weeks(staff_client, now):
    stored(received(23, 9))

    page = staff_client.get(STATISTICS, {"days": 365})

    weeks = tables(page)["Requests by week"][1:]
    assert 52 <= len(weeks) <= 54
    assert weeks[-1] == ["Mon, Nov 23, 2026", "1"]


def test_no_request_is_said(staff_client, now):
    assertContains(staff_client.get(STATISTICS), "No request came in this time.")


def test_who_may_see_it(client, staff_client, now):
    triager = a_user(superuser=False)
    triager.user_permissions.add(Permission.objects.get(codename="triage_appointmentrequest"))
    client.force_login(triager)
    assert client.get(STATISTICS).status_code == 403
    assertNotContains(client.get(DESK), STATISTICS)

    triager.user_permissions.add(Permission.objects.get(codename="view_statistics"))
    assert client.get(STATISTICS).status_code == 200
    assertContains(client.get(DESK), STATISTICS)


@pytest.mark.parametrize("days", ["", "x", "8", "-7", "9" * 40, "\x00", "7.0"])
def test_a_span_that_is_not_offered_is_refused(staff_client, now, days):
    assert staff_client.get(STATISTICS, {"days": days}).status_code == 400


def test_it_asks_the_same_few_queries_for_many_requests(staff_client, now):
    def price():
        with CaptureQueriesContext(connection) as asked:
            staff_client.get(STATISTICS)
        return len(asked)

    stored(received(23, 9), first_attempt_at=received(23, 10))
    before = price()
    for number in range(20):
        stored(
            received(23, 9),
            first_attempt_at=received(23, 10),
            service=a_service(f"Service {number}"),
            guide_slug=f"g{number}",
        )

    assert price() == before <= 14
