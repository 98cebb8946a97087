import html
import itertools
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from urllib.parse import urlencode

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from appointments import form_token
from clinic.logs import PlainFormatter
from tests import factories

from .mail_server import MailServer

ALICE, BOB = "alice@example.org", "bob@example.org"
homes = itertools.count(1)
HIDDEN = re.compile(r'name="(form_token|csrfmiddlewaretoken)" value="([^"]+)"')


class Browser(Client):
    """A client that sends a form as browsers do: urlencoded, in UTF-8. With `csrf=True` the check is in force.

    Each is at home somewhere else: many requests from one address look like spam.
    """

    def __init__(self, *, csrf=False, **kwargs):
        number = next(homes)
        kwargs.setdefault("REMOTE_ADDR", f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
        super().__init__(enforce_csrf_checks=csrf, **kwargs)

    def post(self, path, answers, **kwargs):
        return super().post(path, urlencode(answers, doseq=True), "application/x-www-form-urlencoded", **kwargs)


@pytest.fixture
def client():
    return Browser()


@pytest.fixture
def services(clinic):
    """Two services, two people to tell: what the form needs to work."""
    factories.a_recipient()
    factories.a_recipient()
    return [factories.a_service("Imaging"), factories.a_service("Injections", position=1)]


@pytest.fixture
def form_page(services):
    """The form as one patient's browser has it for two minutes: `form_page(client)` is what sending it would post.

    `step=None` is what its own button posts, which leads to the page to check the answers.
    """

    def opened(client, **changes):
        page = client.get(reverse("appointments:request"))
        hidden = dict(HIDDEN.findall(html.unescape(page.content.decode())))
        hidden["form_token"] = factories.a_form_token(token=form_token.read(hidden["form_token"]))
        answers = {
            **hidden,
            "step": "send",
            "service": services[0].pk,
            "patient_type": "new",
            "for_whom": "self",
            "name": "Pat Sample",
            "phone": "212-555-0142",
            "best_time_to_call": "any",
            "preferred_time": "any",
            "consent": "on",
            **changes,
        }
        return {name: value for name, value in answers.items() if value is not None}

    return opened


@pytest.fixture
def at_once():
    """`at_once(work, items)` does `work(item)` in one thread each, with connections of its own, and gives the results."""

    def in_its_thread(work, item):
        try:
            return work(item)
        finally:
            connections.close_all()

    def run(work, items):
        items = list(items)
        with ThreadPoolExecutor(len(items)) as pool:
            return list(pool.map(lambda item: in_its_thread(work, item), items))

    return run


@pytest.fixture
def log():
    """Everything that is logged, as the site writes it."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PlainFormatter("%(name)s %(message)s"))
    loggers = [logging.getLogger(name) for name in (None, "django", "clinic", "appointments")]
    for logger in loggers:
        logger.addHandler(handler)
    yield stream
    for logger in loggers:
        logger.removeHandler(handler)


@pytest.fixture
def people(clinic):
    return [factories.a_recipient(ALICE), factories.a_recipient(BOB)]


@pytest.fixture
def mail_server(settings):
    with MailServer().running() as server:
        use(settings, server.port)
        yield server


def use(settings, port):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
