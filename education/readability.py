"""How hard a text is to read: pure, no models.

The grade is the Flesch–Kincaid grade level: 0.39 × words per sentence + 11.8 × syllables per word − 15.59
(J. P. Kincaid, R. P. Fishburne, R. L. Rogers, B. S. Chissom: Derivation of New Readability Formulas for Navy Enlisted
Personnel, Research Branch Report 8-75, 1975). A US grade is read at an age five years higher. It measures length, not
sense: a guide, not a verdict.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from .content import plain_text

TARGET_AGE = 11  # readers of 9 to 11 follow it
HIGHEST_AGE = 14
YOUNGEST, OLDEST = 5, 20
FEWEST_WORDS = 30  # of less text than this the formula says nothing
LONGEST_SENTENCE = 25  # words; the limit of GOV.UK's content guidance
MARKED = 3  # the hardest sentences of a text, at most

WORD = re.compile(r"[^\W_]+(?:[.,:/'’-][^\W_]+)*")
# A full stop within "1.5 mSv" or "e.g." ends nothing: what follows must look like a beginning.
SENTENCE_END = re.compile(
    r"(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bDr\.)(?<!\bNo\.)(?<=[.!?…])[\"”’')]*\s+(?=[\"“‘'(]*[A-Z0-9])"
)
SILENT_END = re.compile(
    r"(?:(?<![aeiouyl])e|(?<=[aeiouy]l)e|(?<![aeiouytd])ed|(?<![aeiouycgszx])(?<!sh|ch)es|(?<=some)s)$"
)
SILENT_INSIDE = re.compile(r"(?<=[^aeiouyl])e(?=(?:ful|less|ly|ment)\w*$)|(?<=som)e(?=times$)|(?<=th)e(?=s$)")
# Vowels side by side that are two sounds, unless a soft consonant stands before them, as in "nation" and "social".
TWO_SOUNDS = re.compile(
    r"(?<![ctsg])i(?:a|ou|o|um)|^sci|ie(?=t|n[ct])(?<!tie)|^rea(?=ct)|crea(?=t)|rea$|dea$|io(?=a|p)|eo(?=l|n)"
)
MORE_SOUNDS = re.compile(r"(?<![qg])ua(?=[tl])|[eoy]ing|eum$|isms?$|thms?$|n't$|[bdtfgkpz]l(?=es$|ed$)")


@lru_cache(4096)
def syllables(word: str) -> int:
    """How many a voice would say, near enough. A number counts one; an abbreviation counts its letters."""
    return sum(_syllables(part) for part in re.split(r"[-/'’:]", word) if part)


def _syllables(part):
    if part[0].isdigit():
        return 1
    if len(part) < 6 and sum(letter.isupper() for letter in part) > 1:
        return len(part)
    part = part.lower()
    if len(part) <= 2:
        return 1
    spoken = SILENT_END.sub("", SILENT_INSIDE.sub("", part))
    return max(
        1, len(re.findall(r"[aeiouy]+", spoken)) + len(TWO_SOUNDS.findall(part)) + len(MORE_SOUNDS.findall(part))
    )


@dataclass(frozen=True)
class Sentence:
    text: str

    @cached_property
    def words(self):
        return WORD.findall(self.text)

    @cached_property
    def syllables(self):
        return sum(map(syllables, self.words))

    @property
    def age(self):
        return reading_age([self])

    @property
    def is_long(self):
        return len(self.words) > LONGEST_SENTENCE


def sentences(html: str) -> list[Sentence]:
    """The sentences of a piece of HTML or plain text. A list item, a table cell and a heading are one each, at least."""
    blocks = plain_text(re.sub(r"</t[hd]>", "</p>", html)).splitlines()
    found = [Sentence(text.strip()) for block in blocks for text in SENTENCE_END.split(block)]
    return [sentence for sentence in found if sentence.words]


def grade(text: list[Sentence]) -> float:
    words = sum(len(sentence.words) for sentence in text)
    if not words:
        return 0
    return 0.39 * words / len(text) + 11.8 * sum(sentence.syllables for sentence in text) / words - 15.59


def reading_age(text: list[Sentence]) -> int:
    """The age in years at which a reader follows these sentences, between YOUNGEST and OLDEST."""
    return min(OLDEST, max(YOUNGEST, round(grade(text) + 5)))


def is_enough(text: list[Sentence]) -> bool:
    return sum(len(sentence.words) for sentence in text) >= FEWEST_WORDS


def hardest(text: list[Sentence]) -> list[Sentence]:
    """The few that make the text hard, the hardest first. Short ones are left alone: one long word weighs too much."""
    hard = [sentence for sentence in text if sentence.age > TARGET_AGE and len(sentence.words) >= 8]
    return sorted(hard, key=lambda sentence: -grade([sentence]))[:MARKED]
