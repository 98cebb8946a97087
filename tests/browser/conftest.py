"""Real Chromium on the site as it is served: waitress, static files by WhiteNoise, the strict CSP in force.

Every page opened through `page`, `signed_in_page`, `no_js_page` or `new_context()` fails its test when the browser
reports an error or a warning, when something does not load, or when anything asks another host. What a test expects to
go wrong it takes out of `faults`.

A test chooses its look by parametrizing `scheme` and `width`; `every_look` does so for all four.
"""

import os
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import Client, modify_settings
from playwright.sync_api import expect

from tests.served import served

from .chromium import find_chromium

expect.set_options(timeout=20_000)  # a computer that does much else at once is slow, not wrong

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (320, 1280)]
every_look = pytest.mark.parametrize(("scheme", "width"), LOOKS)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    switches = [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ]
    if os.geteuid() == 0:
        switches.append("--no-sandbox")  # Chromium refuses to sandbox for root
    return {**browser_type_launch_args, "executable_path": find_chromium(), "args": switches}


@pytest.fixture(scope="session")
def wsgi_application():
    return get_wsgi_application()


@pytest.fixture
def live_server(transactional_db, wsgi_application):
    """The site on a free port of this computer, `live_server.url`: the embedded server with its own settings."""
    with served(wsgi_application) as port:
        # pytest-django expects its own live server here, which brings this along.
        yield SimpleNamespace(
            url=f"http://127.0.0.1:{port}",
            _live_server_modified_settings=modify_settings(ALLOWED_HOSTS={"append": "127.0.0.1"}),
        )


@pytest.fixture
def scheme():
    return "light"


@pytest.fixture
def width():
    return 1280


@pytest.fixture
def browser_context_args(browser_context_args, live_server, scheme, width):
    return {
        **browser_context_args,
        "base_url": live_server.url,
        "color_scheme": scheme,
        "viewport": {"width": width, "height": 800},
        "locale": "en-US",
        "reduced_motion": "reduce",
    }


@pytest.fixture
def faults():
    """What the browser complained about: must be empty at the end of the test."""
    return []


@pytest.fixture
def new_context(new_context, live_server, faults):
    """Playwright's, watched."""

    def open_context(**options):
        context = new_context(**options)
        watch(context, faults, urlsplit(live_server.url).netloc)
        return context

    yield open_context
    assert not faults, "The browser complained:\n" + "\n".join(faults)


@pytest.fixture
def no_js_page(new_context):
    return new_context(java_script_enabled=False).new_page()


@pytest.fixture
def signed_in_page(context, live_server, staff):
    """A page of the signed-in superuser `staff`."""
    sign_in(context, live_server.url, staff)
    return context.new_page()


def sign_in(context, url, user):
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url, "httpOnly": True}])


def watch(context, faults, host):
    """Write down what a careful reader of the developer tools would see."""
    pages_with_a_status = set()  # a 404 or 422 page is an answer; Chromium calls it an error on the console

    def console(message):
        about_the_page_itself = (
            message.text.startswith("Failed to load resource") and message.location["url"] in pages_with_a_status
        )
        if message.type in ("error", "warning") and not about_the_page_itself:
            faults.append(f"console {message.type}: {message.text} ({message.location['url']})")

    def request(request):
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob", "about") and address.netloc != host:
            faults.append(f"asked another host: {request.url}")

    def response(response):
        if response.status >= 400:
            if response.request.is_navigation_request():
                pages_with_a_status.add(response.url)
            else:
                faults.append(f"{response.status} for {response.url}")

    def failed(request):
        if request.failure != "net::ERR_ABORTED":  # the reader went on before all was loaded
            faults.append(f"{request.failure}: {request.url}")

    context.on("console", console)
    context.on("request", request)
    context.on("response", response)
    context.on("requestfailed", failed)
    context.on("weberror", lambda error: faults.append(f"script error: {error.error}"))


def axe(page, *, best_practice=False):
    """What axe finds on the page, one line for each rule; empty when all is well. Runs with the CSP in force."""
    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    options = {
        "runOnly": WCAG + (["best-practice"] if best_practice else []),
        "resultTypes": ["violations"],
        "preload": False,  # it would fetch style sheets in a way that the CSP rightly refuses
    }
    found = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: "
        + "; ".join(f"{' '.join(map(str, node['target']))} {node['html'][:120]}" for node in rule["nodes"][:5])
        for rule in found["violations"]
    ]


def scrolls_sideways(page):
    """How many pixels the page is wider than the window; of the page that is on its way if there is one."""
    page.wait_for_load_state()
    return page.locator("html").evaluate("html => html.scrollWidth - html.clientWidth")
