"""Words that may mean an emergency. They only warn: nothing is refused, and nothing is ever lowered."""

import re
import unicodedata
from functools import lru_cache

APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u00b4`]")
ARABIC = re.compile("[\u0600-\u06ff]")
ONE_SPELLING = {ord("ة"): "ه", ord("ى"): "ي", 0x640: None}  # as people type them; the last one only makes words longer
BETWEEN_WORDS = re.compile(r"[^\w]+|_+")
# Thai, Lao, Burmese, Khmer, Japanese, Chinese: written without spaces, so a phrase need not stand alone.
NO_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def found(text, phrases):
    """Those of `phrases` (one on each line) that stand in `text` as whole words, a plural among them.

    >>> found("I can’t  BREATHE", "can't breathe\\nstroke")
    ["can't breathe"]
    """
    text = f" {folded(text)} "
    return [phrase for phrase, words in looked_for(phrases) if stands_in(text, words)]


@lru_cache(4)
def looked_for(phrases):
    """[(phrase as staff wrote it, folded)]: the same list for each request until staff change it."""
    return [(phrase.strip(), folded(phrase)) for phrase in phrases.splitlines()]


def stands_in(text, phrase):
    if not phrase:
        return False
    if NO_SPACES.search(phrase):
        return phrase in text
    if ARABIC.search(phrase):
        return bool(in_arabic(phrase).search(text))
    return f" {phrase} " in text or f" {phrase}s " in text


@lru_cache(500)
def in_arabic(phrase):
    """Arabic writes "and", "in", "the" and "my" into the word: they may stand around each."""
    words = (word.removeprefix("ال") if len(word) > 4 else word for word in phrase.split())
    return re.compile(" " + " ".join(rf"[وفبكل]{{0,2}}(?:ال|ل)?{word}\w{{0,3}}" for word in words) + " ")


def folded(text):
    """Small letters without accents, apostrophes and punctuation, one space between words."""
    decomposed = unicodedata.normalize("NFKD", APOSTROPHES.sub("", text).casefold()).translate(ONE_SPELLING)
    if not decomposed.isascii():
        decomposed = "".join(character for character in decomposed if not unicodedata.combining(character))
    return BETWEEN_WORDS.sub(" ", decomposed).strip()
