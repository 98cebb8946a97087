"""Mail of the demo, read in the browser by staff."""

import pytest
from django.core.mail import EmailMessage, get_connection
from pytest_django.asserts import assertContains, assertNotContains

from clinic.caught_mail import BACKEND
from tests.factories import a_user

MAIL = "/admin/mail/"


@pytest.fixture
def caught(settings):
    settings.EMAIL_BACKEND = BACKEND

    def send(*messages):
        get_connection(BACKEND).send_messages(messages)

    return send


def a_message(subject="Hello", body="Words", **options):
    return EmailMessage(subject, body, "clinic@example.org", ["desk@example.org"], **options)


def test_no_mail_yet(staff_client, clinic, caught):
    assertContains(staff_client.get(MAIL), "No mail yet")


def test_messages_stand_newest_first_and_can_be_read(staff_client, clinic, caught):
    caught(
        a_message("First"), a_message("Second", "See http://127.0.0.1:8000/admin/ <b>now</b>", headers={"X-Odd": "é"})
    )

    page = staff_client.get(MAIL)
    mails = page.context["caught"]
    message = staff_client.get(f"{MAIL}{mails[0].file}/{mails[0].number}/")

    assert [mail.subject for mail in mails] == ["Second", "First"]
    assertContains(page, "desk@example.org")
    assertContains(message, '<a href="http://127.0.0.1:8000/admin/"')
    assertContains(message, "&lt;b&gt;now&lt;/b&gt;")
    assertContains(message, "X-Odd")


@pytest.mark.parametrize("file", ["..", "..%2f..%2fsecret", "nothing.log", "%00", "secret.txt"])
def test_nothing_but_caught_mail_is_read(staff_client, clinic, caught, settings, tmp_path, file):
    caught(a_message())
    (tmp_path / "secret").write_text("Subject: secret\n\nsecret")
    (tmp_path / "mail" / "secret.txt").write_text("Subject: secret\n\nsecret")

    response = staff_client.get(f"{MAIL}{file}/0/")

    assert response.status_code == 404
    assertNotContains(response, "secret\n", status_code=404)


def test_a_message_that_is_not_there(staff_client, clinic, caught):
    caught(a_message())
    file = staff_client.get(MAIL).context["caught"][0].file

    assert staff_client.get(f"{MAIL}{file}/1/").status_code == 404
    assert staff_client.get(f"{MAIL}{file}/99999999999999999999/").status_code == 404


def test_where_a_mail_server_is_set_there_is_no_such_page(staff_client, clinic, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    assert staff_client.get(MAIL).status_code == 404
    assertNotContains(staff_client.get("/admin/"), MAIL)


def test_only_staff_read_it(client, clinic, caught):
    user = a_user(superuser=False)
    user.is_staff = False
    user.save()
    client.force_login(user)

    assert client.get(MAIL).status_code == 302
