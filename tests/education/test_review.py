"""From a draft to a signature in the admin: asked for, commented, sent back, signed, published."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from education import clinical
from education.models import Guide, Letter
from tests.factories import a_guide, a_published_guide, a_sign_off, a_user
from tests.staff.people import somebody

from .test_editor_desk import ADD, LIST, change, page_of, post_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(clinic, client):
    return {role: somebody(role, first_name=name) for role, name in NAMES.items()}


NAMES = {"Editor": "Erin", "Clinical reviewer": "Ada", "Publisher": "Pat"}


def signing(guide, **facts):
    facts = {"name": "Dr. Ada Lind", "role": "radiologist", "months": "12", "agree": "on", **facts}
    return {"sign_it": "yes", "digest": clinical.digest(Guide.objects.get(pk=guide.pk).as_data()), **facts}


def test_from_a_draft_to_a_published_guide_by_three_people(people, client):
    # The editor writes a draft and asks Ada.
    client.force_login(people["Editor"])
    guide = a_guide("Swallow test", is_sample=False)
    client.post(change(guide), post_of(guide, summary="Shorter.", is_sample=""))
    response = client.post(
        page_of(guide, "ask_review"), {"reviewer": people["Clinical reviewer"].pk, "note": "New."}, follow=True
    )
    assertContains(response, "Ada is told by e-mail.")
    assertContains(response, "it waits for Ada.")
    assert Letter.objects.get().to == people["Clinical reviewer"].email

    # Ada sees on her first page what waits, comments on a section, and sends it back.
    client.force_login(people["Clinical reviewer"])
    assertContains(client.get("/admin/"), "<strong>1</strong> guide waits for your review", html=True)
    assert list(client.get(LIST, {"waits": "me"}).context["cl"].result_list) == [guide]
    section = guide.sections.get()
    review = page_of(guide, "review")
    comment = {"comment_on_it": "yes", "place": section.pk, "text": "Say how long it takes."}
    assertRedirects(client.post(review, comment), f"{review}#your-review__at-{section.pk}", status_code=303)
    client.post(review, comment)  # a second click
    client.post(review, {"send_back": "yes"})
    assertContains(client.get(LIST), "Sent back with comments")
    assertNotContains(client.get("/admin/"), "waits for your review")

    # The editor finds the comment beside the form, changes the text, marks it done, asks again.
    client.force_login(people["Editor"])
    page = client.get(change(guide))
    at_the_section = page.text.partition('id="sections-0"')[2].partition('id="sections-empty"')[0]
    assert at_the_section.count("Say how long it takes.") == 2  # its words, and the name of its button
    assertContains(page, "Say how long it takes.", count=2)
    assertContains(page, '<a href="#id_sections-0-heading">“What it is”</a>', html=True)
    client.post(page_of(guide, "comment_done", guide.review_comments.get().pk))
    assertNotContains(client.get(change(guide)), "Say how long it takes.")
    client.post(page_of(guide, "ask_review"), {"reviewer": "", "note": ""})

    # Ada signs; the publisher publishes.
    client.force_login(people["Clinical reviewer"])
    client.post(review, signing(guide, months="24", comment="Well done."))
    assertContains(client.get(review), "You signed this text on")
    client.force_login(people["Publisher"])
    assertContains(client.get(change(guide)), "Signed off")
    response = client.post(page_of(guide, "publish"), follow=True)
    assertContains(response, "Patients now read revision 1")
    assertContains(client.get("/guides/swallow-test/"), "Dr. Ada Lind, radiologist")


def test_a_change_after_signing_is_named_beside_the_form_and_on_the_page_of_the_reviewer(people, client):
    guide = a_guide(is_sample=False)
    a_sign_off(guide)
    client.force_login(people["Editor"])

    client.post(change(guide), post_of(guide, is_sample="", summary="Something else."))

    page = client.get(change(guide))
    assertContains(page, "That was another text: it does not count for this one.")
    assertContains(page, "<li>The summary</li>", html=True)
    assertContains(client.get(LIST), "Changed since it was signed")
    client.force_login(people["Clinical reviewer"])
    assertContains(client.get(page_of(guide, "review")), "<ins>Something else.</ins>", html=True)


def test_the_text_of_somebody_else_is_not_signed_by_a_page_that_is_too_old(people, client):
    guide = a_guide(is_sample=False)
    old = signing(guide)
    guide.sections.update(body="<p>Ten times the dose.</p>")
    client.force_login(people["Clinical reviewer"])

    response = client.post(page_of(guide, "review"), old)

    assert response.status_code == 422
    assertContains(response, "The draft was changed while you were reading.", status_code=422)
    assertContains(response, "Ten times the dose.", status_code=422)
    assertContains(response, 'value="Dr. Ada Lind"', status_code=422)  # what was typed is kept
    assertNotContains(response, "checked", status_code=422)  # and what was promised of another text is not
    assert not guide.sign_offs.exists()
    again = response.context["sign_form"]["digest"].value()
    client.post(page_of(guide, "review"), {**old, "digest": again})
    assert guide.sign_offs.exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": " "}, "Write your name as patients should read it."),
        ({"role": "\x00"}, "Write your role"),
        ({"role": "x" * 59}, "Make this shorter"),
        ({"months": "37"}, "Write a number of months from 1 to 36."),
        ({"months": "soon"}, "Write a number of months from 1 to 36."),
        ({"agree": ""}, "Tick the box if you have read the whole guide"),
        ({"digest": "x"}, "The draft was changed while you were reading."),
        ({"digest": "x" * 9999}, "The draft was changed"),
    ],
)
def test_what_is_wrong_with_a_signature_is_said(people, client, wrong, message):
    guide = a_guide(is_sample=False)
    client.force_login(people["Clinical reviewer"])

    response = client.post(page_of(guide, "review"), {**signing(guide), **wrong})

    assertContains(response, message, status_code=422)
    assert not guide.sign_offs.exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"text": " \x00"}, "Write your comment."),
        ({"text": "x" * 2001}, "Make this shorter"),
        ({"place": "999999"}, "This part was removed meanwhile."),
        ({"place": "\x00"}, "This part was removed meanwhile."),
    ],
)
def test_what_is_wrong_with_a_comment_is_said_and_its_words_are_kept(people, client, wrong, message):
    guide = a_guide()
    client.force_login(people["Clinical reviewer"])

    response = client.post(page_of(guide, "review"), {"comment_on_it": "yes", "text": "Kept words.", **wrong})

    assertContains(response, message, status_code=422)
    assert "text" in wrong or "Kept words." in response.text
    assert not guide.review_comments.exists()


def test_a_comment_stands_at_its_section_and_so_does_what_is_wrong_with_one(people, client):
    sections = [{"heading": name, "body": "<p>Plain words.</p>"} for name in ("Before", "After")]
    guide = a_guide(sections=sections)
    before, after = guide.sections.all()
    client.force_login(people["Clinical reviewer"])
    review = page_of(guide, "review")

    client.post(review, {"comment_on_it": "yes", "place": after.pk, "text": "How long?"})
    wrong = client.post(review, {"comment_on_it": "yes", "place": after.pk, "text": "x" * 2001})

    here = f'id="your-review__at-{after.pk}"'
    for page, status in ((client.get(review), 200), (wrong, 422)):
        assertContains(page, "How long?", status_code=status, count=1)
        assert page.text.index(">Before<") < page.text.index(f'id="your-review__at-{before.pk}"')
        assert page.text.index(">After<", page.text.index("<article")) < page.text.index(here)
        assert page.text.index(here) < page.text.index("How long?") < page.text.index("</article>")
    assertContains(wrong, f'<a href="#your-review__{after.pk}-text">', status_code=422)
    assert len(re.findall(r'<details class="say screen-only"[^>]* open>', wrong.text)) == 1


def test_patients_see_nothing_of_it(people, client):
    guide = a_guide()
    client.force_login(people["Clinical reviewer"])
    client.post(page_of(guide, "review"), {"comment_on_it": "yes", "place": guide.sections.get().pk, "text": "Hm."})
    guide.publish(by=None)

    page = client.get(guide.get_absolute_url())

    assertNotContains(page, "Hm.")
    assertNotContains(page, "Comment on this part")


def test_a_comment_runs_nothing(people, client):
    guide = a_guide()
    client.force_login(people["Clinical reviewer"])
    client.post(page_of(guide, "review"), {"comment_on_it": "yes", "text": "<script>alert(1)</script>"})

    client.force_login(people["Editor"])

    assertContains(client.get(change(guide)), "&lt;script&gt;alert(1)")
    assertNotContains(client.get(change(guide)), "<script>alert(1)")


def test_who_wrote_it_is_offered_neither_as_reviewer_nor_the_form_to_sign(clinic, client):
    writer, other = a_user(first_name="Wanda"), a_user(first_name="Otto")
    client.force_login(writer)
    guide = a_guide(is_sample=False)
    client.post(change(guide), post_of(guide, is_sample="", summary="Mine."))

    ask = client.get(page_of(guide, "ask_review"))
    assertNotContains(ask, ">Wanda</option>")
    assertContains(ask, ">Otto</option>")
    assertContains(
        client.post(page_of(guide, "ask_review"), {"reviewer": writer.pk}),
        "This person may not sign this guide.",
        status_code=422,
    )
    review = page_of(guide, "review")
    assertContains(client.get(review), "You have written in this text, so a colleague must sign it.")
    assertContains(client.post(review, signing(guide)), "You have written in this text, so you", status_code=422)
    client.force_login(other)
    assert client.post(review, signing(guide)).status_code == 303


def test_who_starts_a_guide_owns_it_and_is_its_author(clinic, client, staff_client, staff):
    from .posts import guide_post

    topic = a_guide().topic.pk
    staff_client.post(ADD, guide_post(title="New", slug="new", topic=topic, sections=[{"heading": "One"}]))

    guide = Guide.objects.get(slug="new")
    assert guide.owner == staff
    assert guide.is_author(staff)


def test_once_signed_the_dates_are_no_more_typed_by_hand(people, client):
    guide = a_guide(is_sample=False)
    a_sign_off(guide)
    client.force_login(people["Editor"])

    client.post(
        change(guide),
        post_of(guide, is_sample="", reviewed_by="Me", last_reviewed="2020-01-01", next_review="2099-01-01"),
    )

    guide.refresh_from_db()
    assert guide.reviewed_by == "Dr. Ada Lind, radiologist"
    assert guide.last_reviewed == timezone.localdate()
    assert guide.next_review.year < 2099


def test_a_review_can_be_taken_back_and_asked_anew_of_somebody_else(people, client):
    guide = a_guide()
    client.force_login(people["Editor"])
    client.post(page_of(guide, "ask_review"), {"reviewer": people["Clinical reviewer"].pk})
    client.post(page_of(guide, "ask_review"), {"reviewer": ""})
    assert [asked.ending for asked in guide.review_requests.all()] == ["", "taken_back"]
    assert not Letter.objects.get().is_still_true()

    response = client.post(page_of(guide, "take_back"), follow=True)

    assertContains(response, "Nobody is asked for a review now.")
    assert Guide.objects.get().open_review is None
    assert client.get(page_of(guide, "take_back")).status_code == 405


def test_what_waits_for_somebody_else_does_not_wait_for_me(people, client):
    mine, theirs, anybodys = a_guide("Mine"), a_guide("Theirs"), a_guide("Anybody’s")
    ada, other = people["Clinical reviewer"], somebody("Clinical reviewer")
    mine.ask_for_review(by=None, reviewer=ada)
    theirs.ask_for_review(by=None, reviewer=other)
    anybodys.ask_for_review(by=None)

    assert set(Guide.objects.waiting_for(ada)) == {mine, anybodys}
    client.force_login(ada)
    assertContains(client.get("/admin/"), "guides wait for your review")
    shown = client.get(LIST, {"waits": "review"}).context["cl"].result_list
    assert {guide.title for guide in shown} == {"Mine", "Theirs", "Anybody’s"}


@pytest.mark.parametrize(("waits", "title"), [("unsigned", "Plain"), ("comments", "Talked about")])
def test_the_list_can_be_narrowed_by_sign_off(staff_client, clinic, waits, title):
    signed, talked = a_guide("Signed"), a_guide("Talked about")
    for guide in (signed, talked):
        a_sign_off(guide)
    talked.review_comments.create(text="a", name="b")
    talked.review_comments.create(text="a", name="b", done_at=timezone.now())
    signed.review_comments.create(text="a", name="b", done_at=timezone.now())
    a_guide("Plain")

    shown = staff_client.get(LIST, {"waits": waits}).context["cl"].result_list

    assert [guide.title for guide in shown] == [title]


def test_the_list_says_the_state_of_each_guide_in_a_fixed_number_of_queries(
    staff_client, clinic, django_assert_max_num_queries
):
    for number in range(8):
        guide = a_guide(f"Guide {number}", is_sample=False)
        a_sign_off(guide)
        guide.ask_for_review(by=None, reviewer=a_user())

    with django_assert_max_num_queries(18):
        assertContains(staff_client.get(LIST), "In review by staff", count=8)


# Overdue --------------------------------------------------------------------------------------------------------------


def overdue_guide(*, is_signed=True, **facts):
    """Signed long ago: a signature itself cannot be moved, so what was published of it is."""
    today = timezone.localdate()
    facts = {"last_reviewed": today - timedelta(days=400), "next_review": today - timedelta(days=1), **facts}
    if not is_signed:
        return a_published_guide("Old page", **facts)
    guide = a_guide("Old page", is_sample=False)
    a_sign_off(guide)
    live = guide.publish(by=None)
    live.data |= {name: value.isoformat() for name, value in facts.items()}
    live.save()
    Guide.objects.filter(pk=guide.pk).update(**facts)
    return guide


def test_a_reader_is_told_softly_that_a_page_is_checked_again(client, clinic, django_assert_max_num_queries):
    guide = overdue_guide()

    with django_assert_max_num_queries(4):  # as each guide's page
        page = client.get(guide.get_absolute_url())

    assertContains(page, "We are checking this page again. It was last reviewed on")


@pytest.mark.parametrize("facts", [{"next_review": timezone.localdate()}, {"is_signed": False}])
def test_nothing_is_said_on_the_day_itself_or_where_nobody_ever_reviewed(client, clinic, facts):
    guide = overdue_guide(**facts)

    assertNotContains(client.get(guide.get_absolute_url()), "We are checking this page again")


@pytest.mark.parametrize(
    ("role", "sees"), [("Editor", True), ("Publisher", True), ("Triage", False), ("Auditor", False)]
)
def test_overdue_guides_stand_on_the_first_page_of_those_who_see_guides(client, clinic, role, sees):
    overdue_guide()
    a_guide("A draft", next_review=timezone.localdate() - timedelta(days=9))
    client.force_login(somebody(role))

    page = client.get("/admin/")

    assert ("guide that patients read is overdue for its review" in page.text) == sees
    assert (f"{reverse('admin:education_guide_changelist')}?review=overdue" in page.text) == sees
