"""What makes a request look like spam, in words for staff. It only tags: patients' browsers fill hidden fields, too."""

import re
from datetime import timedelta

FASTEST = timedelta(seconds=3)  # nobody fills the form in less
MOST_LINKS = 1
MOST_REPEATS = 5  # of the same words within an hour
SHORTEST_REPEAT = 20  # characters; "X-ray please" is what many people write

LINK = re.compile(r"https?://|www\.|\[url\b|<a\s", re.IGNORECASE)
LINK_OF_A_FORUM = re.compile(r"\[url\b", re.IGNORECASE)


def reasons(*, words, trap, open_for, busy, repeats):
    """Why a request is suspected, in plain words; empty for one that is not.

    `words` is all free text, `trap` what the hidden field held, `open_for` how long the form was open, `busy` whether
    its network sends many, `repeats` how many requests held the same message lately.
    """
    found = [
        (trap != "", "A field that people cannot see was filled in."),
        (timedelta() <= open_for < FASTEST, "It was sent within three seconds of opening the form."),
        (busy, "Many requests came from the same connection."),
        (has_links(words), "It holds links."),
        (repeats >= MOST_REPEATS, "The same words came many times within an hour."),
    ]
    return [reason for holds, reason in found if holds]


def telling(message):
    """The message, if its repetition would tell anything, else ""."""
    return message if len(message) >= SHORTEST_REPEAT else ""


def has_links(words):
    return len(LINK.findall(words)) > MOST_LINKS or bool(LINK_OF_A_FORUM.search(words))
