"""“Listen” on a guide. Chromium without a screen has no voice, so one stands in for it that notes what it is told to say."""

import pytest
from playwright.sync_api import expect

from .conftest import axe, scrolls_sideways
from .every_page import GUIDE, a_whole_site

pytestmark = pytest.mark.once

VOICE = """
(voices) => {
  window.said = [];
  let saying = null;
  const synth = {
    getVoices: () => voices,
    addEventListener: () => {},
    cancel: () => { clearTimeout(saying); said.push("(silence)"); },
    speak: (words) => {
      said.push(words.text);
      saying = setTimeout(() => words.onend(), window.slow ? 100000 : 5);
    },
  };
  Object.defineProperty(window, "speechSynthesis", {value: synth});
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
}
"""
LOCAL = {"lang": "en_GB", "localService": True, "default": True}
REMOTE = {"lang": "en-US", "localService": False, "default": True}
FRENCH = {"lang": "fr-FR", "localService": True, "default": True}


@pytest.fixture
def reader(live_server, page):
    a_whole_site()

    def open_with(*voices, slow=False):
        page.add_init_script(f"({VOICE})({list(voices)!r})".replace("True", "true").replace("False", "false"))
        page.add_init_script(f"window.slow = {str(slow).lower()}")
        page.goto(GUIDE)
        return page

    return open_with


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def test_the_guide_is_read_to_its_end_part_by_part(reader):
    page = reader(LOCAL)

    button(page, "Listen").click()
    page.wait_for_function("() => said.at(-1) === '(silence)' && said.length > 10")

    said = page.evaluate("said.filter(words => words !== '(silence)')")
    assert said[:4] == ["Back pain", "In short.", "What it is", "A thin catheter, in plain words."]
    assert said[-1] == "it itches"
    assert "More of that." not in said  # it was folded
    assert page.locator(".spoken").count() == 0
    expect(button(page, "Listen")).to_be_visible()


def test_it_pauses_goes_on_skips_and_stops_by_keyboard(reader):
    page = reader(LOCAL, slow=True)
    button(page, "Listen").press("Enter")
    expect(button(page, "Pause")).to_be_focused()
    expect(page.locator(".spoken")).to_have_text("Back pain")

    button(page, "Next part").press("Enter")
    expect(page.locator(".spoken")).to_have_text("What it is")
    button(page, "Pause").press("Enter")
    assert page.evaluate("said.at(-1)") == "(silence)"
    expect(button(page, "Go on")).to_be_focused()
    assert axe(page, best_practice=True) == []
    page.set_viewport_size({"width": 320, "height": 600})
    assert scrolls_sideways(page) <= 0
    for one in page.locator(".listen button:visible").all():
        assert one.bounding_box()["height"] >= 44
    button(page, "Go on").press("Enter")
    assert page.evaluate("said.at(-1)") == "What it is"
    button(page, "Stop").press("Enter")

    assert page.locator(".spoken").count() == 0
    expect(button(page, "Listen")).to_be_focused()
    button(page, "Listen").press("Enter")
    assert page.evaluate("said.at(-1)") == "Back pain"  # from the beginning
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert page.evaluate("said.at(-1)") == "(silence)"


@pytest.mark.parametrize("voices", [(), (REMOTE,), (FRENCH,)], ids=["none", "elsewhere", "of another language"])
def test_without_a_voice_of_the_device_in_the_language_there_is_no_button(reader, voices):
    page = reader(*voices)

    expect(button(page, "Print this page")).to_be_visible()
    expect(page.get_by_role("button", name="Listen")).to_have_count(0)


def test_the_real_browser_of_this_computer_is_asked(live_server, page):
    a_whole_site()
    page.goto(GUIDE)
    voices = page.evaluate(
        "speechSynthesis.getVoices().filter(one => one.localService && one.lang.startsWith('en')).length"
    )

    expect(page.get_by_role("button", name="Listen")).to_have_count(min(voices, 1))
