"""Headers, cookies, kept pages, made-up hosts and uploads, as facts about every address of the site.

The addresses come from Django itself, so a new one is held to all this without being named. Each rule has a twin: an
address that breaks it is found.
"""

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django.utils.translation import override
from django.views.decorators.clickjacking import xframe_options_exempt

from clinic import languages, urls
from clinic.staff import guessing
from tests import factories
from tests.served import served
from tests.staff import people
from tests.staff.routes import Samples, all_routes
from tests.test_house import PRODUCTION, manage

from . import facts

pytestmark = [pytest.mark.django_db, pytest.mark.once]

FORM = {"content_type": "application/x-www-form-urlencoded"}
BESIDES = ["static/css/tokens.css", "static/nothing.css", "nothing/here/", "es/nothing/here/", "admin/nothing/here/"]
OF_THE_WHOLE_HOST = {"session", "csrf", "device"}
IN_PRODUCTION = {f"__Host-{name}" for name in OF_THE_WHOLE_HOST}
OF_ONE_PLACE = {"sent_before"}  # and draft-…
ELSEWHERE = "elsewhere.example.com"
# What production sets by itself, read from a process that is production.
OF_PRODUCTION = [
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE",
    "CSRF_COOKIE_NAME",
    "CSRF_COOKIE_SECURE",
    "CSRF_COOKIE_HTTPONLY",
    "CSRF_COOKIE_SAMESITE",
    "HTTPS",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_HSTS_PRELOAD",
    "SECURE_PROXY_SSL_HEADER",
]
ASK = """
import json
from django.conf import settings
from clinic.staff import guessing
print(json.dumps({{name: getattr(settings, name) for name in {names}}} | {{"device": guessing.COOKIE}}))
"""


# Addresses that break a rule, one each --------------------------------------------------------------------------------


def with_another_policy(request):
    return HttpResponse("x", headers={"Content-Security-Policy": "default-src *"})


@xframe_options_exempt
def in_a_frame(request):
    return HttpResponse("x", headers={"X-Frame-Options": "ALLOWALL"})


def kept(request):
    return HttpResponse("x", headers={"Cache-Control": "public, max-age=60"})


def with_a_loose_cookie(request):
    response = HttpResponse("x")
    response.set_cookie("session", "x", domain="example.com")
    return response


def with_a_strange_cookie(request):
    response = HttpResponse("x")
    response.set_cookie("visitor", "x", httponly=True, samesite="Lax", secure=True)
    return response


def with_a_cookie_that_a_neighbor_could_set(request):
    response = HttpResponse("x")
    response.set_cookie("session", "x", httponly=True, samesite="Lax", secure=True)
    return response


def without_encryption(request):
    return HttpResponse("x", headers={"Strict-Transport-Security": "max-age=1"})


def with_the_host_it_was_told(request):
    return HttpResponse(f"<a href='//{request.META.get('HTTP_X_FORWARDED_HOST')}/'>on</a>")


def that_keeps_files(request):
    for name, file in request.FILES.items():
        (Path(request.META["folder"]) / f"kept-{name}").write_bytes(file.read())
    return HttpResponse("x")


urlpatterns = [
    path("admin/broken/that_keeps_files/", that_keeps_files),  # before the admin's own, which takes all that is left
    *urls.urlpatterns,
    *[
        path(f"broken/{view.__name__}/", view)
        for view in (
            with_another_policy,
            in_a_frame,
            kept,
            with_a_loose_cookie,
            with_a_strange_cookie,
            with_a_cookie_that_a_neighbor_could_set,
            without_encryption,
            with_the_host_it_was_told,
        )
    ],
]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


# Every address --------------------------------------------------------------------------------------------------------


@pytest.fixture
def samples(clinic):
    """In Spanish, too; where a guide is not translated, its English one answers."""
    samples = Samples()
    guide = samples.objects["education/guide"]
    facts_of_a_translation = {"slug": guide.slug, "language": "es", "original": guide, "topic": guide.topic}
    words = [{"heading": "Qué es", "body": "<p>Palabras sencillas.</p>"}]
    factories.a_published_guide("Una guía", sections=words, **facts_of_a_translation)
    return samples


def everywhere(samples, client, *, methods=("GET", "POST"), broken=False, **extra):
    """(route, answer) of every address, undone before the next; those of nobody's rows besides."""
    ticket = dict(client.cookies)
    places = [*in_every_language(samples), *((route, f"/{route}") for route in BESIDES)]
    for route, address in places:
        if ("broken/" in route) != broken:
            continue
        for method in methods:
            client.cookies.clear()
            client.cookies.update(ticket)
            with transaction.atomic():
                yield route, client.generic(method, address, "x=1", **FORM, **extra)
                transaction.set_rollback(True)


def in_every_language(samples):
    """(route, address); each page by its route in English, so that the same is asked of it in every language."""
    for route in all_routes():
        yield route, samples.address(route)
    for language in languages.offered():
        if language == languages.OURS:
            continue
        prefix = f"{language}/"
        with override(language):
            routes = [route.removeprefix(prefix) for route in all_routes() if route.startswith(prefix)]
        for route in routes:
            yield route, f"/{prefix}{samples.address(route).removeprefix('/')}"


def faults(answers, *rules):
    return [
        f"{response.request['REQUEST_METHOD']} {response.request['PATH_INFO']}, {route} ({response.status_code}): {fault}"
        for route, response in answers
        for rule in rules
        for fault in rule(route, response)
    ]


def client_of(letter, **how):
    client = Client(raise_request_exception=False, **how)
    if letter:
        client.force_login(factories.a_user() if letter == "S" else people.somebody(people.LETTERS[letter]))
    return client


def own_cookies(secure):
    def rule(route, response):
        return facts.cookies(route, response, OF_ONE_PLACE | (IN_PRODUCTION if secure else OF_THE_WHOLE_HOST), secure)

    return rule


@pytest.fixture
def like_production(settings, monkeypatch):
    """The guards as a site with CLINIC_ENV=production has them, asked of such a process."""

    def ask(tmp_path):
        shown = manage("shell", "--no-imports", "-c", ASK.format(names=OF_PRODUCTION), tmp_path=tmp_path, **PRODUCTION)
        assert shown.returncode == 0, shown.stderr
        found = json.loads(shown.stdout)
        monkeypatch.setattr(guessing, "COOKIE", found.pop("device"))
        for name, value in found.items():
            setattr(settings, name, value)

    return ask


@pytest.mark.parametrize("letter", ["", "S"])
def test_every_address_carries_the_guards_and_only_everybody_s_pages_are_kept(samples, letter):
    answers = everywhere(samples, client_of(letter))

    assert faults(answers, facts.headers, facts.keeping, own_cookies(secure=False)) == []


def test_in_production_no_other_host_of_the_domain_can_set_the_cookies_that_the_whole_site_reads(
    like_production, settings, tmp_path
):
    like_production(tmp_path)

    assert {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, guessing.COOKIE} == IN_PRODUCTION


@pytest.mark.parametrize("letter", ["", "S"])
def test_every_address_is_as_strict_in_production_over_https(samples, letter, like_production, tmp_path):
    like_production(tmp_path)
    answers = list(everywhere(samples, client_of(letter), methods=["GET"], secure=True))

    assert faults(answers, facts.headers, facts.keeping, facts.encrypted, own_cookies(secure=True)) == []
    assert {"__Host-csrf"} <= {name for _, response in answers for name in response.cookies}


def test_no_address_answers_unencrypted_in_production(samples, like_production, tmp_path):
    like_production(tmp_path)

    answered = set()
    for route, response in everywhere(samples, client_of(""), methods=["GET"]):
        if route in facts.ASKED_INSIDE:
            answered.add(route)
            assert response.status_code in (200, 404, 503) and not response.cookies, route
        elif not route.startswith("static/"):  # public files, which no cookie is for
            assert response.status_code == 301 and response["Location"].startswith("https://testserver/"), route
    assert answered == facts.ASKED_INSIDE


def test_readers_and_pages_that_are_kept_set_no_cookie(samples):
    with_cookies = {
        route for route, response in everywhere(samples, client_of(""), methods=["GET"]) if response.cookies
    }

    assert not with_cookies & facts.KEPT
    assert "request/" in with_cookies  # its form's token
    assert not {route for route in with_cookies if not route.startswith(("request/", "drafts/", "admin/"))}


@pytest.mark.parametrize(
    ("view", "rule"),
    [
        (with_another_policy, facts.headers),
        (in_a_frame, facts.headers),
        (kept, facts.keeping),
        (with_a_loose_cookie, own_cookies(secure=True)),
        (with_a_strange_cookie, own_cookies(secure=True)),
        (with_a_cookie_that_a_neighbor_could_set, own_cookies(secure=True)),
        (without_encryption, facts.encrypted),
    ],
)
def test_twin_an_address_that_breaks_a_rule_is_found(samples, settings, view, rule):
    settings.ROOT_URLCONF = __name__

    found = faults(everywhere(samples, client_of(""), broken=True, methods=["GET"], secure=True), rule)

    assert [fault for fault in found if f"broken/{view.__name__}/" in fault]


# Made-up hosts --------------------------------------------------------------------------------------------------------

# What a browser never sends by itself.
HOSTS = [
    ELSEWHERE,
    f"testserver.{ELSEWHERE}",
    f"testserver@{ELSEWHERE}",
    f"testserver:80@{ELSEWHERE}",
    f"testserver, {ELSEWHERE}",
    "",
]


def test_a_made_up_host_is_refused_at_every_address_and_named_nowhere(samples):
    def named(route, response):
        return facts.names_no_host_but_ours(route, response, ELSEWHERE)

    client = client_of("S")
    for host in HOSTS:
        answers = list(everywhere(samples, client, methods=["GET"], headers={"host": host}))
        assert {response.status_code for route, response in answers if not route.startswith("static/")} == {400}, host
        assert faults(answers, named, facts.headers) == [], host


def test_a_host_that_a_proxy_is_said_to_have_seen_is_named_nowhere(samples):
    def named(route, response):
        return facts.names_no_host_but_ours(route, response, ELSEWHERE)

    made_up = {
        "X-Forwarded-Host": ELSEWHERE,
        "Forwarded": f"host={ELSEWHERE}",
        "X-Original-URL": f"https://{ELSEWHERE}/",
    }
    for letter in ("", "S"):
        assert faults(everywhere(samples, client_of(letter), methods=["GET"], headers=made_up), named) == []


def test_twin_an_address_that_believes_the_proxy_s_host_is_found(samples, settings):
    settings.ROOT_URLCONF = __name__

    def named(route, response):
        return facts.names_no_host_but_ours(route, response, ELSEWHERE)

    found = faults(everywhere(samples, client_of(""), broken=True, headers={"X-Forwarded-Host": ELSEWHERE}), named)

    assert [fault for fault in found if "broken/with_the_host_it_was_told/" in fault]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("line", "host", "status"),
    [
        (f"GET http://{ELSEWHERE}/ HTTP/1.1", "127.0.0.1", b"200"),  # the address in the line decides nothing
        (f"GET http://{ELSEWHERE}/ HTTP/1.1", ELSEWHERE, b"400"),
        ("GET / HTTP/1.1", ELSEWHERE, b"400"),
        ("GET / HTTP/1.1", f"127.0.0.1\r\nHost: {ELSEWHERE}", b"400"),
        ("GET /guides HTTP/1.1", "127.0.0.1", b"301"),
        (f"GET //{ELSEWHERE}/guides HTTP/1.1", "127.0.0.1", b"404"),
    ],
)
def test_through_a_socket_no_answer_leads_to_the_made_up_host(clinic, line, host, status):
    with served(WSGIHandler()) as port, socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"{line}\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] == status, head
    assert ELSEWHERE.encode() not in body
    locations = [
        urlsplit(line.split(b": ")[1].decode()) for line in head.split(b"\r\n") if line.lower().startswith(b"location:")
    ]
    assert all(location.netloc in ("", "127.0.0.1") for location in locations), head


# Uploads --------------------------------------------------------------------------------------------------------------

# The two forms that take a file, and what they do with it, have tests of their own: tests/education/test_pictures.py and
# test_import_hostile.py.
TAKES_FILES = {
    "admin/education/picture/add/",
    "admin/education/picture/<path:object_id>/change/",
    "admin/education/guide/import/",
}
HOSTILE = {
    "file": ("evil.html", b"<script>alert(1)</script>", "text/html"),
    "image": (
        "picture.svg",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "image/svg+xml",
    ),
    "picture": ("two-things.png", factories.a_picture_file().read() + b"<script>alert(1)</script>", "image/png"),
    "upload": ("program.php\0.png", b"<?php system($_GET[1]); ?>", "image/png"),
    "document": ("..\\..\\evil.docm", b"PK\x03\x04", "application/vnd.ms-word"),
}


def files_below(folder):
    return sorted(file for file in Path(folder).rglob("*") if file.is_file()) if Path(folder).exists() else []


def upload_everywhere(samples, client, **extra):
    for route, address in in_every_language(samples):
        if route in TAKES_FILES:
            continue
        files = {field: SimpleUploadedFile(*file) for field, file in HOSTILE.items()}
        with transaction.atomic():
            yield route, client.post(address, {**files, "x": "1"}, **extra)
            transaction.set_rollback(True)


def test_a_file_sent_to_any_other_address_is_kept_nowhere(samples, settings):
    before = files_below(settings.MEDIA_ROOT), files_below(settings.STATIC_ROOT)

    for letter in ("", "S"):
        for route, response in upload_everywhere(samples, client_of(letter)):
            assert response.status_code < 500, (letter, route)
            if not route.startswith("admin/"):  # the public never sends files: refused before anything reads them
                assert response.status_code == 415, (letter, route)

    assert (files_below(settings.MEDIA_ROOT), files_below(settings.STATIC_ROOT)) == before


def test_twin_an_address_that_keeps_what_it_is_sent_is_found(samples, settings, tmp_path):
    settings.ROOT_URLCONF = __name__
    settings.MEDIA_ROOT.mkdir(exist_ok=True)
    before = files_below(settings.MEDIA_ROOT)

    for _ in upload_everywhere(samples, client_of("S"), folder=str(settings.MEDIA_ROOT)):
        pass

    assert files_below(settings.MEDIA_ROOT) != before


def test_the_forms_that_take_files_are_those_that_are_tested(samples):
    """A new form with a file needs its own tests of what comes in; then it is named above."""
    client = client_of("S")
    found = {
        route
        for route, response in everywhere(samples, client, methods=["GET"])
        if not response.streaming and b'type="file"' in response.content
    }

    assert found == TAKES_FILES
