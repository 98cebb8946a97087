"""500 payloads in real Chromium, through every door and into every field: none runs, none asks another host, none covers.

Here all of them stand in texts, headings and sources, and each twentieth in the fields that a guide has once; with DRILL=1
each guide holds a few, so that many more stand in every field. `faults` hears each error, warning and request to elsewhere.
"""

import pytest

from tests.education.doors import DOORS, Batch, batches
from tests.education.payloads import PAYLOADS
from tests.faults import FULL

pytestmark = pytest.mark.browser

SIZE = 5 if FULL else 100
# Looks at the page as the browser understood it, not at its text.
LOOK = """foreign => {
    const bad = []
    for (const e of document.querySelectorAll("*")) {
        for (const {name} of e.attributes) if (/^on/i.test(name)) bad.push(`${e.tagName} ${name}`)
        if (e.href?.length && !/^(https?|mailto|tel):/.test(e.href)) bad.push(`${e.tagName} ${e.href}`)
    }
    for (const e of document.querySelectorAll(`article :is(${foreign})`)) bad.push(e.localName)
    if (window.ran) bad.push("it ran")
    return bad
}"""

# What no editor's text may bring along, in an article of ours.
FOREIGN = (
    "script, style, link, meta, base, iframe, frame, object, embed, portal, form, input, select, textarea, video, audio,"
    "math, marquee, template, slot, dialog, x-widget, [style], [autofocus], [contenteditable], [ping], [target], [popover]"
)


@pytest.fixture
def rules_aside(monkeypatch):
    """Whether a guide may go live is not what is asked here."""
    monkeypatch.setattr("education.models.guide.in_the_way", lambda draft: [])


def opened(page, address):
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    return page.evaluate(LOOK, FOREIGN)


@pytest.mark.parametrize("door", DOORS)
def test_none_of_them_runs(signed_in_page, staff, client, clinic, rules_aside, door):
    page = signed_in_page
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    client.force_login(staff)

    for batch in batches(PAYLOADS, SIZE):
        guide = DOORS[door](client, batch)
        assert opened(page, guide.get_absolute_url()) == []

    for address in (
        "/guides/",
        "/",
        f"/request/?guide={guide.slug}",
        "/admin/education/guide/",
        "/admin/education/topic/",
    ):
        assert opened(page, address) == []
    assert dialogs == []


def test_nor_on_the_desk_of_the_editor(signed_in_page, staff, client, clinic, rules_aside):
    page = signed_in_page
    client.force_login(staff)
    guide = DOORS["database"](client, Batch(PAYLOADS[:: 1 if FULL else 25]))

    for address in ("change/", "preview/"):
        assert opened(page, f"/admin/education/guide/{guide.pk}/{address}") == []
    assert opened(page, f"/admin/education/picture/{guide.picture.pk}/change/") == []


def test_pasting_them_runs_nothing_either(signed_in_page, clinic, faults):
    """Chromium says of handlers and styles that it has not used them even where a text is only read."""
    page = signed_in_page
    page.goto("/admin/education/guide/add/")
    page.get_by_role("button", name="Add another Section").click()
    editor = page.get_by_role("textbox", name="Text", exact=True).locator("visible=true")
    editor.click()

    for payload in PAYLOADS[:: 1 if FULL else 4]:
        editor.evaluate(
            """(editor, html) => {
                const clipboardData = new DataTransfer()
                clipboardData.setData("text/html", `<p>words</p>${html}`)
                editor.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}))
            }""",
            payload,
        )

    page.wait_for_timeout(500)
    assert not page.evaluate("window.ran")
    faults[:] = [fault for fault in faults if "violates the following" not in fault and "shadowroot" not in fault]


def test_without_the_policy_and_the_cleaner_many_of_them_run(browser):
    """On a bare page, so that the tests above are known to look for something that can happen."""
    page = browser.new_page()
    ran = 0
    for start in range(0, len(PAYLOADS), 50):
        page.goto("about:blank")
        page.evaluate(
            """async payloads => {
                for (const html of payloads) {
                    const frame = document.body.appendChild(document.createElement("iframe"))
                    frame.srcdoc = `<body><script>top.started = (top.started ?? 0) + 1</script>` +
                        html.replaceAll("top.ran=1", "window.name=1,frameElement.dataset.ran=1")
                }
                await new Promise((done) => setTimeout(done, 1500))
            }""",
            PAYLOADS[start : start + 50],
        )
        ran += page.locator("iframe[data-ran]").count()
    page.close()

    assert ran > 100
