"""The calendar file of an appointment, read back by a parser."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from icalendar import Calendar

from tests import factories

NOON_UTC = datetime.combine(timezone.localdate() + timedelta(days=200), datetime.min.time(), UTC) + timedelta(hours=18)


@pytest.fixture
def booked(services, staff):
    factories.a_clinic(name="Harbor, Lane; Clinic", address="12 Harbor Lane\nSampletown")
    stored = factories.a_request(
        name="Quentin Zqcanary",
        email="zqcanary@example.org",
        message="zqcanary",
        service=factories.a_service("Zqcanary"),
    )
    stored.book(by=staff, start=NOON_UTC, end=NOON_UTC + timedelta(minutes=45), place="Room 2, ground floor")
    return stored


def opened(client, stored):
    response = client.get(f"/request/status/{stored.secret}/appointment.ics")
    assert response.status_code == 200
    return response, Calendar.from_ical(response.content)


def test_it_is_the_appointment_and_nothing_about_the_patient(client, booked):
    response, calendar = opened(client, booked)
    [event] = calendar.walk("VEVENT")

    assert event["dtstart"].dt == NOON_UTC
    assert event["dtstart"].params["TZID"] == "America/New_York"
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(minutes=45)
    assert event["summary"] == "Appointment at Harbor, Lane; Clinic"
    assert event["location"] == "Room 2, ground floor, 12 Harbor Lane, Sampletown"
    assert event["status"] == "CONFIRMED"
    assert event["uid"] and event["dtstamp"].dt.utcoffset() == timedelta(0)
    assert b"canar" not in response.content.lower()
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert 'filename="appointment.ics"' in response["Content-Disposition"]
    assert response["Cache-Control"] == "no-store, private"


def test_its_lines_are_folded_and_end_as_the_standard_says(client, booked):
    response, _ = opened(client, booked)

    lines = response.content.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(len(line) for line in lines) <= 75
    assert lines[0] == b"BEGIN:VCALENDAR" and lines[-2] == b"END:VCALENDAR"


@pytest.mark.parametrize("month", [1, 7])
def test_its_time_zone_gives_the_clinics_clock(client, services, staff, month):
    """Read with the rules in the file alone, as a phone does that does not know the zone's name."""
    year = timezone.localdate().year + 1
    start = datetime(year, month, 15, 9, 30, tzinfo=ZoneInfo("America/New_York"))
    stored = factories.a_request()
    stored.book(by=staff, start=start, end=start + timedelta(minutes=30), place="Room 2")

    _, calendar = opened(client, stored)
    [event], [zone] = calendar.walk("VEVENT"), calendar.walk("VTIMEZONE")

    assert event["dtstart"].to_ical() == f"{year}{month:02}15T093000".encode()
    by_the_file = event["dtstart"].dt.replace(tzinfo=zone.to_tz(lookup_tzid=False))
    assert by_the_file.astimezone(UTC) == start.astimezone(UTC)


def test_a_later_file_replaces_the_earlier_one(client, booked, staff):
    _, first = opened(client, booked)
    booked.withdraw()
    _, cancelled = opened(client, booked)
    booked.reopen(by=staff, reason="They called")
    assert client.get(f"/request/status/{booked.secret}/appointment.ics").status_code == 404
    booked.book(by=staff, start=NOON_UTC, end=NOON_UTC + timedelta(minutes=30), place="Room 3")
    _, again = opened(client, booked)

    events = [calendar.walk("VEVENT")[0] for calendar in (first, cancelled, again)]
    assert len({event["uid"] for event in events}) == 1
    assert [event["status"] for event in events] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    sequences = [event["sequence"] for event in events]
    assert sequences == sorted(set(sequences))


def test_there_is_none_before_a_booking(client, services):
    stored = factories.a_request()

    assert client.get(f"/request/status/{stored.secret}/appointment.ics").status_code == 404
