from datetime import time, timedelta

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains

from appointments.models import Delivery, WorkerHeartbeat
from clinic.models import Closure, OpeningHours
from tests import factories


def test_the_home_page_leads_to_the_guides_and_to_the_form(clinic, client):
    guide = factories.a_published_guide("Knee X-ray")
    factories.a_service("Imaging", description="Pictures of the inside.")
    factories.a_service("No longer offered", active=False)

    page = client.get("/")

    assertContains(page, guide.get_absolute_url())
    assertContains(page, 'href="/request/"')
    assertContains(page, "Pictures of the inside.")
    assert "No longer offered" not in page.content.decode()


def test_the_home_page_shows_all_seven_days_and_the_closures_to_come(clinic, client):
    today = timezone.localdate()
    Closure.objects.create(first_day=today - timedelta(days=9), last_day=today - timedelta(days=8), reason="Long gone")
    Closure.objects.create(first_day=today + timedelta(days=8), last_day=today + timedelta(days=9), reason="Holiday")

    page = client.get("/")

    assert [label for label, _ in page.context["week"]] == OpeningHours.Weekday.labels
    assert page.context["week"][0][1] == [(time(9), time(17))]
    assert page.context["week"][6][1] == []
    assertContains(page, "Holiday")
    assert "Long gone" not in page.content.decode()


@pytest.mark.parametrize("around_the_clock", [True, False])
def test_the_home_page_says_whether_we_are_open(db, client, around_the_clock):
    factories.a_clinic()
    if around_the_clock:
        factories.opening_hours("00:00", "23:59:59.999999", range(7))
    else:
        tomorrow = (timezone.localdate() + timedelta(days=1)).weekday()
        factories.opening_hours(weekdays=[tomorrow])

    page = client.get("/")

    assert page.context["open_now"] is around_the_clock
    assertContains(page, "Open now" if around_the_clock else "We open")


def test_a_clinic_that_never_opens_has_a_home_page(clinic, client):
    today = timezone.localdate()
    Closure.objects.create(first_day=today, last_day=today + timedelta(days=900))

    page = client.get("/")

    assert page.status_code == 200
    assert page.context["next_opening"] is None


def test_a_new_site_without_a_clinic_has_a_home_page(db, client):
    assert client.get("/").status_code == 200


def test_pictures_are_served_for_ever(db, client):
    picture = factories.a_picture()
    for name in ("avif", "webp"):
        answer = client.get(f"/media/{picture.folder}/480.{name}")
        assert answer["Content-Type"] == f"image/{name}"
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert b"".join(answer.streaming_content)


@pytest.mark.parametrize(
    "path",
    [
        "pictures/0123456789abcdef/480.avif",
        "pictures/0123456789abcdef/../../clinic.sqlite3",
        "../clinic.sqlite3",
        "..%2fclinic.sqlite3",
        "secret_key",
        "mail/message.log",
        "pictures/",
        "pictures/0123456789abcdef/480.png",
        "pictures/0123456789abcdef/480.avif\n",
        "/etc/passwd",
        "pictures//etc/passwd",
    ],
)
def test_nothing_else_is_served_as_a_picture(clinic, client, settings, path):
    settings.MEDIA_ROOT.mkdir(parents=True)
    for secret in ("clinic.sqlite3", "secret_key"):
        (settings.MEDIA_ROOT / secret).write_text("secret")
        (settings.MEDIA_ROOT.parent / secret).write_text("secret")

    assert client.get(f"/media/{path}").status_code == 404


def test_health_is_good_while_a_worker_lives_and_mail_goes_out(clinic, client):
    WorkerHeartbeat.beat("worker")
    factories.a_recipient()
    factories.a_service()

    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json()["ok"] is True
    assert answer.json()["faults"] == []


def test_health_is_bad_without_a_worker(clinic, client):
    factories.a_recipient()
    factories.a_service()

    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json()["faults"] == ["worker"]


def test_health_is_bad_when_staff_were_not_told_and_names_nobody(clinic, client):
    WorkerHeartbeat.beat("worker")
    factories.a_recipient()
    factories.a_request(name="Canary Sample", phone="+12125550177", message="canary words")
    long_ago = timezone.now() - timedelta(minutes=6)
    Delivery.objects.update(created_at=long_ago, next_attempt_at=long_ago)

    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json()["in_trouble"] == 1

    assert "Canary" not in answer.content.decode()


def test_robots_stay_out_of_the_desk_and_the_form(client, db):
    text = client.get("/robots.txt").content.decode()

    assert "Disallow: /admin/" in text
    assert "Disallow: /request/" in text


def test_browsers_that_ask_without_being_told_find_the_icon(client, db):
    assert client.get("/favicon.ico")["Location"] == "/static/img/favicon.ico"
