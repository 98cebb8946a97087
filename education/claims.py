r"""Claims that are often published and wrong, and how a draft that repeats one is found: pure, no models.

A claim is a few patterns for one sentence. In a pattern " ~ " stands for up to three words and " .. " for up to ten, of
which none denies, compares or begins another thought. So "contrast is radioactive" is found, and "contrast is not
radioactive" is not. What goes before counts too: "never", "it is a myth that", "you may have heard" set it right.
"""

import re
from dataclasses import dataclass
from functools import cache

from .readability import Sentence

DENIES = (
    r"not|never|no|nor|neither|nothing|none|hardly|cannot|can't|isn't|aren't|doesn't|don't|won't|unlike|without|instead"
)
TURNS = r"but|whereas|while|than|yet|although|so"
BETWEEN = r"\s,“”\"'("  # and never in a word: a text has one reading, however odd it is
WORDS = rf"(?:[{BETWEEN}]+(?!(?:{DENIES}|{TURNS})\b)[^{BETWEEN}.;:!?]+){{0,%s}}?[{BETWEEN}]+"
SET_RIGHT = re.compile(
    rf"\b(?:{DENIES}|myths?|wrong|false|untrue|mistaken|told|heard|(?:people|pages|some) (?:(?:that|who) )?(?:say|think|believe)|used to)\b",
    re.IGNORECASE,
)
SPACE_TO_SET_RIGHT = 8  # words before the match

CONTRAST = r"\b(?:contrast(?: (?:liquid|dye|agent|medium|media|material|drink)s?)?|dye|barium)"
XRAY = r"\b(?:fluoroscop\w+|x-?rays?|ct scans?|imaging|radiograph\w*|scans?|tests?|exams?)"
PREGNANT = r"\bpregnan(?:t|cy)"
MUSCLE = r"(?:in|into|to) (?:a |the |your )?muscles?\b"
FAT = r"(?:in|into|to) (?:a |the |your )?(?:layer of )?(?:subcutaneous |body )?fat(?:ty)?\b"
IM = r"\b(?:IM|intramuscular|into (?:a |the |your )?muscles?|muscle injections?)\b"
SC = r"\b(?:SC|subcutaneous|under the skin|into the fat)\b"
ID = r"\b(?:ID|intradermal|into the skin)\b"
IV = r"\b(?:IV|intravenous|veins?)\b"
BUTTOCK = r"\b(?:buttocks?|gluteal (?:muscle|region|area))"
SHELLFISH = r"\b(?:shellfish|seafood|shrimps?|crabs?|lobster)"
BREASTFEED = r"(?:breast[- ]?feed(?:ing)?|nursing)"
CHILD = r"(?:child|children|baby|babies|infants?|newborns?)"
CHECKED = r"(?:test|tests|tested|check|checks|checked|monitored)\b"
STOP = r"\b(?:stop|pause|interrupt|suspend|skip|hold|come off|avoid)"
IS = r"\b(?:is|are|be|becomes?|remains?|stays?)"
GOES = r"\b(?:goes|go|is|are|given|put|placed|delivered|inject(?:ed|s)?|deposit(?:ed|s)?|administered)"
FASTER = r"(?:faster|quicker|sooner) than"
FASTEST = r"(?:fastest|quickest)\b"
FORBIDDEN = r"(?:forbidden|banned|prohibited|not allowed|ruled out|off limits|contraindicated)\b"
MAY_NOT = r"\b(?:cannot|can't|can not|must not|mustn't|may not|must never|should never|are not allowed to)"
HAVE = r"(?:have|get|undergo|receive|be given)"
SAFE = r"(?:harmless|risk-?free|(?:completely|totally|perfectly|absolutely) safe|safe for everyone)\b"


@dataclass(frozen=True)
class Claim:
    myth: str
    truth: str
    patterns: tuple[str, ...]
    unless: str = r"(?!)"  # a sentence with this in it says something else

    def is_in(self, sentence: Sentence) -> bool:
        text = sentence.text.replace("’", "'")
        if text.rstrip("\"”')").endswith("?") or compiled(self.unless).search(text):
            return False
        return any(is_held(pattern, text) for pattern in self.patterns)


@cache
def compiled(pattern):
    return re.compile(pattern.replace(" .. ", WORDS % 10).replace(" ~ ", WORDS % 3), re.IGNORECASE)


def is_held(pattern, text):
    """Whether the text says what the pattern says, and sets it right nowhere before."""
    for match in compiled(pattern).finditer(text):
        before = text[: match.start()].split()[-SPACE_TO_SET_RIGHT:]
        if not SET_RIGHT.search(" ".join(before)):
            return True
    return False


PUBLISHED_MYTHS = (
    Claim(
        "an injection into a muscle goes into fat",
        "It goes through the skin and the fat into the muscle.",
        (rf"{IM} .. {GOES} ~ {FAT}", rf"{IM} .. {GOES} {FAT}"),
        unless=r"insulin|subcutaneous|\bSC\b",
    ),
    Claim(
        "insulin goes into a muscle",
        "Insulin goes into the fat under the skin.",
        (
            rf"\binsulin ~ {GOES} (?:(?:straight|deep|directly) )?{MUSCLE}",
            rf"\binject(?:ing)? ~ insulin (?:(?:straight|deep|directly) )?{MUSCLE}",
            r"\binsulin is (?:an )?(?:IM\b|intramuscular)",
        ),
    ),
    Claim(
        "into a muscle is the fastest route",
        "A vein is the fastest: medicine there works at once.",
        (
            rf"{IM} .. (?:is|are|works?|acts?) ~ {FASTEST}",
            rf"{FASTEST} (?:route|way) ~ is (?:an? |the )?{IM}",
            rf"{IM} ~ {FASTER} (?:an? |the |into )*{IV}",
        ),
        unless=rf"{IV}.*{FASTEST}|{FASTEST}.*{IV}",
    ),
    Claim(
        "into the skin is faster than under the skin",
        "Into the skin is the slowest route.",
        (rf"{ID} ~ {FASTER} (?:an? |the )?{SC}", rf"{SC} ~ slower than (?:an? |the )?{ID}"),
    ),
    Claim(
        "the buttock is safe because it has few nerves",
        "The sciatic nerve, the longest of the body, runs through the buttock. Another place is safer.",
        (
            rf"{BUTTOCK} .. (?:few|fewer|no|hardly any|without) ~ nerves",
            rf"{BUTTOCK} {IS} (?:a |the )?(?:very |quite )?(?:safe|safest)\b",
            rf"\bsafest (?:place|site) ~ is the {BUTTOCK}",
        ),
    ),
    Claim(
        "contrast is radioactive",
        "Contrast is not radioactive.",
        (
            rf"{CONTRAST} ~ {IS} ~ radioactive\b",
            rf"{CONTRAST} .. makes? (?:you|your \w+|people) radioactive\b",
            rf"(?<!non-)\bradioactive {CONTRAST}",
        ),
    ),
    Claim(
        "contrast is harmless",
        "Most people have no trouble with it; severe reactions are rare. Say how rare, and which source says so.",
        (rf"{CONTRAST} ~ {IS} ~ {SAFE}", rf"{CONTRAST} ~ has no risks?\b", rf"\bharmless {CONTRAST}"),
    ),
    Claim(
        "a shellfish allergy means an allergy to contrast",
        "A shellfish allergy is no special risk. An earlier reaction to contrast is.",
        (
            rf"{SHELLFISH} .. {MAY_NOT} {HAVE} ~ {CONTRAST}",
            rf"{SHELLFISH} .. (?:means?|raises|increases|shows|predicts) .. {CONTRAST}",
            rf"{SHELLFISH} .. (?:may|might|will|could|can|also|likely to) ~ (?:react|allergic|a reaction) to (?:the )?{CONTRAST}",
        ),
    ),
    Claim(
        "X-rays are forbidden in pregnancy",
        "A test that can wait is put off; one that is needed may be done. Say: tell us if you are or might be pregnant.",
        (
            rf"{XRAY} {IS} (?:\w+ )?{FORBIDDEN} .. {PREGNANT}",
            rf"{PREGNANT} .. {XRAY} {IS} (?:\w+ )?{FORBIDDEN}",
            rf"{PREGNANT} .. {MAY_NOT} {HAVE} ~ {XRAY}",
            rf"{MAY_NOT} {HAVE} ~ (?:{XRAY}|this) (?:if|when|while|during|in) .. {PREGNANT}",
        ),
        unless=rf"\b(?:not|never) (?:\w+ )?{FORBIDDEN.replace('not allowed|', '')}",
    ),
    Claim(
        "stop breast-feeding for a day or two after contrast",
        "Breast-feeding goes on: less than 1 part in 10,000 of the contrast reaches the baby.",
        (
            rf"{STOP} ~ {BREASTFEED} .. (?:contrast|dye|hours?|days?|scan|test)\b",
            rf"\b(?:do not|don't|should not|must not|cannot) (?:go on |continue to |keep )?{BREASTFEED} .. (?:contrast|hours?|days?|scan|test)\b",
            rf"\bwait .. (?:hours?|days?) .. {BREASTFEED}",
            rf"\bno {BREASTFEED} for\b",
            r"\b(?:throw away|throw out|discard|pump and dump|dump) .. milk\b",
        ),
    ),
    Claim(
        "every child needs a thyroid test after contrast",
        "For children of 3 years and younger the doctor decides child by child (FDA, 2023).",
        (
            rf"\b(?:every|all|each|any) ~ {CHILD} .. thyroid ~ {CHECKED}",
            rf"\bthyroid ~ {CHECKED} .. (?:every|all|each) ~ {CHILD}\b",
        ),
    ),
    Claim(
        "1 mGy on the skin is 1 mSv",
        "mGy says what lands on one spot, mSv what it means for the whole body: do not turn one into the other.",
        (
            r"\b(\d[\d.,]{0,9}) ?(?:mGy|milligrays?)\b .. (?:=|is|equals|means|as|to) ~ \1 ?(?:mSv|millisieverts?)\b",
            r"\b(?:mGy|milligrays?)\b .. (?:mSv|millisieverts?)\b\)? (?:are|mean) ~ (?:the same|equal|interchangeable)",
        ),
    ),
    Claim(
        "stop metformin before any contrast",
        "Swallowed barium does not matter; in a vein or artery it depends on the kidneys. Say: the clinic will tell you.",
        (
            rf"(?:{STOP}|\bdo not take|\bdon't take) ~ metformin .. (?:contrast|test|scan|x-ray|barium|hours|days?|exam)\b",
            r"\bmetformin (?:must|should|has to|needs to) (?:always )?be (?:stopped|paused|held)\b",
        ),
        unless=r"kidney|eGFR|depend|some people|\bmay\b|might|ask us|\bif (?:we|your doctor)|tell you",
    ),
    Claim(
        "you are radioactive after an X-ray",
        "When the machine stops, the X-rays are gone. Nothing radioactive stays in you.",
        (
            rf"\b(?:you|patients?|your \w+|{CHILD}) ~ {IS} ~ radioactive\b",
            r"\b(?:X-rays?|fluoroscopy|test) .. makes? (?:you|your \w+|people) radioactive\b",
        ),
        unless=r"tracer|nuclear medicine|radioactive iodine|radioiodine|\bPET\b",
    ),
)


def myths_in(sentences: list[Sentence]):
    """Each published myth that one of the sentences repeats, with that sentence: [(Claim, Sentence)]."""
    found = []
    for claim in PUBLISHED_MYTHS:
        if sentence := next(filter(claim.is_in, sentences), None):
            found.append((claim, sentence))
    return found
