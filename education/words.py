"""Words as the search compares them: plain letters, without their endings. Pure, no models.

Both databases are given these words and so find the same; the page marks what was found by the same rule.
"""

import re
import threading
import unicodedata
from functools import cache, lru_cache

import snowballstemmer

# Letters that no decomposition makes plain.
PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
LONGEST = 40  # letters of a word that count
# They stand in every guide: alone they find nothing, beside others they do not count.
EMPTY_WORDS = """
a about after all an and any are as at be before but by can could do does for from had has have how i if in into
is it its me my no not of on or our out should so some than that the their them there they this to was we were
what when where which who why will with would you your
"""
EMPTY_IN_OTHERS = """
a al ante aquí como con cuál cuándo cuánto de del desde dónde el ella en es ese esta este esto fue ha hay la las le lo
los más me mi mis muy no nos o para pero por porque puede puedo qué que quién se ser si sí sin sobre soy su sus también
te tengo tiene todo un una uno usted va y ya yo
في من على إلى عن مع هل ما ماذا متى أين كيف كم هذا هذه ذلك التي الذي أن إن لا لم لن قد كان هو هي أنا أنت كل بعد قبل أو ثم و
"""
WORD = re.compile(r"[^\W_]+")
JOINS = re.compile(r"[-'’‑]")

OURS = "en"
STEMMERS = {
    "en": "english",
    "es": "spanish",
    "ar": "arabic",
    "fr": "french",
    "pt": "portuguese",
    "de": "german",
    "it": "italian",
    "ru": "russian",
    "nl": "dutch",
    "tr": "turkish",
}
_stemmers_lock = threading.Lock()  # a stemmer remembers the word it works on


def words_in(text):
    """In lower case and without accents; whatever is no letter and no digit separates."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(PLAIN)
    return [word[:LONGEST] for word in WORD.findall(plain)]


EMPTY = frozenset([*EMPTY_WORDS.split(), *words_in(EMPTY_IN_OTHERS)])


@cache
def stemmer_of(language):
    name = STEMMERS.get(language.partition("-")[0])
    return snowballstemmer.stemmer(name) if name else None


@lru_cache(20_000)
def stem(word, language=OURS):
    """ "Injections", "injecting" and "injected" are one. Words of other languages are marked with theirs, so that no
    question in one of them finds what only looks alike in another; the same index serves all."""
    stemmer = stemmer_of(language)
    with _stemmers_lock:
        stemmed = stemmer.stemWord(word) if stemmer else word
    return in_language(stemmed, language)


def in_language(word, language):
    return word if language == OURS else f"{language.replace('-', '')}0{word}"


def stems_in(text, language=OURS):
    """Each once, in their order. "X-ray" is found as x, as ray and as xray."""
    words = [*words_in(text), *words_in(JOINS.sub("", text))]
    return list(dict.fromkeys(stem(word, language) for word in words))


def asked_words(text, at_most):
    """The words of a question that can find something: without the empty ones and single letters."""
    words = [word for word in words_in(JOINS.sub(joined_or_apart, text)) if len(word) > 1 and word not in EMPTY]
    return list(dict.fromkeys(words))[:at_most]


def joined_or_apart(found):
    """ "Don't" is a word, "X-ray" are two."""
    return "" if found[0] in "'’" else " "


def sort_key(title, number):
    """Where a title stands among others: "Back pain" before "Back-pain at night". The number keeps two alike apart."""
    return f"{'-'.join(words_in(title))[:100]}!{number}"


def letter_of(key):
    """Under which letter it stands; # for all that begins with none."""
    return key[0] if key[0].isalpha() else "#"


def marked(text, stems, language=OURS):
    """[(piece, whether it is one of the words)]: the whole of the text, for the template to escape."""
    pieces, at = [], 0
    if not (heads := likely(stems)):
        return [(text, False)]
    for found in heads.finditer(text):
        if is_one_of(found[0], stems, language):
            pieces += [(text[at : found.start()], False), (found[0], True)]
            at = found.end()
    return [piece for piece in [*pieces, (text[at:], False)] if piece[0]]


def part_with(text, stems, language=OURS, length=220):
    """About so many letters of a text, from a little before the first of the words; "" when it holds none."""
    heads = likely(stems)
    found = heads and next((one for one in heads.finditer(text) if is_one_of(one[0], stems, language)), None)
    if not found:
        return ""
    start = max(0, found.start() - length // 3)
    start = 0 if not start else (text.find(" ", start, found.start()) + 1 or found.start())
    end = len(text) if start + length >= len(text) else text.rfind(" ", found.end(), start + length)
    end = max(end, found.end())
    part = " ".join(text[start:end].split())
    return f"{'… ' if start else ''}{part}{' …' if end < len(text) else ''}"


def is_one_of(word, stems, language=OURS):
    return any(stem(one, language) in stems for one in words_in(word))


@lru_cache(256)
def _likely(stems):
    bare = (head.partition("0")[2] or head for head in stems)
    heads = "|".join(re.escape(head.rstrip("iey") or head) for head in bare)
    return re.compile(rf"(?<![^\W_])(?:{heads})[^\W_]*", re.IGNORECASE) if heads else None


def likely(stems):
    """A quick first look: words that begin as one of the stems do."""
    return _likely(tuple(sorted(stems)))


def is_near(word, other):
    """Whether one is the other misspelt: one letter wrong, missing, too many or out of its turn; two in a long word."""
    allowed = 0 if len(word) < 4 else 1 if len(word) < 7 else 2
    return distance(word, other, allowed) <= allowed


def distance(one, two, at_most):
    """Edits between two words, neighbours that changed places counted as one; more than `at_most` is not counted out."""
    if abs(len(one) - len(two)) > at_most:
        return at_most + 1
    before_last, last = [], list(range(len(two) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(two, start=1):
            least = min(row[-1] + 1, last[j] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and b == one[i - 2]:
                least = min(least, before_last[j - 2] + 1)
            row.append(least)
        if min(row) > at_most:
            return at_most + 1
        before_last, last = last, row
    return last[-1]
