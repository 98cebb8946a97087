"""From the home page to the receipt in browsers that show text alone: lynx reads, w3m reads and sends."""

import os
import re
import shutil
import subprocess
from urllib.parse import urlencode

import html5lib
import pytest
from django.core.wsgi import get_wsgi_application

from appointments.models import AppointmentRequest
from tests import factories
from tests.served import served

pytestmark = pytest.mark.once
BROWSERS = [
    pytest.param(name, marks=pytest.mark.skipif(not shutil.which(name), reason=f"{name} is not installed"))
    for name in ("w3m", "lynx")
]
COMMANDS = {
    "w3m": ["w3m", "-T", "text/html", "-cols", "80", "-o", "display_charset=UTF-8", "-dump"],
    "lynx": ["lynx", "-width=80", "-nolist", "-display_charset=utf-8", "-dump"],
}


@pytest.fixture
def site(transactional_db):
    factories.opening_hours()
    factories.a_clinic(address="12 Harbor Lane")
    factories.a_service()
    parts = [
        {"heading": "What it is", "body": "<p>Plain words.</p>", "more": "<p>Folded words.</p>"},
        {"heading": "Call if", "kind": "emergency", "body": "<ul><li>you faint</li></ul>"},
    ]
    factories.a_published_guide("Back pain", sections=parts)
    with served(get_wsgi_application()) as port:
        yield f"http://127.0.0.1:{port}"


def shown(browser, address, *options, home):
    command = [
        COMMANDS[browser][0],
        *options,
        *[one for one in COMMANDS[browser][1:] if one not in ("-T", "text/html")],
    ]
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "dumb", "LANG": "C.UTF-8"}
    ran = subprocess.run([*command, address], env=environment, capture_output=True, text=True, timeout=60)
    return " ".join(ran.stdout.split())


@pytest.mark.parametrize("browser", BROWSERS)
def test_each_page_can_be_read(site, browser, tmp_path):
    stored = factories.a_request(message="My left knee")
    expected = {
        "/": ["Welcome to Test Clinic", "Back pain", "(212) 555-0142", "Request an appointment"],
        "/guides/": ["Back pain"],
        "/guides/back-pain/": ["Plain words.", "Folded words.", "Emergency", "you faint", "911"],
        "/guides/back-pain/read/": ["Plain words.", "Back to the usual page"],
        "/guides/search/?q=back": ["Back pain"],
        "/request/": ["What name should we call you by?", "Phone number", "Check my answers"],
        stored.get_absolute_url(): ["We have your request", "Keep your link"],
        f"/request/status/{stored.secret}/": ["We have your request", "Withdraw my request"],
        "/privacy/": ["Your privacy"],
        "/accessibility/": ["What we know is not perfect"],
    }
    for address, words in expected.items():
        text = shown(browser, site + address, home=tmp_path)
        for said in words:
            assert said in text, (address, said, text[:2000])
        for useless in ("Listen", "Print this page", "You are offline"):
            assert useless not in text.replace("“Listen”", ""), (address, useless)


def fields(source):
    """What the form would send as it stands: name to value."""
    tree = html5lib.parse(source, namespaceHTMLElements=False)
    sent = {}
    for field in tree.iter("input"):
        if field.get("type") not in ("radio", "checkbox", "submit") or "checked" in field.attrib:
            sent[field.get("name")] = field.get("value", "")
    return sent


@pytest.mark.skipif(not shutil.which("w3m"), reason="w3m is not installed")
def test_a_request_is_sent_by_text_alone(site, tmp_path, monkeypatch):
    monkeypatch.setattr("appointments.spam.reasons", lambda **facts: [])  # a test types faster than a person
    own = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    ran = subprocess.run(
        ["w3m", "-dump_extra", f"{site}/request/?guide=back-pain"], env=own, capture_output=True, timeout=60
    )
    found = re.search(r"set-cookie: *(csrf=\w+)", ran.stdout.decode(), re.I)
    assert found, ran
    cookie = found[1]

    def send(typed, source=False):
        file = tmp_path / "typed"
        file.write_text(urlencode(typed))
        options = ["-post", str(file), "-header", f"Cookie: {cookie}"]
        if source:
            command = ["w3m", *options, "-dump_source", f"{site}/request/"]
            return subprocess.run(command, env=own, capture_output=True, text=True, timeout=60).stdout
        return shown("w3m", f"{site}/request/", *options, home=tmp_path)

    page = subprocess.run(
        ["w3m", "-header", f"Cookie: {cookie}", "-dump_source", f"{site}/request/?guide=back-pain"],
        env=own, capture_output=True, text=True, timeout=60,
    ).stdout  # fmt: skip
    typed = fields(page) | {"name": "Quinn Sample", "message": "My knee"}
    assert "Please look at this again" in send(typed)

    service = AppointmentRequest._meta.get_field("service").related_model.objects.get()
    typed |= {"phone": "(212) 555-0199", "patient_type": "new", "service": str(service.pk), "consent": "on"}
    answers = send(typed, source=True)
    text = send(typed)
    assert "Check your answers" in text and "Quinn Sample" in text, text[:3000]

    text = send(typed | fields(answers) | {"step": "send"})

    stored = AppointmentRequest.objects.get()
    assert stored.name == "Quinn Sample" and stored.message == "My knee"
    assert "We have your request" in text and "Keep your link" in text
