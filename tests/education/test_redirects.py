"""A guide that moves: every address it ever had leads to where it is now."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains

from education.models import Guide, OldAddress, find_guide
from tests.factories import a_guide, a_published_guide, a_service

from .posts import guide_post
from .test_checks import dead, linking
from .test_editor_desk import ADD, change, post_of


def move(guide, slug):
    guide.slug = slug
    guide.save()


def test_an_editor_who_moves_a_page_is_asked_first_and_nothing_typed_is_lost(staff_client, clinic):
    guide = a_published_guide("Back pain")
    assertContains(staff_client.get(change(guide)), "Move the page to this address")

    asked = staff_client.post(change(guide), post_of(guide, slug="sore-back", summary="New words."))
    assertContains(asked, "Patients know this page as /guides/back-pain/.")
    assertContains(asked, 'value="sore-back"')
    assertContains(asked, "New words.")
    assert Guide.objects.get().slug == "back-pain"

    staff_client.post(change(guide), post_of(guide, slug="sore-back", moves="on"))
    response = staff_client.get("/guides/back-pain/?from=letter")
    assert (response.status_code, response["Location"]) == (301, "/guides/sore-back/?from=letter")
    assert "max-age=0" in response["Cache-Control"]  # it may move back
    assert staff_client.get("/guides/sore-back/").status_code == 200


def test_a_guide_that_was_never_published_moves_without_a_trace(staff_client, clinic):
    guide = a_guide("Back pain")

    staff_client.post(change(guide), post_of(guide, slug="sore-back"))

    assert Guide.objects.get().slug == "sore-back"
    assert not OldAddress.objects.exists()


def test_moving_is_no_unpublished_change(clinic):
    guide = a_published_guide("Back pain")

    move(guide, "sore-back")

    assert not guide.has_unpublished_changes()
    guide.title = "Sore back"
    assert guide.has_unpublished_changes()


def test_chains_collapse_and_there_is_no_loop(client, clinic):
    guide = a_published_guide("A")
    for slug in ("b", "c", "d"):
        move(guide, slug)

    for old in ("a", "b", "c"):
        assert client.get(f"/guides/{old}/")["Location"] == "/guides/d/"
    move(guide, "a")
    assert client.get("/guides/a/").status_code == 200
    for old in ("b", "c", "d"):
        assert client.get(f"/guides/{old}/")["Location"] == "/guides/a/"


def test_two_that_swap_their_addresses_go_round_no_circle(client, clinic):
    one, two = a_published_guide("One"), a_published_guide("Two")
    move(one, "elsewhere")

    with pytest.raises(ValidationError, match="leads to “One”"):
        move(two, "one")

    assert Guide.objects.get(pk=two.pk).slug == "two"
    assert client.get("/guides/one/")["Location"] == "/guides/elsewhere/"


def test_an_old_address_is_not_taken_by_accident(staff_client, clinic):
    guide = a_published_guide("Back pain")
    move(guide, "sore-back")

    new = staff_client.post(ADD, guide_post(title="Other", slug="back-pain", topic=guide.topic_id))

    assertContains(new, "This address leads to “Back pain”, which was there before. Choose another one.")
    assertContains(new, 'value="Other"')
    assert Guide.objects.count() == 1
    with pytest.raises(ValidationError):  # nor past the form
        a_guide("Other", slug="back-pain")
    assert Guide.objects.count() == 1


@pytest.mark.parametrize("slug", ["topic", "words"])
def test_a_guide_takes_no_address_that_another_page_has(staff_client, clinic, slug):
    """Only where the site has such a page."""
    taken = staff_client.get(f"/guides/{slug}/").status_code == 200
    guide = a_guide()

    response = staff_client.post(change(guide), post_of(guide, slug=slug))

    assert ("This is the address of another page of the site." in response.text) == taken


def test_a_withdrawn_guide_leads_nowhere_from_any_address(client, clinic):
    guide = a_published_guide("Back pain")
    move(guide, "sore-back")
    guide.withdraw(by=None)

    response = client.get("/guides/back-pain/")

    assertContains(response, "We cannot find that page", status_code=404)
    assertContains(response, "(212) 555-0142", status_code=404)
    guide.publish(by=None)
    assert client.get("/guides/back-pain/").status_code == 301


def test_only_a_page_that_is_not_there_costs_a_look_for_old_addresses(client, clinic):
    guide = a_published_guide("Back pain")
    move(guide, "sore-back")

    def looks(address):
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return sum("education_oldaddress" in query["sql"] for query in asked)

    assert looks("/guides/sore-back/") == 0
    assert looks("/guides/back-pain/") == 1
    assert looks("/guides/nothing/") == 1


def test_the_request_form_follows_a_guide(client, clinic):
    guide = a_published_guide("Back pain", service=a_service())
    move(guide, "sore-back")

    assert find_guide("back-pain") == find_guide("sore-back")
    assert find_guide("back-pain")["slug"] == "sore-back"
    assertContains(client.get("/request/?guide=back-pain"), "Back pain")
    assert find_guide("nothing") is None


def test_a_link_to_an_old_address_is_no_dead_link(clinic):
    there = a_published_guide(slug="there")
    move(there, "moved")

    assert dead(linking("/guides/there/#what-it-is", slug="one")) == set()
    assert dead(linking("/guides/there/#nothing", slug="two")) == {"/guides/there/#nothing"}
    there.withdraw(by=None)
    assert dead(linking("/guides/there/", slug="three")) == {"/guides/there/"}


@pytest.mark.parametrize("hostile", ["..", "a%00b", "<script>", "a" * 300, "%F0%9F%92%89", "-"])
def test_a_strange_address_is_a_page_that_is_not_there(client, clinic, hostile):
    assert client.get(f"/guides/{hostile}/").status_code in (404, 400)


@pytest.mark.django_db(transaction=True)
def test_an_address_that_is_left_and_taken_at_the_same_moment_leads_to_one_guide():
    guide = a_published_guide("Back pain")
    topic, refused = guide.topic, []

    def take():
        try:
            a_guide("Other", slug="back-pain", topic=topic)
        except (ValidationError, IntegrityError) as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)] + [
        threading.Thread(target=lambda: (move(guide, "sore-back"), connection.close()))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 4
    assert [(old.slug, old.guide) for old in OldAddress.objects.all()] == [("back-pain", guide)]


@pytest.mark.parametrize("file", ["leaflet.pdf", "card.png"])
def test_what_a_guide_has_besides_its_page_is_found_by_its_old_address(client, clinic, file):
    guide = a_published_guide("Back pain")
    move(guide, "sore-back")

    response = client.get(f"/guides/back-pain/{file}")

    assert (response.status_code, response["Location"]) == (301, f"/guides/sore-back/{file}")
    assert "max-age=0" in response["Cache-Control"]
    guide.withdraw(by=None)
    assert client.get(f"/guides/back-pain/{file}").status_code == 404
