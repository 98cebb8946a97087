"""Opening hours as somebody writes them on one line."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.week_words import NotUnderstood, week_from, words_of


def test_a_week_is_read_as_people_write_it():
    assert week_from("Mon-Tue 8:30-12:30 13:15 - 17, Saturday 9–12") == [
        (0, time(8, 30), time(12, 30)),
        (0, time(13, 15), time(17)),
        (1, time(8, 30), time(12, 30)),
        (1, time(13, 15), time(17)),
        (5, time(9), time(12)),
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "at least one day"),
        ("Mon", "names no times"),
        ("Moon 9-17x", "no span of time"),
        ("Xyz 9-17", "is no day"),
        ("Fri-Mon 9-17", "runs backwards"),
        ("Mon 17-9", "closes before it opens"),
        ("Mon 9-24", "within one day"),
        ("Mon 9-12 11-15", "overlap"),
        ("Mon 9 to 17", "no span of time"),
        ("Mon-Fri-Sun 9-17", "is no day"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_to_write(words, says):
    with pytest.raises(NotUnderstood, match=says):
        week_from(words)


minutes = st.lists(st.integers(0, 23 * 60 + 59), min_size=2, max_size=6, unique=True).map(sorted)


@given(st.dictionaries(st.integers(0, 6), minutes, min_size=1))
def test_what_is_written_is_read_back(days):
    week = [
        (day, time(*divmod(opens, 60)), time(*divmod(closes, 60)))
        for day, moments in sorted(days.items())
        for opens, closes in zip(moments[::2], moments[1::2], strict=False)
    ]

    assert week_from(words_of(week)) == week


@given(st.text(alphabet="MonFriSat 0123456789:-–,;x", max_size=30))
def test_whatever_is_typed_ends_in_a_week_or_a_sentence(words):
    try:
        assert week_from(words)
    except NotUnderstood as error:
        assert str(error)
