"""The watch over the browser must be able to bark."""

import pytest

from .conftest import axe


@pytest.fixture
def admin_login(clinic, page):
    page.goto("/admin/login/")
    return page


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("() => console.warn('careful')", "console warning: careful"),
        ("() => document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
        (
            "() => document.body.append(Object.assign(document.createElement('script'), {text: '1'}))",
            "Content Security",
        ),
        ("() => document.body.append(Object.assign(new Image, {src: '/nothing-here.png'}))", "404 for"),
        ("() => { location = 'http://elsewhere.invalid/' }", "asked another host"),
        ("() => { setTimeout(() => { throw Error('broken') }) }", "script error"),
    ],
)
def test_what_the_browser_complains_about_is_noted(admin_login, faults, script, expected):
    admin_login.evaluate(script)
    admin_login.wait_for_timeout(300)

    assert any(expected in fault for fault in faults), faults
    faults.clear()


def test_axe_sees_an_image_without_text_and_leaves_the_console_quiet(admin_login, faults):
    admin_login.evaluate("() => document.body.append(new Image)")

    assert any(line.startswith("image-alt") for line in axe(admin_login))
    assert not faults


def test_a_page_with_an_error_status_is_an_answer(page, clinic):
    response = page.goto("/nothing-here/")

    assert response.status == 404
