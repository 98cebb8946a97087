"""Words that may mean an emergency. They only warn: nothing is refused, and nothing is ever lowered."""

import re
import unicodedata

APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u00b4`]")
BETWEEN_WORDS = re.compile(r"[^\w]+|_+")
# Thai, Lao, Burmese, Khmer, Japanese, Chinese: written without spaces, so a phrase need not stand alone.
NO_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def found(text, phrases):
    """Those of `phrases` (one on each line) that stand in `text` as whole words, a plural among them.

    >>> found("I can’t  BREATHE", "can't breathe\\nstroke")
    ["can't breathe"]
    """
    text = f" {folded(text)} "
    return [phrase.strip() for phrase in phrases.splitlines() if stands_in(text, folded(phrase))]


def stands_in(text, phrase):
    if not phrase:
        return False
    if NO_SPACES.search(phrase):
        return phrase in text
    return f" {phrase} " in text or f" {phrase}s " in text


def folded(text):
    """Small letters without accents, apostrophes and punctuation, one space between words."""
    decomposed = unicodedata.normalize("NFKD", APOSTROPHES.sub("", text).casefold())
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    return BETWEEN_WORDS.sub(" ", letters).strip()
