"""The patient's whole way in each language: guide, request, receipt, status. Arabic is the mirror image."""

import re

import pytest
from playwright.sync_api import expect

from appointments.models import AppointmentRequest, WorkerHeartbeat
from clinic.management.commands import demo

from .conftest import axe, scrolls_sideways

WORDS = {
    "en": {"guide": "Fluoroscopy", "form": "Request an appointment", "check": "Check my answers", "send": "Send my request",
           "receipt": "We have your request", "status": "The page of your request"},
    "es": {"guide": "Fluoroscopia", "form": "Solicitar una cita", "check": "Revisar mis respuestas",
           "send": "Enviar mi solicitud", "receipt": "Tenemos su solicitud", "status": "La página de su solicitud"},
    "ar": {"guide": "Fluoroscopy", "form": "اطلب موعدًا", "check": "راجع إجاباتي", "send": "أرسل طلبي",
           "receipt": "وصلنا طلبك", "status": "صفحة طلبك"},
}  # fmt: skip
GUIDES = {"en": "/guides/fluoroscopy/", "es": "/es/guides/fluoroscopia/", "ar": "/ar/guides/fluoroscopy/"}


@pytest.fixture
def site(live_server, settings):
    settings.DEMO_PASSWORD = "the password of this test"
    demo.load()
    WorkerHeartbeat.beat("worker")


def fine(page, language):
    assert axe(page) == [], page.url
    assert scrolls_sideways(page) == 0, page.url
    html = page.locator("html")
    expect(html).to_have_attribute("lang", language)
    assert html.evaluate("html => getComputedStyle(html).direction") == ("rtl" if language == "ar" else "ltr")


@pytest.mark.parametrize("language", ["en", "es", "ar"])
@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_from_the_guide_to_the_status_page_in_each_language(site, page, language, scheme, width):
    words = WORDS[language]
    page.goto(GUIDES[language])
    expect(page.get_by_role("heading", level=1)).to_contain_text(words["guide"])
    fine(page, language)

    page.locator(".act a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["form"])
    fine(page, language)
    page.locator("#id_for_whom_0").check()
    page.locator("#id_patient_type_0").check()
    page.locator("#id_name").fill("Ana Muestra")
    page.locator("#id_phone").fill("212 555 0167")
    page.locator("#id_consent").check()
    page.get_by_role("button", name=words["check"]).click()
    page.get_by_role("button", name=words["send"]).wait_for()
    fine(page, language)

    page.get_by_role("button", name=words["send"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["receipt"])
    fine(page, language)

    page.get_by_role("main").get_by_role("link", name=words["status"]).click()
    expect(page).to_have_url(re.compile("/request/status/"))
    fine(page, language)
    assert AppointmentRequest.objects.latest("pk").sent_in == language


def test_arabic_is_the_mirror_image_and_numbers_keep_their_order(site, page):
    places = {}
    for prefix in ("/", "/ar/"):
        page.goto(f"{prefix}request/")
        logo, number = page.locator(".brand img").bounding_box(), page.locator(".promise a").last
        label, box = (page.locator(f"{at} >> nth=0").bounding_box() for at in (".choice label", ".choice input"))
        places[prefix] = logo["x"], box["x"] < label["x"]
        assert "(212) 555-0142" in number.inner_text()
    assert places["/"][0] < 100 and places["/"][1]
    assert places["/ar/"][0] > 600 and not places["/ar/"][1]

    left_edge_of = """element => {
        const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), range = document.createRange();
        while (text.nextNode()) {
            const at = text.currentNode.data.indexOf("(212)");
            if (at >= 0) {
                const x = (from, to) => { range.setStart(text.currentNode, from); range.setEnd(text.currentNode, to);
                                          return range.getBoundingClientRect().left; };
                return [x(at, at + 5), x(at + 6, at + 9)];
            }
        }
    }"""
    first, second = page.locator(".promise a").last.evaluate(left_edge_of)
    assert first < second  # the area code stands on the left, as it is dialed


@pytest.mark.parametrize("java_script", [True, False])
def test_changing_the_language_of_the_form_keeps_what_is_typed(site, new_context, java_script):
    page = new_context(java_script_enabled=java_script).new_page()
    page.goto("/request/?guide=fluoroscopy")
    page.locator("#id_name").fill("Ana Muestra")
    page.locator("#id_for_whom_1").check()

    page.get_by_role("button", name="Español").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Solicitar una cita")
    expect(page.locator("#id_name")).to_have_value("Ana Muestra")
    expect(page.locator("#id_for_whom_1")).to_be_checked()
    expect(page.get_by_text("Viene de nuestra guía “Fluoroscopia")).to_be_visible()
