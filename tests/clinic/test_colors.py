"""The colors of the design, by day and by night: words at 7:1 (WCAG AAA), edges of controls and the ring of the focus at 3:1."""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[2] / "static" / "css" / "tokens.css"
SURFACES = ("page", "surface", "sand", "mist", "glow", "emergency-wash", "urgent-wash", "calm-wash")
WORDS = [
    *[("text", surface) for surface in SURFACES],
    *[("quiet", surface) for surface in ("page", "surface", "sand", "mist", "calm-wash")],
    *[("link", surface) for surface in SURFACES if surface != "glow"],  # ornament, with no link on it
    *[("link-strong", surface) for surface in SURFACES],
    *[("error", surface) for surface in ("page", "surface", "emergency-wash")],
    *[("calm-line", surface) for surface in ("surface", "calm-wash")],
    ("emergency-line", "surface"),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("on-foot", "foot"),
    ("on-emergency", "emergency"),
    ("on-urgent", "urgent"),
    ("on-calm", "calm"),
]
LINES = [
    *[("edge", surface) for surface in ("page", "surface", "sand", "mist")],
    *[("brand", surface) for surface in ("page", "surface", "sand", "mist")],
    ("emergency-line", "emergency-wash"),
    ("urgent-line", "urgent-wash"),
    ("calm-line", "calm-wash"),
    ("focus", "focus-edge"),
]


def colors(scheme):
    day, night = TOKENS.read_text(encoding="utf-8").split("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", day))
    return found if scheme == "light" else found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", night))


def luminance(color):
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(WORDS, 7), (LINES, 3)], ids=["words", "lines"])
def test_everything_stands_out_from_what_it_stands_on(scheme, pairs, least):
    known = colors(scheme)

    weak = {pair: round(contrast(known[pair[0]], known[pair[1]]), 2) for pair in pairs}

    assert {pair: ratio for pair, ratio in weak.items() if ratio < least} == {}


def test_contrast_is_counted_as_wcag_does():
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54
