import pytest
from django.urls import reverse

from education.content import anchors, clean_html, plain_text, tables_for_phones
from education.models import Guide, Section
from tests.factories import a_guide, a_topic

from .hostile import HARMLESS, OF_THE_TEMPLATE, PAYLOADS, dangers
from .posts import guide_post

ALLOWED = {**HARMLESS, **OF_THE_TEMPLATE}


def article(client, guide):
    page = client.get(guide.get_absolute_url()).text
    return page.partition('<article class="guide">')[2].partition("</article>")[0]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_judge_sees_what_is_wrong_with_each_payload(payload):
    assert dangers(payload)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_cleaning_leaves_nothing_dangerous_and_nothing_to_clean_again(payload):
    cleaned = clean_html(f"<p>before</p>{payload}")

    assert not dangers(cleaned)
    assert "before" in cleaned
    assert clean_html(cleaned) == cleaned


def test_a_section_created_in_a_shell_is_stored_clean(db):
    guide = a_guide(sections=[{"heading": "Start", "body": "<p>Plain.</p>"}])

    for position, payload in enumerate(PAYLOADS, start=1):
        Section.objects.create(guide=guide, position=position, heading="H", body=payload, more=f"<p>x</p>{payload}")

    for section in guide.sections.all():
        assert not dangers(section.body + section.more)


def test_what_got_past_every_form_is_cleaned_when_it_is_published(db, client, clinic):
    guide = a_guide(sections=[{"heading": f"Part {number}", "body": "<p>x</p>"} for number in range(len(PAYLOADS))])
    for section, payload in zip(guide.sections.all(), PAYLOADS, strict=True):
        raw = f"<p>words</p>{payload}".replace("\x00", "").encode("utf-8", "ignore").decode()
        Section.objects.filter(pk=section.pk).update(body=raw, more=raw)  # past save(), as SQL would be

    guide.publish(by=None)

    assert not dangers(article(client, guide), ALLOWED)
    assert all(not dangers(section["body"] + section["more"]) for section in guide.live_revision.data["sections"])


def test_the_form_takes_no_payload_and_no_page_shows_one(staff_client, client, clinic):
    parts = [
        {"heading": f"Part {number}", "body": f"<p>words</p>{payload}", "more": f"<p>words</p>{payload}"}
        for number, payload in enumerate(PAYLOADS)
        if "\x00" not in payload and "\ud800" not in payload
    ]
    post = guide_post(title="Hostile", slug="hostile", topic=a_topic().pk, sections=parts)

    response = staff_client.post(reverse("admin:education_guide_add"), {**post, "_publish": "1"})

    guide = Guide.objects.get()
    assert response.status_code == 302
    assert guide.is_live
    assert guide.sections.count() == len(parts)
    assert not dangers(article(client, guide), ALLOWED)


def test_a_null_character_in_a_post_is_refused_in_words(staff_client):
    post = guide_post(topic=a_topic().pk, sections=[{"heading": "H", "body": "<p>a\x00b</p>"}])

    response = staff_client.post(reverse("admin:education_guide_add"), post)

    assert response.status_code == 200
    assert "Null characters are not allowed" in response.text
    assert not Guide.objects.exists()


def test_markup_in_plain_fields_is_shown_as_the_text_it_is(db, client, clinic):
    bad = "<img src=x onerror=alert(1)>"
    guide = a_guide(bad, slug="bad", sections=[{"heading": bad, "body": "<p>a</p>"}], written_by=bad, reviewed_by=bad)
    guide.sources.create(organization=bad, title=bad, year="<b>", url="javascript:alert(1)")
    guide.publish(by=None)

    page = client.get("/guides/bad/").text

    assert "<img src=x" not in page
    assert "javascript:" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") >= 6


def test_what_editors_need_stays():
    text = (
        '<p>One<br>two <strong>three</strong> <em>four</em> <a href="/guides/x/">five</a> '
        '<a href="https://example.org/a?b=c">six</a> <a href="mailto:a@example.org">seven</a> '
        '<a href="tel:+12125550142">eight</a> <a href="#part">nine</a></p>'
        '<ul><li><p>a</p></li></ul><ol start="3"><li><p>b</p></li></ol><blockquote><p>q</p></blockquote>'
        '<table><caption>c</caption><thead><tr><th scope="col">h</th></tr></thead>'
        '<tbody><tr><td colspan="2" rowspan="1">d</td></tr></tbody></table>'
    )

    assert clean_html(text) == text


def test_text_without_words_is_no_text():
    assert clean_html("<p></p>") == clean_html("<p>&nbsp;</p><p><br></p>") == clean_html(None) == ""


def test_plain_text_keeps_words_apart():
    text = "<p>One &amp; two</p><ul><li><p>a</p></li><li><p>b</p></li></ul><table><tr><td>x</td><td>y</td></tr></table>"

    assert plain_text(text) == "One & two\na\nb\nx y"


def test_a_table_scrolls_in_a_box_of_its_own():
    boxed = tables_for_phones(clean_html("<table><tr><td>a</td></tr></table>"))

    assert boxed.startswith('<div class="table" role="region" tabindex="0"')
    assert boxed.endswith("</table></div>")


def test_each_heading_has_an_anchor_of_its_own():
    assert anchors(["What it is", "What it is", "What it is 2", "…", "Emergency"]) == [
        "what-it-is",
        "what-it-is-2",
        "what-it-is-2-2",
        "section",
        "emergency-2",
    ]
