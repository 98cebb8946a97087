"""A draft by a secret link: for one person, for a while, and never for an author."""

import logging
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection
from django.test import Client as DjangoClient
from django.utils import timezone
from django.utils.http import urlencode
from pytest_django.asserts import assertContains, assertNotContains

from clinic import work
from clinic.logs import PlainFormatter
from education import clinical
from education.models import Guide, Letter, NotSignable, PreviewLink
from tests.factories import a_guide, a_user

from .test_editor_desk import change, page_of, post_of

OPEN = {"open_it": "yes"}


class Client(DjangoClient):
    """A browser that posts as the public pages' forms do."""

    def post(self, path, data=None, **kwargs):
        if path.startswith("/drafts/"):
            kwargs["content_type"] = "application/x-www-form-urlencoded"
            data = urlencode(data)
        return super().post(path, data, **kwargs)


@pytest.fixture
def client():
    return Client()


def a_link(guide=None, **facts):
    facts = {"name": "Dr. Ada Lind", "email": "ada@example.org", **facts}
    return PreviewLink.objects.create(guide=guide or a_guide(is_sample=False), **facts)


@pytest.fixture
def guest(client, clinic):
    """(a browser that has opened the link, the link)"""
    link = a_link()
    client.post(link.get_absolute_url(), OPEN)
    return client, link


def signing(guide, **facts):
    facts = {"name": "Dr. Ada Lind", "role": "radiologist", "months": "12", "agree": "on", **facts}
    return {"sign_it": "yes", "digest": clinical.digest(Guide.objects.get(pk=guide.pk).as_data()), **facts}


def test_a_clinician_without_an_account_reads_comments_and_signs(staff_client, staff, clinic, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    guide = a_guide("Swallow test", is_sample=False)
    asked = {"name": "Dr. Ada Lind", "email": "Ada@Example.org", "note": "Is the dose right?", "days": "7"}

    # The editor names a mailbox; the link is in the mail alone.
    response = staff_client.post(page_of(guide, "links"), asked, follow=True)
    assertContains(response, "Dr. Ada Lind gets the link by e-mail in a moment.")
    link = PreviewLink.objects.get()
    assertContains(response, "ada@example.org: not opened yet")
    assertNotContains(response, link.get_absolute_url())
    assert work.send_a_letter() is True
    message = mail.outbox[0]
    assert message.to == ["ada@example.org"]
    assert "Is the dose right?" in message.body
    assert settings.SITE_URL + link.get_absolute_url() in message.body

    # Ada opens it, comments on a section and signs.
    ada = Client()
    address = link.get_absolute_url()
    assertNotContains(ada.get(address), "Plain words.")
    page = ada.post(address, OPEN, follow=True)
    assertContains(page, "Plain words.")
    assertContains(page, "<strong>This is a draft.</strong>", html=True)
    section = guide.sections.get()
    ada.post(address, {"comment_on_it": "yes", "place": section.pk, "text": "Half of it is enough."})
    assertContains(ada.get(address), "Half of it is enough.")
    assert ada.post(address, signing(guide)).status_code == 303
    assertContains(ada.get(address), "You signed this text on")

    # The editor sees both, and publishes.
    assertContains(staff_client.get(change(guide)), "Half of it is enough.")
    staff_client.post(page_of(guide, "publish"))
    signed = guide.sign_offs.get()
    assert (signed.link, signed.email, signed.signed_by) == (link, "ada@example.org", None)
    assertContains(Client().get("/guides/swallow-test/"), "Dr. Ada Lind, radiologist")


def test_the_draft_is_shown_as_it_is_at_that_moment(guest):
    client, link = guest
    link.guide.sections.update(body="<p>Words of this minute.</p>")

    assertContains(client.get(link.get_absolute_url()), "Words of this minute.")


def test_the_link_is_for_one_browser(guest):
    client, link = guest
    other = Client()

    for response in (other.get(link.get_absolute_url()), other.post(link.get_absolute_url(), OPEN)):
        assertContains(response, "This link is in use already", status_code=403)
        assert not response.cookies.get(f"draft-{link.pk}")
    assert other.post(link.get_absolute_url(), signing(link.guide)).status_code == 403
    assert not link.guide.sign_offs.exists()
    assertContains(client.get(link.get_absolute_url()), "Plain words.")


def test_a_mail_scanner_that_looks_at_the_link_does_not_use_it_up(client, clinic):
    link = a_link()

    for look in (client.get, client.head, client.options):
        look(link.get_absolute_url())

    link.refresh_from_db()
    assert link.opened_at is None
    assert client.post(link.get_absolute_url(), OPEN).status_code == 303


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_it_at_once_one_gets_it():
    link, secrets, both = a_link(), [], threading.Barrier(2)

    def open_it():
        both.wait()
        secrets.append(PreviewLink.objects.get(pk=link.pk).open())
        connection.close()

    threads = [threading.Thread(target=open_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(secret is None for secret in secrets) == [False, True]


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_an_ended_link_shows_and_takes_nothing(guest, staff, end):
    client, link = guest
    if end == "expired":
        past = timezone.now() - timedelta(seconds=1)
        PreviewLink.objects.update(expires_at=past, created_at=past - timedelta(days=7))
    else:
        editor = Client()
        editor.force_login(staff)
        assertContains(editor.post(page_of(link.guide, "revoke", link.pk), follow=True), "opens nothing any more")

    for response in (client.get(link.get_absolute_url()), client.post(link.get_absolute_url(), signing(link.guide))):
        assertContains(response, "This link has ended", status_code=410)
        assertNotContains(response, "Plain words.", status_code=410)
    assert not link.guide.sign_offs.exists()
    link.refresh_from_db()
    assert link.open() is None


def test_a_link_is_good_for_seven_days_unless_the_editor_says_otherwise(db):
    assert a_link().expires_at - timezone.now() > timedelta(days=6, hours=23)
    assert a_link().expires_at - timezone.now() < timedelta(days=7, hours=1)
    assert a_link(days=2).expires_at - timezone.now() < timedelta(days=2, hours=1)


def test_the_row_alone_opens_nothing(client, clinic, settings):
    link = a_link()
    address = link.get_absolute_url()
    token = address.split("/")[2]

    for forged in (link.nonce, f"{link.nonce}.", token[:-1], token.replace(".", ":"), f"{link.nonce}.{'A' * 43}", "x"):
        assert client.get(f"/drafts/{forged}/").status_code == 404, forged
    values = [str(value) for value in PreviewLink.objects.values_list()[0]]
    assert not [value for value in values if token in value]
    settings.SECRET_KEY = "another-key-of-the-same-site-0123456789-0123456789"
    assert client.get(address).status_code == 404


def test_who_guesses_has_to_wait_and_who_has_the_link_is_answered(guest, settings):
    client, link = guest
    settings.REQUESTS_PER_HOUR_REFUSED = 3

    answers = [client.get("/drafts/guessed/").status_code for _ in range(5)]

    assert answers == [404, 404, 404, 429, 429]
    assert client.get(link.get_absolute_url()).status_code == 200


def test_the_page_is_kept_by_nobody_and_its_address_is_told_to_nobody(guest):
    client, link = guest
    other = Client()

    for response in (client.get(link.get_absolute_url()), other.get(link.get_absolute_url())):
        assert "no-store" in response["Cache-Control"]
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert response["Referrer-Policy"] == "strict-origin"
        assertContains(response, '<meta name="robots" content="noindex, nofollow">', status_code=response.status_code)


def test_the_cookie_goes_to_this_page_alone(client, clinic):
    link = a_link()

    cookie = client.post(link.get_absolute_url(), OPEN).cookies[f"draft-{link.pk}"]

    assert cookie["path"] == link.get_absolute_url()
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    link.refresh_from_db()
    assert cookie.value not in str(PreviewLink.objects.values_list()[0])


def test_the_address_is_in_no_log():
    token = "0123456789abcdef01234567.sig-sig_sig"  # of the shape that a token has
    record = logging.LogRecord("django.request", 30, "x", 1, "Not Found: /drafts/%s/ and more", (token,), None)

    line = PlainFormatter().format(record)

    assert token not in line
    assert "/drafts/…/ and more" in line


def test_a_guest_sees_no_comment_of_others_and_no_door_to_the_desk(guest):
    client, link = guest
    link.guide.review_comments.create(text="Between colleagues.", name="Sam")

    page = client.get(link.get_absolute_url())

    assertNotContains(page, "Between colleagues.")
    assertNotContains(page, "/admin/education/")


def test_a_link_takes_a_hundred_comments(guest):
    client, link = guest
    for number in range(100):
        link.guide.review_comments.create(text=f"{number}", name="Ada", link=link)

    response = client.post(link.get_absolute_url(), {"comment_on_it": "yes", "text": "One more"})

    assertContains(response, "that is all this link takes", status_code=422)


# Never an author ------------------------------------------------------------------------------------------------------


def test_the_mailbox_of_an_author_is_refused_when_it_is_named(clinic, client):
    author, editor = a_user("wanda"), a_user("erin")
    guide = a_guide(is_sample=False)
    client.force_login(author)
    client.post(change(guide), post_of(guide, is_sample="", summary="Mine."))
    client.force_login(editor)

    for email in (author.email.upper(), editor.email):
        response = client.post(page_of(guide, "links"), {"name": "Dr. X", "email": email, "days": "7"})
        assertContains(response, "This is the address of somebody who has written in the guide.", status_code=422)
        assertContains(response, 'value="Dr. X"', status_code=422)
    assert not PreviewLink.objects.exists()


def test_who_writes_after_the_link_was_sent_cannot_sign_by_it(guest):
    client, link = guest
    author = a_user(superuser=False)
    author.email = "ADA@example.org"
    author.save()
    link.guide.sections.update(body="<p>Mine.</p>")
    link.guide.count_edit(by=author)

    assertContains(client.get(link.get_absolute_url()), "so a colleague must sign it.")
    response = client.post(link.get_absolute_url(), signing(link.guide))

    assertContains(response, "You have written in this text", status_code=422)
    with pytest.raises(NotSignable):
        link.guide.sign_off(link=link, name="Ada", role="x")
    with pytest.raises(IntegrityError):
        signed = a_sign_off_row(link)
        signed.save()


def a_sign_off_row(link):
    from .test_sign_off import SignOff, facts_of

    return SignOff(**facts_of(link.guide, link=link, email=link.email))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"email": ""}, "This field is required."),
        ({"days": "0"}, "greater than or equal to 1"),
        ({"days": "31"}, "less than or equal to 30"),
        ({"name": "x" * 61}, "at most 60 characters"),
        ({"note": "x" * 501}, "at most 500 characters"),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_what_is_wrong_with_an_invitation_is_said(staff_client, clinic, wrong, message):
    guide = a_guide()

    response = staff_client.post(
        page_of(guide, "links"), {"name": "Dr. X", "email": "x@example.org", "days": "7", **wrong}
    )

    assertContains(response, message, status_code=422)
    assert not Letter.objects.exists()


def test_ten_links_at_once_are_enough(staff_client, clinic):
    guide = a_guide()
    for _ in range(10):
        a_link(guide)
    post = {"name": "Dr. X", "email": "x@example.org", "days": "7"}

    assertContains(staff_client.post(page_of(guide, "links"), post), "Revoke one", status_code=422)
    PreviewLink.objects.first().revoke()

    assert staff_client.post(page_of(guide, "links"), post).status_code == 302


def test_a_link_of_another_guide_is_not_revoked_by_this_one(staff_client, clinic):
    link, other = a_link(), a_guide()

    assert staff_client.post(page_of(other, "revoke", link.pk)).status_code == 404
    assert staff_client.get(page_of(link.guide, "revoke", link.pk)).status_code == 405
    link.refresh_from_db()
    assert link.is_usable


def test_a_signature_by_link_does_not_outlive_a_change(guest):
    client, link = guest
    client.post(link.get_absolute_url(), signing(link.guide))
    link.guide.sections.update(body="<p>Other.</p>")

    page = client.get(link.get_absolute_url())

    assertContains(page, "What was changed since Dr. Ada Lind, radiologist signed it")
    assertContains(page, "Sign this guide off")
