"""What patients see in Spanish and in Arabic, held to the rules of test_every_page.py: the same pages, longer words, the other way round.

In the suite those that every patient meets, on the smallest screen and enlarged; with DRILL=1 also all others, and by night.
"""

import pytest

from clinic.models import ClinicProfile
from tests.faults import FULL

from . import barriers
from .conftest import axe, scrolls_sideways
from .every_page import GUIDE, PERSON, a_whole_site

pytestmark = pytest.mark.once
PHONE = {"width": 320, "height": 800}

# The table of every_page.py and a section of each kind, as somebody might translate them.
TITLES = {"es": "Dolor de espalda", "ar": "ألم الظهر"}
SUMMARIES = {"es": "Lo que hacemos, en pocas palabras.", "ar": "ما نفعله، بكلمات قليلة."}
SOURCES = {"es": "OMS", "ar": "منظمة الصحة العالمية"}
TABLE = {
    "es": ("Prueba", "En un país", "En otro", "Tránsito esofágico con bario", "no figura"),
    "ar": ("الفحص", "في بلد", "في بلد آخر", "ابتلاع الباريوم", "غير مذكور"),
}
PARTS = {
    "es": [
        ("", "Qué es", "<p>Un catéter fino, en palabras sencillas.</p>", "<p>Más sobre eso.</p>"),
        ("do", "Después", "<ul><li>beba agua</li></ul>", ""),
        ("do_not", "Durante un día", "<ul><li>conduzca</li></ul>", ""),
        ("number", "Un moretón", "<p>Cerca de 1 de cada 200 personas, dice la OMS.</p>", ""),
        ("warning", "Díganos si", "<ul><li>está embarazada</li></ul>", ""),
        ("emergency", "Llame si", "<ul><li>se desmaya</li></ul>", ""),
        ("urgent", "Llámenos si", "<ul><li>tiene fiebre</li></ul>", ""),
        ("non_urgent", "Díganos también si", "<ul><li>le pica</li></ul>", ""),
    ],
    "ar": [
        ("", "ما هو", "<p>أنبوب رفيع، بكلمات بسيطة.</p>", "<p>المزيد عن ذلك.</p>"),
        ("do", "بعده", "<ul><li>اشرب الماء</li></ul>", ""),
        ("do_not", "لمدة يوم", "<ul><li>تقود السيارة</li></ul>", ""),
        ("number", "كدمة", "<p>نحو 1 من كل 200 شخص، كما تقول منظمة الصحة العالمية.</p>", ""),
        ("warning", "أخبرنا إذا", "<ul><li>كنتِ حاملًا</li></ul>", ""),
        ("emergency", "اتصل إذا", "<ul><li>أُغمي عليك</li></ul>", ""),
        ("urgent", "اتصل بنا إذا", "<ul><li>أصابتك حمى</li></ul>", ""),
        ("non_urgent", "قل لنا إذا", "<ul><li>شعرت بحكة</li></ul>", ""),
    ],
}


@pytest.fixture
def site(live_server):
    return a_whole_site()


def translate(site, language):
    """The guide in the language, and behind: its page says so."""
    translation = site.guide.translate_into(language, by=site.staff)
    translation.title, translation.summary = TITLES[language], SUMMARIES[language]
    translation.save()
    translation.sections.all().delete()
    test, one, other, swallow, none = TABLE[language]
    head = f"<tr><th>{test}</th><th>{one}</th><th>{other}</th></tr>"
    table = f"<table>{head}<tr><th>{swallow}</th><td>1.5</td><td>{none}</td></tr></table>"
    for position, (kind, heading, body, more) in enumerate(PARTS[language]):
        body = body if kind else body + table
        translation.sections.create(
            position=position, heading=heading, body=body, more=more, **({"kind": kind} if kind else {})
        )
    translation.sources.update(organization=SOURCES[language])
    translation.publish(by=None)
    site.guide.publish(by=None)


def states(page, site, language):
    """Brings the page to one state after another and yields each one's name."""
    start = f"/{language}"
    for name, address, often in [
        ("home", "/", True),
        ("guides", "/guides/", True),
        ("found", "/guides/search/?q=" + TITLES[language], False),
        ("found nothing", "/guides/search/?q=zzzz", False),
        ("A to Z", "/guides/a-z/", False),
        ("topic", "/guides/topic/x-rays-and-scans/", False),
        ("words", "/guides/words/", False),
        ("privacy", "/privacy/", False),
        ("accessibility", "/accessibility/", False),
        ("large letters", GUIDE + "read/", False),
        ("a guide in English", "/guides/back-x-ray/", True),
        ("not there", "/nothing-here/", False),
    ]:
        if often or FULL:
            page.goto(start + address)
            yield name
    page.goto(start + GUIDE)
    page.wait_for_load_state()
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    yield "guide"
    yield from asking(page, start)
    yield from waiting(page, site, start)


def asking(page, start):
    page.goto(f"{start}/request/?guide=back-pain")
    yield "form"
    send = page.locator("#request button.button").last
    send.click()
    page.locator("#error-summary").wait_for()
    yield "form with mistakes"
    page.locator("#id_name").fill("Quinn Sample")
    page.locator("#id_phone").fill(PERSON["Phone number"])
    page.locator("#id_message").fill(PERSON["Anything you want to add?"])
    page.locator("#id_patient_type_0").check()
    page.get_by_label("Imaging").check()
    page.locator("#id_consent").check()
    send.click()
    page.locator("input[name=step][value=send]").wait_for(state="attached")
    yield "answers"
    if FULL:
        ClinicProfile.objects.update(paused=True)
        page.goto(f"{start}/request/")
        yield "form closed"
        ClinicProfile.objects.update(paused=False)


def waiting(page, site, start):
    own = f"{start}/request/status/{site.stored.secret}/"
    page.goto(start + site.stored.get_absolute_url())
    yield "receipt"
    page.goto(own)
    yield "status"
    if not FULL:
        return
    page.goto(own + "message/")
    page.locator("main form button").last.click()
    page.locator("#error-summary").wait_for()
    yield "message with mistakes"
    for name in ("another-time", "withdraw"):
        page.goto(f"{own}{name}/")
        yield name
    site.stored.withdraw()
    page.goto(own)
    yield "status withdrawn"


@pytest.mark.parametrize("language", ["es", "ar"])
def test_what_patients_see_in_another_language_keeps_the_strictest_rules(page, site, language):
    translate(site, language)
    faults, seen = [], []
    for name in states(page, site, language):
        page.wait_for_load_state()
        seen.append(name)
        assert page.locator("html").get_attribute("lang") == language, name
        found = barriers.sniff(page) + axe(page, best_practice=True) + on_a_phone(page) + barriers.enlarged(page)
        found += barriers.by_night(page) if FULL else []
        faults += [f"{name}: {fault}" for fault in found]

    assert not faults, "\n".join(faults)
    assert len(seen) >= (20 if FULL else 9)


def on_a_phone(page):
    page.set_viewport_size(PHONE)
    sideways = scrolls_sideways(page)
    faults = [f"{sideways} px too wide on a phone"] * (sideways > 0)
    faults += barriers.small_targets(page)
    page.set_viewport_size(barriers.LARGE)
    return faults
