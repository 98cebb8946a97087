"""Signing in as staff do: by password and code without JavaScript, and by passkey."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.staff.people import DOOR, OWN, PASSWORD, code_of, with_app

from .conftest import axe, every_look, scrolls_sideways


def fill_in(page, user, password=PASSWORD):
    page.get_by_label("User name").fill(user.username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def barriers(page):
    sideways = scrolls_sideways(page)
    return axe(page, best_practice=True) + [f"scrolls sideways by {sideways} px"] * bool(sideways)


def set_up_an_app(page):
    """From one's own page to the recovery codes. Returns the codes."""
    page.get_by_role("link", name="Set up an app").click()
    secret = page.locator("code.key").inner_text()
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Set up").click()
    return page.locator("ul.codes code").all_inner_texts()


@every_look
def test_no_barrier_from_the_door_to_the_recovery_codes(page, clinic, staff, scheme, width):
    found = {}
    page.goto("/admin/")
    found["door"] = barriers(page)
    fill_in(page, staff, "wrong")
    expect(page.get_by_text("do not fit together")).to_be_visible()
    found["wrong"] = barriers(page)
    fill_in(page, staff)
    page.get_by_role("link", name="Your sign-in").click()
    found["own"] = barriers(page)
    page.goto("/admin/account/app/")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Set up").click()
    found["app"] = barriers(page)
    page.goto(OWN)
    [code, *_] = set_up_an_app(page)
    found["codes"] = barriers(page)
    for name in ("passkey", "again/password", "again/code", "app/remove", "codes/new"):
        page.goto(f"{OWN}{name}/")
        found[name] = barriers(page)
    page.goto("/admin/password_change/")
    found["password"] = barriers(page)
    page.goto(f"/admin/auth/user/{staff.pk}/second-factor/")
    found["reset"] = barriers(page)
    sign_out(page)
    found["out"] = barriers(page)
    page.get_by_role("link", name="Sign in again").click()
    fill_in(page, staff)
    page.get_by_label("Code").fill("00000000")
    page.get_by_role("button", name="Sign in").click()
    found["second step"] = barriers(page)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")

    assert {name: lines for name, lines in found.items() if lines} == {}


def test_password_and_code_need_no_javascript(no_js_page, clinic, staff, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    secret, page = with_app(staff), no_js_page
    page.goto("/admin/auth/user/")
    fill_in(page, staff)
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Users")


@pytest.fixture
def with_a_finger(new_context, live_server, faults):
    """A browser with a built-in passkey keeper. Passkeys need a name for an address: localhost."""
    name = f"localhost:{urlsplit(live_server.url).port}"
    context = new_context()
    page = context.new_page()
    page.site = f"http://{name}"
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    keeper = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    keeper = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": keeper})
    page.give_no_finger = lambda: devtools.send(
        "WebAuthn.setUserVerified", {"authenticatorId": keeper["authenticatorId"], "isUserVerified": False}
    )
    yield page
    faults[:] = [fault for fault in faults if name not in fault]  # it is no other host


def sign_out(page):
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_text("You are signed out")).to_be_visible()


def test_a_passkey_signs_in_alone_and_as_the_second_step(with_a_finger, clinic, staff, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    page = with_a_finger
    page.goto(page.site + DOOR)
    fill_in(page, staff)
    expect(page.get_by_text("Before you go on")).to_be_visible()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name of the device").fill("Front desk")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("ul.codes li")).to_have_count(10, timeout=30_000)
    page.goto(page.site + OWN)
    expect(page.get_by_text("Passkey “Front desk”")).to_be_visible()
    sign_out(page)

    page.goto(page.site + DOOR)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today", timeout=30_000)
    sign_out(page)

    page.goto(page.site + DOOR)
    fill_in(page, staff)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today", timeout=30_000)
    sign_out(page)

    page.goto(page.site + DOOR)
    page.give_no_finger()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("That did not work")).to_be_visible(timeout=30_000)
    page.goto(page.site + OWN)
    assert "/login/" in page.url
