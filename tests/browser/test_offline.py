"""Guides that were opened stay readable when the connection drops, in real Chromium with its real worker; nothing else does."""

import pytest
from playwright.sync_api import expect

from appointments.models import AppointmentRequest
from tests import factories

from .conftest import sign_in
from .every_page import GUIDE, a_whole_site

pytestmark = pytest.mark.once
KEPT = """async () => {
  const all = [];
  for (const name of await caches.keys())
    for (const key of await (await caches.open(name)).keys()) all.push(new URL(key.url).pathname);
  return all.sort();
}"""
LINE = "You are offline, or we cannot be reached. This page was saved on this device on"


@pytest.fixture
def site(live_server):
    return a_whole_site()


@pytest.fixture
def reader(context, page, faults):
    """A page; what it cannot load while the network is off is no fault."""
    yield page
    expected = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "500 for", "404 for")
    faults[:] = [fault for fault in faults if not any(one in fault for one in expected)]


def opened(page, address=GUIDE):
    """Opens a guide and waits until the worker has kept it."""
    page.goto(address)
    until(page, f"(path) => ({KEPT})().then(all => all.includes(path))", address)
    page.wait_for_timeout(300)


def until(page, asked, arg=None):
    """Waits for a promise to become true; to wait_for_function() any promise is true at once."""
    for _ in range(100):
        if page.evaluate(asked, arg):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"It never became true: {asked}")


def forget_what_is_fresh(page):
    """The browser itself shows a page again for a minute without asking: after this it asks."""
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")


def test_a_guide_that_was_opened_is_read_without_a_connection(reader, context, site):
    opened(reader)
    opened(reader, GUIDE + "read/")
    forget_what_is_fresh(reader)

    context.set_offline(True)
    for address in (GUIDE, GUIDE + "read/"):
        reader.goto(address)
        expect(reader.get_by_role("status")).to_contain_text(LINE)
        expect(reader.get_by_role("heading", level=1)).to_have_text("Back pain")
        expect(reader.get_by_role("banner").get_by_role("link", name="Call")).to_have_attribute(
            "href", "tel:+1-212-555-0142"
        )
        picture = reader.locator("main picture img").first
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        assert (
            reader.locator(".site-header").evaluate("header => getComputedStyle(header).borderBottomStyle") == "solid"
        )
        expect(reader.get_by_role("button", name="Print this page")).to_be_visible()

    context.set_offline(False)
    reader.goto(GUIDE)
    expect(reader.get_by_text(LINE)).to_have_count(0)


def test_what_was_not_opened_and_what_is_no_guide_is_not_there(reader, context, site):
    opened(reader)
    addresses = ("/guides/back-x-ray/", "/guides/", "/", "/request/", site.stored.get_absolute_url())
    forget_what_is_fresh(reader)

    context.set_offline(True)

    for address in addresses:
        with pytest.raises(Exception, match="ERR_"):
            reader.goto(address)


def test_of_all_pages_guides_alone_are_kept(page, context, live_server, site):
    opened(page)
    own = f"/request/status/{site.stored.secret}/"
    for address in ("/", "/guides/", "/guides/search/?q=back", "/guides/a-z/", site.stored.get_absolute_url(), own):
        page.goto(address)
    page.goto("/request/?guide=back-pain")
    page.get_by_role("button", name="Check my answers").click()
    page.locator("#error-summary").wait_for()
    sign_in(context, live_server.url, site.staff)
    for address in ("/admin/", f"/admin/education/guide/{site.guide.pk}/preview/", "/admin/education/guide/"):
        page.goto(address)
    opened(page, GUIDE + "read/")

    kept = page.evaluate(KEPT)

    assert AppointmentRequest.objects.exists()
    pages = [path for path in kept if not path.startswith(("/static/", "/media/pictures/"))]
    assert pages == [GUIDE, GUIDE + "read/"]
    assert any(path.endswith(".css") for path in kept)
    assert page.evaluate(
        "navigator.serviceWorker.getRegistrations().then(all => all.map(one => new URL(one.scope).pathname))"
    ) == ["/guides/"]


def test_a_changed_guide_replaces_its_copy_and_a_withdrawn_one_leaves(reader, context, site):
    opened(reader)
    site.guide.title = "Back pain, again"
    site.guide.save()
    site.guide.publish(by=None)
    reader.wait_for_timeout(10)
    reader.context.new_cdp_session(reader).send(
        "Network.clearBrowserCache"
    )  # the browser itself keeps a page for a minute
    opened(reader)
    forget_what_is_fresh(reader)
    context.set_offline(True)
    reader.goto(GUIDE)
    expect(reader.get_by_role("heading", level=1)).to_have_text("Back pain, again")

    context.set_offline(False)
    site.guide.withdraw(by=site.staff)
    forget_what_is_fresh(reader)
    reader.goto(GUIDE)
    expect(reader.get_by_role("heading", level=1)).not_to_contain_text("Back pain")

    reader.goto("/privacy/")
    assert GUIDE not in reader.evaluate(KEPT)


def test_only_the_newest_twenty_stay(page, context, site):
    for number in range(21):
        factories.a_published_guide(f"Guide number {number}")
    opened(page, "/guides/guide-number-0/")
    page.evaluate(
        """async () => { // as if twenty others had been opened since
          const cache = await caches.open("guides-1 /guides/");
          const first = await cache.match("/guides/guide-number-0/");
          const facts = JSON.parse(decodeURIComponent(first.headers.get("Kept-With")));
          for (let number = 1; number <= 20; number += 1) {
            const headers = new Headers(first.headers);
            const later = {...facts, opened: facts.opened + (number < 20 ? number : -31 * 864e5)};
            headers.set("Kept-With", encodeURIComponent(JSON.stringify(later)));
            await cache.put(`/guides/guide-number-${number}/`, new Response(await first.clone().text(), {headers}));
          }
        }"""
    )

    opened(page)

    pages = [path for path in page.evaluate(KEPT) if path.startswith("/guides/")]
    assert len(pages) == 20
    assert GUIDE in pages and "/guides/guide-number-20/" not in pages  # opened a month ago


def test_the_clinic_can_switch_it_off_and_readers_can_empty_it(page, context, site, settings):
    opened(page)
    page.goto("/privacy/")
    page.get_by_role("button", name="Remove the kept guides").click()
    expect(page.get_by_text("The kept guides are gone")).to_be_visible()
    assert page.evaluate(KEPT) == []

    opened(page)
    settings.GUIDES_OFFLINE = False
    forget_what_is_fresh(page)
    page.goto(GUIDE)
    page.evaluate("navigator.serviceWorker.getRegistration().then(one => one && one.update())")
    until(page, "() => navigator.serviceWorker.getRegistration().then(one => !one)")

    assert page.evaluate(KEPT) == []


def test_while_the_site_fails_the_copy_is_shown(reader, site, monkeypatch):
    opened(reader)
    monkeypatch.setattr("education.views.GuideDetail.get_queryset", lambda view: 1 / 0)
    forget_what_is_fresh(reader)

    reader.goto(GUIDE)

    expect(reader.get_by_role("status")).to_contain_text(LINE)
