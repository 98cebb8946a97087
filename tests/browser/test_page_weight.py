"""What a guide costs a reader: bytes and requests, as a production site sends them."""

import subprocess
import sys
from collections import namedtuple

import pytest
from django.conf import settings

from education import demo
from education.models import Guide
from tests.appointments.mail_server import free_port
from tests.factories import a_clinic
from tests.faults.processes import environment, until, web_server
from tests.proxy import answers

pytestmark = pytest.mark.once
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 3, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 900}}
MOST_BYTES, MOST_REQUESTS, MOST_WITH_PICTURES = 30 * 1024, 6, 150 * 1024
MOST_AT_FIRST = 50_000
Loaded = namedtuple("Loaded", "address bytes")


@pytest.fixture
def production(transactional_db, tmp_path):
    """The address of a production site with the guides that ship, but for https."""
    a_clinic()
    demo.load(by=None)
    port = free_port()
    facts = {
        "CLINIC_ENV": "production",
        "SITE_URL": f"http://127.0.0.1:{port}",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "DEFAULT_FROM_EMAIL": "clinic@example.org",
    }
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
    subprocess.run(collect, cwd=settings.BASE_DIR, env=environment(tmp_path, **facts), check=True)
    with web_server(port, folder=tmp_path, **facts):
        until(lambda: answers(port), within=90)
        yield facts["SITE_URL"]


def load(browser, address, device, *, to_the_end):
    """What it loads: of what is seen first, or until the reader has come to the end of the page."""
    context = browser.new_context(**device)
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    asked, loaded = {}, []
    network.on("Network.requestWillBeSent", lambda e: asked.update({e["requestId"]: e["request"]["url"]}))
    network.on(
        "Network.loadingFinished",
        lambda e: loaded.append(Loaded(asked.get(e["requestId"], ""), e["encodedDataLength"])),
    )
    page.goto(address, wait_until="networkidle")
    for part in page.locator("main section").all() if to_the_end else ():
        part.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    context.close()
    return [one for one in loaded if not one.address.startswith("data:")]


def test_the_longest_guide_is_light_on_a_phone(production, browser):
    guide = Guide.objects.get(slug="fluoroscopy")

    loaded = load(browser, production + guide.get_absolute_url(), PHONE, to_the_end=True)

    pictures = [one for one in loaded if "/media/" in one.address]
    rest = [one for one in loaded if one not in pictures]
    assert pictures, "no picture was loaded"
    assert len(rest) <= MOST_REQUESTS, rest
    assert sum(one.bytes for one in rest) <= MOST_BYTES, rest
    assert sum(one.bytes for one in loaded) <= MOST_WITH_PICTURES, loaded


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
def test_the_first_view_is_lighter_still(production, browser, device):
    """With the pictures that the browser fetches ahead."""
    guide = Guide.objects.get(slug="fluoroscopy")

    loaded = load(browser, production + guide.get_absolute_url(), device, to_the_end=False)

    assert any("/media/" in one.address for one in loaded), "no picture was loaded"
    assert sum(one.bytes for one in loaded) < MOST_AT_FIRST, loaded
