"""The public pages use nothing that a browser of the end of 2021 does not know, unless it does no harm there."""

import re
from pathlib import Path

import pytest

from .features import CSS, JS, PLAINER, too_new

STATIC = Path(__file__).parents[2] / "static"
STYLES = ["tokens", "base", "layout", "guides", "words", "print", "forms", "status", "search", "reading"]
SCRIPTS = ["guide", "words", "listen", "offline", "kept-guides", "guide-worker", "guide-worker-off"]


def found(text, features):
    return {known[1] for known in features if re.search(known[0], text, re.M) and too_new(known)}


@pytest.mark.parametrize("name", STYLES)
def test_a_style_sheet_uses_what_old_browsers_know(name):
    text = (STATIC / "css" / f"{name}.css").read_text(encoding="utf-8")

    assert found(text, CSS) == set()
    for said in re.findall(r'content: (.+) / "";', text):  # without the line before it an old browser shows nothing
        assert f"content: {said};\n" in text, said


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_uses_what_old_browsers_know(name):
    assert found((STATIC / "js" / f"{name}.js").read_text(encoding="utf-8"), JS) == set()


def test_all_that_public_pages_load_is_looked_at():
    public = [path for path in (STATIC.parent / "templates").rglob("*.html") if "admin" not in path.parts]
    named = {name for path in public for name in re.findall(r"static 'css/([\w-]+)\.css'", path.read_text())}
    staff = {"admin", "login", "review", "review-desk", "sections", "leaflet"}

    assert named - staff <= {*STYLES, "site", "guide-page"}


@pytest.mark.parametrize(
    ("text", "features", "name"),
    [
        (".a { color: light-dark(red, blue); }", CSS, "light-dark()"),
        ("@layer base { }", CSS, "cascade layers"),
        (".a {\n  &:hover { }\n}", CSS, "nesting"),
        (".a { height: 100dvh; }", CSS, "dynamic viewport units"),
        ("list.at(-1)", JS, "at()"),
        ("structuredClone(it)", JS, "structuredClone()"),
        ("one.checkVisibility()", JS, "checkVisibility()"),
    ],
)
def test_the_look_can_find_some(text, features, name):
    assert name in found(text, features)


def test_what_does_no_harm_is_known_by_name():
    assert set(PLAINER) <= {known[1] for known in CSS}
