"""What people type is made fit, never refused."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.typed import tidy, tidy_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  My knee hurts \r\n since May\r", "My knee hurts \n since May"),
        ("a\x00b\x1bc\x7f", "abc"),
        ("\u202egnp.exe\u2066!", "gnp.exe!"),
        ("half a pair \ud800 alone", "half a pair  alone"),
        ("Jose\u0301", "José"),
        ("\ufeffHello\ufffe", "Hello"),
        ("مرحبا \u200fשלום 👩‍⚕️ देवनागरी", "مرحبا \u200fשלום 👩‍⚕️ देवनागरी"),
    ],
)
def test_unwanted_characters_go_and_words_stay(typed, kept):
    assert tidy(typed) == kept


def test_a_line_has_no_breaks():
    assert tidy_line(" Pat \r\n\t Bcc: everyone\u2028 ") == "Pat Bcc: everyone"


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_whatever_is_typed_can_be_stored_and_shown(text):
    for kept in (tidy(text), tidy_line(text)):
        kept.encode()
        assert "\x00" not in kept
        assert kept == unicodedata.normalize("NFC", kept) == kept.strip()
    assert "\n" not in tidy_line(text)
