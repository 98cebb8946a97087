"""Thousands of hostile submissions to the running site: always an answer, soon, and no word of theirs where it must not be.

Each carries a canary. The words of a patient may stand in the request's own rows and on the pages of who wrote or reads
them: on no other row, in no log, mail, cookie, address or title.
"""

import random
import re
import socket
import time
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.contrib.sessions.backends.db import SessionStore
from django.core import signing
from django.db import connection

from appointments.models import AppointmentRequest, ContactAttempt, PatientReply, Recipient
from tests import factories
from tests.appointments.mail_server import MailServer
from tests.triage import pages

from . import canary, corpus, size
from .conftest import Browser
from .processes import process, until

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = size(200, 10_000)
SLOWEST = size(10, 2)  # seconds; the short form shares the computer with other tests
AT_ONCE = 4
THINKS_FOR = 60  # seconds: who sends a form at once is no person
LOOKED_AT = size(8, 500)  # requests that staff open
OF_A_REQUEST = [AppointmentRequest, PatientReply, ContactAttempt]
TITLE = re.compile(rb"<title>(.*?)</title>", re.DOTALL)


@pytest.fixture
def mail_server():
    with MailServer().running() as server:
        yield server


@pytest.fixture
def site(mail_server, services, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    facts = {"EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}", "PORT": port, "HOST": "127.0.0.1"}
    with process(
        "manage.py", "serve", folder=tmp_path, name="site", TRUSTED_PROXIES=1, CLINIC_ENV="local", **facts
    ) as site:
        until(lambda: "Ready: " in site.said(), within=60)
        site.port = port
        yield site
        site.terminate()


@dataclass
class Answer:
    submission: corpus.Submission
    seconds: float
    head: bytes
    body: bytes

    @property
    def status(self):
        """None where the connection ended without one: to who lied about the length."""
        return int(self.head.split()[1]) if self.head else None

    @property
    def receipt(self):
        found = re.search(rb"^Location: (.*)\r", self.head, re.MULTILINE | re.IGNORECASE)
        return found and found[1]

    @property
    def leaks(self):
        """Canaries beside the page's own text: in headers, cookies, the address, the title, or as markup."""
        title = TITLE.search(self.body)
        return canary.found(self.head) | canary.found(title[1] if title else b"") | live_words(self.body)


def send(port, submission, cookie):
    began, answer = time.monotonic(), b""
    address = f"198.18.{random.randint(0, 255)}.{random.randint(1, 254)}"
    with socket.create_connection(("127.0.0.1", port), timeout=15) as line, suppress(ConnectionError, TimeoutError):
        with suppress(ConnectionError):  # refused before all was sent
            line.sendall(submission.on_the_wire(cookie, address))
            if submission.stays:
                line.shutdown(socket.SHUT_WR)
        while part := line.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return Answer(submission, time.monotonic() - began, head, body)


class Live(HTMLParser):
    """Canaries that a browser would not just show: in names of tags and attributes, in scripts, in addresses."""

    def __init__(self):
        super().__init__()
        self.words, self.inside = set(), ""

    def handle_starttag(self, tag, attributes):
        self.inside = tag if tag in ("script", "style") else ""
        self.words |= canary.found(tag)
        for name, value in attributes:
            asked = name.startswith("on") or name in ("src", "href", "action", "style", "srcdoc")
            if asked and not (value or "").startswith(("mailto:", "tel:")):
                self.words |= canary.found(value or "")
            self.words |= canary.found(name)

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, text):
        if self.inside:
            self.words |= canary.found(text)

    def handle_comment(self, text):
        self.words |= canary.found(text)


def live_words(page):
    if b"zqx" not in page:
        return set()
    reader = Live()
    reader.feed(page.decode())
    return reader.words


def in_the_database():
    """Canaries in rows other than those of a request."""
    own = {model._meta.db_table for model in OF_A_REQUEST}
    words = {}
    with connection.cursor() as cursor:
        for table in set(connection.introspection.table_names()) - own:
            if table.startswith("appointments_search"):  # SQLite's index of the request's own words
                continue
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            while rows := cursor.fetchmany(500):
                if found := canary.found(rows):
                    words[table] = found
    return words


def in_the_mails(mail_server):
    """Canaries in messages. A patient's own message may name the patient's address, in To and nowhere else."""
    staff = set(Recipient.objects.values_list("email", flat=True))
    words = set()
    for receiver, content in mail_server.accepted:
        message = message_from_bytes(content)
        if receiver not in staff:
            del message["To"]
        words |= canary.found(bytes(message))
    return words


def in_the_logs(site):
    logs = canary.found(site.said())
    if connection.vendor == "postgresql":
        log = Path(connection.settings_dict["HOST"]) / "log"
        if log.is_file():
            logs |= canary.found(log.read_bytes())
        else:
            warnings.warn("PostgreSQL's log is out of reach and was not searched.", stacklevel=1)
    return logs


def forms_of(client, form_page, number, monkeypatch):
    """What honest patients would send, on pages that they have had open for a while."""
    forms = []
    earlier = signing.b62_encode(int(time.time()) - THINKS_FOR)
    monkeypatch.setattr(signing.TimestampSigner, "timestamp", lambda signer: earlier)
    for _ in range(number):
        answers = form_page(client, email="pat.sample@example.org", message="My knee hurts.", preferred_days=["monday"])
        forms.append(
            [(name, one) for name, value in answers.items() for one in (value if isinstance(value, list) else [value])]
        )
    monkeypatch.undo()
    return forms


def test_hostile_submissions_end_in_answers_and_leave_no_trace(
    site, mail_server, form_page, log, monkeypatch, record_figures
):
    visitor = Browser()
    forms = forms_of(visitor, form_page, size(6, 200), monkeypatch)
    cookie = f"{site_settings.CSRF_COOKIE_NAME}={visitor.cookies[site_settings.CSRF_COOKIE_NAME].value}"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda one: send(site.port, one, cookie), corpus.submissions(forms, NUMBER)))
    stored = AppointmentRequest.objects.count()

    unanswered = [answer.submission for answer in answers if answer.status is None]
    told = Counter(answer.status for answer in answers)
    slowest = max(answer.seconds for answer in answers)
    record_figures(submissions=len(answers), answers=dict(told), stored=stored, slowest=round(slowest, 2))
    assert {submission.kind for submission in unanswered} <= {"lies"}
    assert [answer for answer in answers if (answer.status or 0) >= 500] == []
    assert slowest < SLOWEST
    assert [answer for answer in answers if answer.leaks] == []
    # Of some thousand a few are the same form with the same words: the second gets the receipt of the first.
    receipts = {answer.receipt for answer in answers if answer.status == 303}
    assert len(receipts) == stored > NUMBER / 6

    until(lambda: len({receiver for receiver, _ in mail_server.accepted}) >= 2, within=60)
    staff_look_at_what_came()
    assert in_the_mails(mail_server) == set()
    assert in_the_logs(site) | canary.found(log.getvalue()) == set()
    assert in_the_database() == {}


def staff_look_at_what_came():
    """The list, a search for what was typed, and the requests themselves: shown, as text, and in no address or title."""
    staff = Browser()
    staff.force_login(factories.a_user())
    requests = list(AppointmentRequest.objects.order_by("?")[:LOOKED_AT])
    seen = [staff.get(pages.DESK), staff.get(pages.LIST), staff.get(f"{pages.LIST}?status=all")]
    for request in requests:
        seen += [staff.post(pages.action(request, "claim"), {}), staff.get(pages.detail(request))]
        seen.append(staff.post(pages.SEARCH, {"q": request.name[:100]}))
        assert canary.found(staff.get(request.get_absolute_url()).content) == set()
    for page in seen:
        assert page.status_code in (200, 302)
        answer = Answer(None, 0, f"HTTP/1.1 {page.status_code}\n{page.headers}\n{page.cookies}".encode(), page.content)
        assert answer.leaks == set()


def test_twin_words_that_are_somewhere_else_are_found(clinic, mail_server, tmp_path):
    """The search itself: what a careless site would have left behind."""
    recipient, word = factories.a_recipient(), canary.new()
    session = SessionStore()
    session["messages"] = f"Thank you, {word}"
    session.save()
    mail_server.accepted.append((recipient.email, f"Subject: {word}\n\nA new request".encode()))
    with process("-c", f"raise ValueError({word!r})", folder=tmp_path) as careless:
        careless.wait()

    assert in_the_database() == {"django_session": {word}}
    assert in_the_mails(mail_server) == {word}
    assert in_the_logs(careless) == {word}
    assert live_words(f"<img src=x onerror={word}>".encode()) == {word}
    assert live_words(f"<p title='{word}'>{word}".encode()) == set()
