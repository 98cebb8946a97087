"""Finding a request by what somebody says on the phone: a reference, a number in any notation, a name, an e-mail.

A way to find is a list of beginnings: each must begin a word of the request, and be all of it where a space ends it. Where
there are several with a stroke between, one of them must.
Either database keeps an index of words (models/search.py); what the worker has not indexed yet is looked at here.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from django.db import connection

from .models import AppointmentRequest, SearchEntry
from .models.request import REFERENCE_ALPHABET, REFERENCE_LENGTH
from .models.search import BACKWARDS, EXTENSION, digits_in, sound_of, words_in, words_of

WORDS_AT_MOST = 8
DIGITS_AT_LEAST = 4
LAST_DIGITS = 9  # by which a number is known, whatever stands before: +44, 0044, 0 or nothing
JUST_CAME = 500  # requests that are looked at one by one
NEWEST = 2_000
SOUND_ALIKE = 1_000  # the newest whose spelling is compared
ALIKE = 0.6  # of the letters, by difflib: Yusuf and Youssef, and not Garcia and Cruz
OR = "|"
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@dataclass(frozen=True)
class Found:
    requests: list[int]  # the ids of the newest that fit, newest first
    more: bool = False  # there are others
    by_sound: bool = False


def find(text, at_most, *, by_sound=False):
    """What fits; where nothing does, or if it is asked for, those whose names sound like what was typed."""
    new = [(request.pk, words_of(request)) for request in SearchEntry.objects.missing()[:JUST_CAME]]
    if not by_sound:
        found = newest(whole_address(text), new, at_most + 1) or newest(ways_to_find(text), new, at_most + 1)
        if found:
            return Found(found[:at_most], more=len(found) > at_most)
    return find_alike(text, new, at_most)


def find_alike(text, new, at_most):
    """Whose name sounds like this one and is spelled much like it: for names that were only heard.

    The word with the most consonants must sound like one of the name; the others may be beginnings, or have no sound.
    """
    if not (heard := word_to_hear(text)):
        return Found([], by_sound=True)
    words = words_to_hear(text)
    others = [word for word in words if word != heard and sound_of(word)]
    way = [f"{sound_of(heard)} ", *(f"{word}{OR}{sound_of(word)} " for word in others)]
    alike = newest([way], new, SOUND_ALIKE + 1)
    names = AppointmentRequest.objects.filter(pk__in=alike[:SOUND_ALIKE]).values_list("pk", "name")
    found = sorted((pk for pk, name in names if is_meant(words, name)), reverse=True)
    return Found(found[:at_most], more=len(alike) > SOUND_ALIKE or len(found) > at_most, by_sound=True)


def words_to_hear(text):
    """None of an e-mail address; one letter says nothing."""
    return [word for word in words_in(text) if len(word) > 1][:WORDS_AT_MOST] if "@" not in text else []


def word_to_hear(text):
    """The last of those with the most consonants: rather a family's name. '' where no word can be looked for by its sound."""
    heard = max(reversed(words_to_hear(text)), key=lambda word: len(sound_of(word)), default="")
    return heard if sound_of(heard) else ""


def is_meant(words, name):
    """Whether each word begins a part of that name or is spelled much like one."""
    parts = [*words_in(name), *words_in(re.sub(r"['’-]", "", name))]
    return all(
        any(part.startswith(word) for part in parts) or get_close_matches(word, parts, n=1, cutoff=ALIKE)
        for word in words
    )


def newest(ways, new, at_most):
    """`new` are those that the worker has not indexed yet: [(id, words), …]"""
    if not ways:
        return []
    found = {pk for pk, words in new if fits(words, ways)}
    return sorted(found | set(indexed(ways, at_most)), reverse=True)[:at_most]


def ways_to_find(text):
    """[[beginning, …], …]: a request fits when all of one of them begin words of it."""
    if number := as_number(text):
        ways = [[number], [BACKWARDS + last_digits(number)[::-1]]]
    else:
        words = words_in(text)
        # One letter begins nearly everything: it costs the most and says the least.
        ways = [[word for word in words if len(word) > 1][:WORDS_AT_MOST] or words[:1]]
    ways.append([as_reference(text).lower()])
    return [way for way in ways if any(way)]


def whole_address(text):
    """The one way to find an e-mail address that was typed to its end. Of a million, half may have a word that begins like
    "com": whole words are found without looking at each of them."""
    words = words_in(text) if ADDRESS.fullmatch(text.strip()) else []
    return [[f"{word} " for word in words]] if words else []


def as_number(text):
    """The digits of a phone number in any notation, or ''."""
    text = EXTENSION.sub("", text).replace("(0)", "")
    digits = digits_in(text)
    return digits if len(digits) >= DIGITS_AT_LEAST and not re.search(r"[^\W\d]", text) else ""


def last_digits(number):
    """Without the 0 that some countries write before a number."""
    return (number.lstrip("0") if len(number) > LAST_DIGITS - 2 else number)[-LAST_DIGITS:]


def as_reference(text):
    """The reference that was written or read aloud, or ''."""
    reference = re.sub(r"[\s-]", "", text).upper()
    fits = len(reference) == REFERENCE_LENGTH and set(reference) <= set(REFERENCE_ALPHABET)
    return reference if fits else ""


def fits(words, ways):
    return any(all(begins_one(words, beginning.split(OR)) for beginning in way) for way in ways)


def begins_one(words, beginnings):
    return any(f"{word} ".startswith(tuple(beginnings)) for word in words)


# In the database's index ----------------------------------------------------------------------------------------------


def indexed(ways, at_most):
    """The ids of the newest that fit, newest first."""
    return INDEXED[connection.vendor](ways, at_most)


def in_sqlite(ways, at_most):
    match = query('"', "*", ways, {"all": " AND ", "one": " OR "})
    newest = "SELECT rowid FROM appointments_search WHERE appointments_search MATCH %s ORDER BY rowid DESC LIMIT %s"
    return ids(newest, [match, at_most])


def in_postgresql(ways, at_most):
    """Of the newest first, which settles what many have, row by row: to fetch all that the index has would take far longer.

    The sum keeps PostgreSQL from reading the table backwards. It would expect to meet soon what has two common words, and
    where nobody has both it would read all of it.
    """
    newest_first = (
        "SELECT request_id FROM (SELECT request_id, words FROM appointments_searchentry ORDER BY request_id DESC LIMIT %(newest)s) "
        "AS latest WHERE array_to_tsvector(string_to_array(words, ' ')) @@ %(query)s::tsquery "
        "ORDER BY request_id DESC LIMIT %(most)s"
    )
    of_all = (
        "SELECT request_id FROM appointments_searchentry "
        "WHERE array_to_tsvector(string_to_array(words, ' ')) @@ %(query)s::tsquery "
        "ORDER BY request_id + 0 DESC LIMIT %(most)s"
    )
    facts = {"query": query("'", ":*", ways, {"all": " & ", "one": " | "}), "newest": NEWEST, "most": at_most}
    found = ids(newest_first, facts) if at_most < JUST_CAME else []
    return found if len(found) == at_most else ids(of_all, facts)


def query(quote, begins, ways, joined):
    """The ways in the database's own language."""
    return joined["one"].join(
        "({})".format(
            joined["all"].join(
                "({})".format(joined["one"].join(term(quote, one, begins) for one in beginning.split(OR)))
                for beginning in way
            )
        )
        for way in ways
    )


def term(quote, beginning, begins):
    """'org' for a whole word, 'org':* for the beginning of one."""
    return f"{quote}{beginning.strip()}{quote}" + ("" if beginning.endswith(" ") else begins)


def ids(statement, parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [pk for (pk,) in cursor.fetchall()]


INDEXED = {"sqlite": in_sqlite, "postgresql": in_postgresql}
