"""Facts about the whole site."""

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import html5lib
import pytest
from django.core.management import call_command
from django.db import connection
from django.template import engines
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path as route
from django.urls import reverse

from appointments.models import AppointmentRequest
from clinic import urls
from education import leaflet
from education.models import GlossaryTerm

from . import factories

ROOT = Path(__file__).parent.parent
PACKAGES = ("clinic", "education", "appointments")
PRODUCTION = {
    "CLINIC_ENV": "production",
    "SECRET_KEY": "a-long-random-text-made-for-this-test-and-for-nothing-else-0123456789",
    "SITE_URL": "https://clinic.example.org",
    "DATABASE_URL": "postgres://clinic@127.0.0.1/clinic",
    "EMAIL_URL": "smtp+tls://clinic:secret@mail.example.org:587",
    "DEFAULT_FROM_EMAIL": "clinic@example.org",
    "TRUSTED_PROXIES": "1",
}


@pytest.fixture
def site(clinic):
    """A clinic with guides on two topics, a picture, services, and a request that was sent."""
    factories.a_service()
    picture = factories.a_picture()
    GlossaryTerm.objects.create(term="detail", meaning="A small part.")
    for topic in ("X-rays and scans", "Children"):
        for number in range(3):
            guide = factories.a_guide(f"{topic} {number}", topic=factories.a_topic(topic), picture=picture)
            guide.sections.create(heading="Then", body="<p>More words.</p>", more="<p>Detail.</p>", position=20)
            guide.sections.create(heading="Call at once if", kind="emergency", body="<p>It hurts.</p>", position=30)
            guide.sources.create(organization="A society", title="A paper", year="2020", url="https://example.org/")
            guide.publish(by=None)
    return factories.a_request(guide_slug=guide.slug, guide_title=guide.title, guide_revision=1)


def public_pages(appointment_request):
    """Address to the most queries it may cost."""
    return {
        "/": 7,
        "/guides/": 3,
        "/guides/search/?q=children": 10,  # with what PostgreSQL is told before each search, and the words that are explained
        "/guides/search/?q=nothing like it": 20,
        "/guides/a-z/": 4,
        "/guides/a-z/c/": 4,
        "/guides/topic/children/": 4,
        "/guides/children-2/": 4,  # one for its other languages
        "/guides/children-2/read/": 4,
        "/guides/worker.js": 0,
        "/accessibility/": 1,
        "/guides/words/": 2,
        "/request/": 4,
        "/request/?guide=children-2": 5,
        appointment_request.get_absolute_url(): 2,
        reverse("appointments:status", args=[appointment_request.secret]): 6,
        reverse("appointments:message", args=[appointment_request.secret]): 3,
        reverse("appointments:another_time", args=[appointment_request.secret]): 3,
        reverse("appointments:withdraw", args=[appointment_request.secret]): 2,
        "/privacy/": 1,
        "/robots.txt": 0,
        "/sitemap.xml": 2,
        "/sitemap-pages.xml": 0,
        "/sitemap-guides-1.xml": 1,
        "/guides/feed.atom": 2,
        "/guides/children-2/card.png": 2,
        **({"/guides/children-2/leaflet.pdf": 2} if leaflet.available() else {}),
        "/favicon.ico": 0,
    }


def test_every_public_address_answers_at_a_known_price(site, client):
    client.get("/")  # what is asked once for each process is not a page's price
    for address, price in public_pages(site).items():
        with CaptureQueriesContext(connection) as asked:
            response = client.get(address)
        assert response.status_code == (302 if address == "/favicon.ico" else 200), address
        assert len(asked) <= price, (address, [query["sql"][:100] for query in asked])


def test_the_price_does_not_grow_with_the_content(site, client):
    def price(address):
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    before = {address: price(address) for address in ("/", "/guides/", "/guides/a-z/", "/request/")}
    for number in range(10):
        factories.a_published_guide(f"One more {number}", topic=factories.a_topic(f"Topic {number}"))
        factories.a_service(f"Service {number}")

    assert {address: price(address) for address in before} == before


def test_readers_get_no_cookie_and_may_keep_the_page(site, client):
    for address in ("/", "/guides/", "/guides/children-2/", "/guides/words/", "/privacy/", "/robots.txt"):
        response = client.get(address)
        assert not response.cookies, address
        assert response["Cache-Control"].startswith(("public, max-age=60", "public, max-age=0")), address
        assert "Cookie" not in response.get("Vary", ""), address
    assert not client.get(site.get_absolute_url()).cookies
    assert "no-store" in client.get(site.get_absolute_url())["Cache-Control"]
    assert "no-store" in client.get("/request/")["Cache-Control"]


class Loud(str):
    def __mod__(self, variable):
        raise AssertionError(f"a template asks for {variable.var!s}, which is not there")


def test_public_templates_ask_for_nothing_that_is_not_there(site, client, monkeypatch):
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", Loud("%s"))

    for address in public_pages(site):
        client.get(address)
    client.post("/request/", {"name": "x"})
    client.get("/nothing-here/")
    with pytest.raises(AssertionError, match="no_such_variable"):
        engines["django"].from_string("{{ no_such_variable }}").render()


def test_pages_are_valid_html_with_unique_ids(site, client):
    pages = {address: client.get(address) for address in public_pages(site)}
    pages["errors"] = client.post("/request/", {"name": "x"})
    pages["404"] = client.get("/nothing-here/")
    for address, response in pages.items():
        if not response.get("Content-Type", "").startswith("text/html") or not response.content:
            continue
        text = response.content.decode()
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
        ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
        assert [name for name, times in ids.items() if times > 1] == [], address
        assert not re.search(r"<[^>]+\son\w+=|<[^>]+\sstyle=|<style|<script>", text), address


# Headers --------------------------------------------------------------------------------------------------------------


def broken(request):
    raise ValueError("broken on purpose")


urlpatterns = [*urls.urlpatterns, route("broken/", broken)]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500

SECURITY = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
)


def test_every_answer_carries_the_same_security_headers(site, settings):
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    answers = {
        200: client.get("/"),
        302: client.get("/admin/"),
        400: client.get("/", headers={"host": "elsewhere.example.com"}),
        403: client.post("/request/", "name=x", content_type="application/x-www-form-urlencoded"),
        404: client.get("/nothing-here/"),
        405: client.put("/privacy/"),
        413: client.post("/request/", "a" * 70_000, content_type="application/x-www-form-urlencoded"),
        415: client.post("/request/", {"name": "x"}, content_type="application/json"),
        500: client.get("/broken/"),
    }

    assert {status: response.status_code for status, response in answers.items()} == {s: s for s in answers}
    policies = {status: [response.headers.get(name) for name in SECURITY] for status, response in answers.items()}
    assert all(policy == policies[200] for policy in policies.values()), policies
    assert None not in policies[200]


def test_error_pages_carry_the_phone_number(site, settings):
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False)

    for address in ("/nothing-here/", "/broken/"):
        assert "(212) 555-0142" in client.get(address).content.decode(), address


@pytest.mark.parametrize(
    "address", ["/", "/guides/", "/request/", "/healthz", "/admin/login/", "/media/x", "/favicon.ico"]
)
def test_trace_is_refused(site, client, address):
    assert client.trace(address).status_code == 405


# The code -------------------------------------------------------------------------------------------------------------


def modules(package):
    return [path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]


def imported(path):
    """Dotted names of everything that a file imports, relative ones made whole."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            base += node.module.split(".") if node.module else []
            yield from (".".join([*base, alias.name]) for alias in node.names)


@pytest.mark.parametrize(("package", "other"), [("education", "appointments"), ("appointments", "education")])
def test_the_two_apps_never_import_each_other(package, other):
    assert modules(package)
    for path in modules(package):
        assert not [name for name in imported(path) if name.split(".")[0] == other], path


def test_both_apps_stand_on_the_ground_floor_of_the_clinic_alone():
    ground = {
        f"clinic.{name}"
        for name in (
            "models",
            "hours",
            "typed",
            "errors",
            "network",
            "our_page",
            "locked_table",
            "narrow",
            "languages",
        )
    }
    for path in [*modules("education"), *modules("appointments")]:
        if "admin" in path.parts or path.stem == "admin":
            continue  # the desk is wired to the admin site
        for name in imported(path):
            if name.split(".")[0] == "clinic":
                assert ".".join(name.split(".")[:2]) in ground, (path, name)


def test_models_import_nothing_above_them():
    above = {"forms", "views", "admin", "tasks", "emails", "deliveries", "intake", "urls"}
    files = [
        ROOT / "clinic/models.py",
        *(ROOT / "education/models").glob("*.py"),
        *(ROOT / "appointments/models").glob("*.py"),
    ]
    for path in files:
        for name in imported(path):
            first, *rest = name.split(".")
            assert first not in PACKAGES or not above & set(rest), (path, name)


def test_html_is_called_safe_in_one_place():
    calls = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in modules(package)
        if re.search(r"\bmark_safe\(|SafeString\(|SafeText\(", path.read_text())
    }
    filters = Counter(
        str(path.relative_to(ROOT))
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
        for _ in re.findall(r"\|\s*safe(?:seq)?\b|autoescape off", path.read_text())
    )

    assert calls == {"education/content.py"}
    html = {name: times for name, times in filters.items() if not name.endswith(".txt")}
    assert html == {"templates/education/guide_detail.html": 1, "templates/education/leaflet.html": 1}


def test_templates_hold_no_inline_script_or_style_and_name_no_other_host():
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=\"|javascript:", text), template
        assert not re.search(r"<script(?![^>]*\bsrc=| type=\"application/ld\+json\">)", text), template  # that is data
        assert not re.search(r"(?:src|srcset)=\"(?:https?:)?//", text), template


def test_every_status_has_its_row_of_steps():
    statuses = set(AppointmentRequest.Status)

    assert set(AppointmentRequest.TRANSITIONS) == statuses
    assert all(steps <= statuses for steps in AppointmentRequest.TRANSITIONS.values())


@pytest.mark.django_db
def test_the_models_have_their_migrations():
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


# Production -----------------------------------------------------------------------------------------------------------


def manage(*arguments, tmp_path, **environment):
    own = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    own |= dict.fromkeys(PRODUCTION, "")  # a .env beside the code must not decide
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**own, "CLINIC_ENV": "local", "DATA_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_production_passes_its_own_checks(tmp_path):
    checked = manage("check", "--deploy", "--fail-level", "WARNING", tmp_path=tmp_path, **PRODUCTION)

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"CLINIC_ENV": "local"}, "clinic.E010"),
        ({"TRUSTED_PROXIES": ""}, "clinic.E014"),
        ({"ALLOWED_HOSTS": "*"}, "clinic.E011"),
        ({"SITE_URL": "http://clinic.example.org"}, "clinic.E012"),
        ({"SECRET_KEY": "short"}, "security.W009"),
        ({"SECOND_FACTOR_REQUIRED": "False"}, "clinic.E015"),
        ({"EMAIL_URL": "smtp://mail.example.org"}, "clinic.E017"),
    ],
)
def test_the_checks_of_production_can_fail(tmp_path, wrong, message):
    checked = manage("check", "--deploy", "--fail-level", "WARNING", tmp_path=tmp_path, **{**PRODUCTION, **wrong})

    assert checked.returncode != 0
    assert message in checked.stderr


def test_production_lets_mail_go_in_clear_where_its_operator_means_it(tmp_path):
    meant = {**PRODUCTION, "EMAIL_URL": "smtp://relay.example.org?in_clear=yes"}

    checked = manage("check", "--deploy", "--fail-level", "WARNING", tmp_path=tmp_path, **meant)

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("EMAIL_URL", "mail.example.org"), ("EMAIL_URL", "ftp://mail.example.org"), ("DATABASE_URL", "a")],
)
def test_an_address_that_cannot_be_read_stops_with_one_sentence(tmp_path, name, value):
    checked = manage("check", tmp_path=tmp_path, **{**PRODUCTION, name: value})

    assert checked.returncode != 0
    assert len(checked.stderr.strip().splitlines()) == 1, checked.stderr
    assert f"{name} cannot be read" in checked.stderr


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp+tls://me%40here:p%3Aw@mail.example.org", ["mail.example.org", 587, "me@here", "p:w", True, False]),
        ("smtp+ssl://mail.example.org", ["mail.example.org", 465, "", "", False, True]),
        ("smtp://127.0.0.1:2525", ["127.0.0.1", 2525, "", "", False, False]),
        ("smtp://relay.example.org?in_clear=yes", ["relay.example.org", 25, "", "", False, False]),
    ],
)
def test_the_mail_server_is_read_from_one_address(tmp_path, url, expected):
    names = ["HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL"]
    ask = f"from django.conf import settings; print([getattr(settings, 'EMAIL_' + n) for n in {names}])"

    shown = manage("shell", "--no-imports", "-c", ask, tmp_path=tmp_path, EMAIL_URL=url)

    assert shown.stdout.strip() == str(expected), shown.stderr


@pytest.mark.parametrize("name", [name for name in PRODUCTION if name not in ("CLINIC_ENV", "TRUSTED_PROXIES")])
def test_production_does_not_start_without_what_it_needs(tmp_path, name):
    checked = manage("check", tmp_path=tmp_path, **{**PRODUCTION, name: ""})

    assert checked.returncode != 0
    assert len(checked.stderr.strip().splitlines()) == 1, checked.stderr
    assert f"Set {name} " in checked.stderr


def test_the_site_starts_with_nothing_set(tmp_path):
    assert manage("check", tmp_path=tmp_path).returncode == 0
