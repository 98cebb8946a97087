"""Nothing jumps while a page loads: what a reader has begun to read, or is about to press, stays where it is."""

import pytest

from .conftest import LOOKS
from .every_page import GUIDE, a_whole_site

pytestmark = pytest.mark.once
WATCH = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      shifts.push([entry.value, ...entry.sources.map((source) => source.node?.outerHTML?.slice(0, 100))]);
  }).observe({type: "layout-shift", buffered: true});
"""


def test_nothing_moves_while_a_page_loads(page, live_server):
    a_whole_site()
    page.add_init_script(WATCH)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 100, "downloadThroughput": 100_000, "uploadThroughput": 50_000}
    session.send("Network.emulateNetworkConditions", slow)
    moved = {}
    for _, width in LOOKS[:2]:
        page.set_viewport_size({"width": width, "height": 800})
        for address in ("/", GUIDE, GUIDE + "read/", "/guides/", "/request/"):
            page.goto(address, wait_until="networkidle")
            moved[address, width] = page.evaluate("shifts")
    assert {where: shifts for where, shifts in moved.items() if shifts} == {}

    page.evaluate("document.querySelector('h1').style.marginTop = '300px'")  # the twin: a shift is seen
    page.wait_for_function("() => shifts.length > 0")
