"""The checks where an editor meets them: beside the form, and at publishing."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from pytest_django.asserts import assertContains, assertNotContains

from education import leaflet
from education.models import Guide, NotPublishable
from education.models.guide import dead_links
from tests.factories import a_guide, a_picture, a_published_guide, a_topic, a_user

from .test_editor_desk import LIST, CountQueries, change, post_of


def linking(*addresses, **facts):
    body = "".join(f'<p>See <a href="{address}">this</a>.</p>' for address in addresses)
    return a_guide(sections=[{"heading": "Links", "body": body}], **facts)


def dead(guide):
    return set(guide.as_draft().dead_links)


def test_what_blocks_and_what_would_help_stand_beside_the_form_and_lead_to_their_fields(staff_client, clinic):
    guide = a_guide(
        sections=[
            {"heading": "First", "body": "<p>Contrast is radioactive. It helps 5% of people.</p>"},
            {"heading": "Risks", "body": "<p>Some.</p>", "more": "<p>More.</p>"},
        ]
    )

    page = staff_client.get(change(guide))

    assertContains(page, "“Risks” is about safety: move its “Read more” into the text.")
    assertContains(page, '<a href="#id_sections-1-more">Go there')
    assertContains(page, "“First” gives a figure and does not say where it is from.")
    assertContains(page, "<q>5%</q>", html=True)
    assertContains(page, "What would make it better (2)")
    assertContains(page, "repeats a claim that is published often and wrong")
    assertContains(page, "<q>Contrast is radioactive.</q>", html=True)
    assertContains(page, "“1 in 20” is easier to picture.")
    assert page.text.count('<a href="#id_sections-0-body">Go there') == 3


def test_publishing_is_refused_with_the_same_list_and_advice_does_not_stand_in_the_way(staff_client, clinic):
    guide = a_guide(sections=[{"heading": "First", "body": "<p>It is harmless, says nobody. It is 3 mSv.</p>"}])

    refused = staff_client.post(change(guide), post_of(guide, _publish="1"), follow=True)

    assertContains(refused, "Saved, but not published.")
    assertContains(refused, "“First” gives a figure and does not say where it is from.")
    assert not Guide.objects.get().is_live

    guide.sections.update(body="<p>It is harmless.</p>")
    published = staff_client.post(change(guide), post_of(guide, _publish="1"), follow=True)
    assertContains(published, "Patients now read revision 1")
    assertContains(published, "“First” says “harmless”.")


def test_the_hardest_sentences_of_a_section_are_marked(staff_client, clinic):
    hard = "Radiological examinations of the gastrointestinal tract necessitate considerable dietary preparation beforehand."
    easy = (
        "You sit still. We take a picture. It does not hurt. Then you can go home and rest. We call you the next day."
    )
    guide = a_guide(sections=[{"heading": "Preparation", "body": f"<p>{easy} {hard}</p>"}])

    page = staff_client.get(change(guide))

    assertContains(page, "How it reads: the page at age")
    assertContains(page, f"<mark>{hard}</mark>", html=True)
    assertNotContains(page, "<mark>You sit still.</mark>", html=True)


def test_after_an_error_nothing_is_said_of_an_older_text(staff_client, clinic):
    guide = a_guide(sections=[{"heading": "Hollow"}])
    assertContains(staff_client.get(change(guide)), "“Hollow” is empty.")

    assertNotContains(staff_client.post(change(guide), post_of(guide, title="")), "“Hollow” is empty.")


def test_who_may_only_look_reads_the_findings_without_links_to_fields_that_are_not_there(client, clinic):
    viewer = a_user(superuser=False)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_guide"))
    client.force_login(viewer)

    page = client.get(change(a_guide(sections=[{"heading": "Hollow"}])))

    assertContains(page, "“Hollow” is empty.")
    assertNotContains(page, "Go there")
    assertNotContains(page, "based_on")


def test_who_may_look_at_guides_and_not_at_their_parts_reads_the_comments_beside_the_form(client, clinic):
    guide = a_guide(sections=[{"heading": "Hollow"}])
    guide.review_comments.create(text="Say more.", name="Ada", section=guide.sections.get(), heading="Hollow")
    viewer = a_user(superuser=False)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_guide"))
    client.force_login(viewer)

    page = client.get(change(guide))

    assertContains(page, "Say more.")
    assertContains(page, "on “Hollow”")
    assertNotContains(page, "which was removed")


def test_what_is_quoted_is_text(staff_client, clinic):
    guide = a_guide(sections=[{"heading": "<b>Odd</b>", "body": "<p>&lt;img src=x&gt; 5% of people.</p>"}])

    page = staff_client.get(change(guide))

    assertContains(page, "“&lt;b&gt;Odd&lt;/b&gt;” gives a figure")
    assertNotContains(page, "“<b>Odd</b>”")


@pytest.mark.parametrize(
    "address",
    [
        "/guides/",
        "/guides/live/",
        "/guides/live",
        "/guides/live/#what-it-is",
        "/guides/live/#emergency",
        "/request/",
        "/privacy",
        "/",
        "#links",
        "#main",
        "http://127.0.0.1:8000/guides/live/",
        "https://example.org/guides/gone/",
        "tel:911",
        "mailto:a@example.org",
        "/guides/mine/#links",
        "/request/?guide=live",
        "../live/",
    ],
)
def test_links_that_patients_can_follow(clinic, settings, address):
    settings.SITE_URL = "http://127.0.0.1:8000"
    a_published_guide(slug="live")

    assert dead(linking(address, slug="mine")) == set()


@pytest.mark.parametrize(
    "address",
    [
        "/guides/gone/",
        "/guides/draft/",
        "/guides/live/#gone",
        "#gone",
        "/nowhere/",
        "/admin/",
        "live",
        "www.example.org",
        "http://127.0.0.1:8000/guides/gone/",
        "/guides/mine/#gone",
        "/guides/%00/",
        "/guides/" + "9" * 300,
    ],
)
def test_links_that_lead_nowhere(clinic, settings, address):
    settings.SITE_URL = "http://127.0.0.1:8000"
    a_published_guide(slug="live")
    a_guide(slug="draft")
    guide = linking(address, slug="mine")

    assert len(dead(guide)) == 1
    with pytest.raises(NotPublishable, match="leads patients nowhere"):
        guide.publish(by=None)


def test_an_address_that_cannot_be_read_leads_nowhere(db):
    section = {"body": '<a href="https://[::1">x</a>', "more": ""}

    assert dead_links({"slug": "mine", "sections": [section]}, Guide(slug="mine")) == {"https://[::1"}


def test_a_guide_that_is_withdrawn_makes_the_links_to_it_dead(db):
    there = a_published_guide(slug="there")
    guide = linking("/guides/there/")
    assert dead(guide) == set()

    there.withdraw(by=None)

    assert dead(guide) == {"/guides/there/"}


def test_guides_that_link_to_each_other_go_live_together(staff_client, staff, clinic):
    one, two = linking("/guides/two/#links", slug="one"), linking("/guides/one/", slug="two")
    with pytest.raises(NotPublishable):
        one.publish(by=staff)

    page = staff_client.post(LIST, {"action": "publish_together", "_selected_action": [one.pk, two.pk]}, follow=True)

    assertContains(page, "Patients now read these guides: 2.")
    assert {guide.live_revision.published_by for guide in Guide.objects.published()} == {staff}
    assert LogEntry.objects.filter(change_message="Published revision 1.").count() == 2


def test_together_means_all_or_none(staff_client, clinic):
    one, two = a_guide("Fine"), linking("/guides/gone/", title="Not fine")

    page = staff_client.post(LIST, {"action": "publish_together", "_selected_action": [one.pk, two.pk]}, follow=True)

    assertContains(page, f'None of them was published. Mend <a href="{change(two)}">“Not fine”</a> first:')
    assert not Guide.objects.published().exists()


def test_publishing_together_is_for_those_who_may_publish(client, clinic):
    editor = a_user(superuser=False)
    editor.user_permissions.set(Permission.objects.filter(codename__in=["view_guide", "change_guide"]))
    client.force_login(editor)
    guide = a_guide()

    client.post(LIST, {"action": "publish_together", "_selected_action": [guide.pk]})

    assertNotContains(client.get(LIST), "Publish the selected guides together")
    assert not Guide.objects.get().is_live


@pytest.mark.parametrize(
    ("summary", "heading", "says"),
    [(" ", "What it is", "The summary is empty"), ("Plain.", "", "The heading of section 1 is empty")],
)
def test_guides_with_nothing_in_a_heading_or_the_summary_do_not_go_live_together(
    staff_client, clinic, summary, heading, says
):
    guide = a_guide(sections=[{"heading": heading, "body": "<p>Words.</p>"}])
    Guide.objects.update(summary=summary)

    response = staff_client.post(LIST, {"action": "publish_together", "_selected_action": [guide.pk]}, follow=True)

    assertContains(response, says)
    assert not Guide.objects.get().is_live


def test_the_checks_ask_the_database_no_more_for_many_sections(staff_client, clinic, django_assert_num_queries):
    there = [a_published_guide(slug=f"there-{number}") for number in range(6)]
    guide = linking("/guides/there-0/")
    staff_client.get(change(guide))
    with CountQueries() as few:
        staff_client.get(change(guide))

    for number, other in enumerate(there):
        body = f'<p><a href="/guides/{other.slug}/">Read</a></p>'
        guide.sections.create(heading=f"{number}", body=body, picture=a_picture(), position=number + 1)

    with django_assert_num_queries(few.count):
        staff_client.get(change(guide))


def test_a_list_with_nothing_to_show_and_what_a_guide_that_is_not_there_would_have_are_dead(clinic, monkeypatch):
    monkeypatch.setattr(leaflet, "available", lambda: True)
    a_published_guide("Xenon", slug="there", topic=a_topic("Backs"))
    a_topic("Empty")
    bad = {
        "/guides/topic/no-such/",
        "/guides/topic/empty/",
        "/guides/a-z/q/",
        "/guides/a-z/xy/",
        "/guides/none/leaflet.pdf",
        "/guides/none/card.png",
        "/guides/there/clear/",
        "/guides/none/read/",
        "/guides/there/read/#no-such-part",
    }
    good = {"/guides/topic/backs/", "/guides/a-z/x/", "/guides/a-z/", "/guides/there/leaflet.pdf"}
    good |= {"/guides/there/read/", "/guides/there/read/#what-it-is", "/guides/mine/read/"}
    good |= {"/guides/topic/mine/", "/guides/a-z/m/", "/guides/mine/card.png"}  # its own, once it is live

    assert dead(linking(*bad, *good, slug="mine", title="Mine", topic=a_topic("Mine"))) == bad


def test_a_leaflet_is_dead_where_none_is_drawn(clinic, monkeypatch):
    monkeypatch.setattr(leaflet, "available", lambda: False)
    a_published_guide("There")

    assert dead(linking("/guides/there/leaflet.pdf")) == {"/guides/there/leaflet.pdf"}
