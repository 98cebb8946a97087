"""Finding a guide by what a reader types: first in titles, then in headings, then in texts.

Nothing is ranked that was not fetched by an index and a limit: a word that stands in every guide costs as much as one
that stands in some. When nothing has all the words, their beginnings, a better spelling and some of the words are tried.
"""

from dataclasses import dataclass, field

from django.db import OperationalError, connection, transaction

from clinic.languages import OURS

from .models import Guide, KnownWord, ShelfEntry
from .models.glossary import words as glossary
from .models.translation import shown_in
from .spelling import meant
from .words import asked_words, in_language, marked, part_with, stem, stems_in

SHOWN = 20
MOST_MEANINGS = 3
LOOKED_AT = 60  # guides of each kind among which the best are chosen
LONGEST_QUESTION = 100
MOST_WORDS = 8
SHORTEST_BEGINNING = 3  # letters; fewer begin nearly everything
PATIENCE = "2s"


@dataclass
class Hit:
    title: list
    excerpt: list
    address: str
    language: str = OURS


@dataclass
class Found:
    hits: list = field(default_factory=list)
    more: bool = False  # than are shown
    words: list = field(default_factory=list)  # that were looked for
    corrected: str = ""  # the question as it was understood, where it was misspelt
    only_some: bool = False  # no guide has all of the words
    meanings: list = field(default_factory=list)  # words of the glossary that the question may ask for


def find(question, language=OURS):
    """Found: hits, best first; of another language than ours its own guides, then ours that it does not have. Never
    fails for a question's sake."""
    words = asked_words(question[:LONGEST_QUESTION], MOST_WORDS)
    if not words:
        return Found()
    try:
        with transaction.atomic():
            be_quick()
            if language == OURS:
                found = looked_up(words)
            else:
                own, ours = looked_up_in(language, words), looked_up(words, language)
                more = own.more or ours.more or len(own.hits) + len(ours.hits) > SHOWN
                only_some = own.only_some and not ours.hits
                found = Found(hits=[*own.hits, *ours.hits][:SHOWN], more=more, words=words, only_some=only_some)
            found.meanings = explained(found.words, language)
            return found
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != "57014":  # PostgreSQL's patience was at its end
            raise
        return Found(words=words)


def explained(words, language):
    """Words of the glossary, best first: one that is asked for, then those whose name or, if there are none, whose meaning
    holds what is asked."""
    asked, ranked = {stem(word, language) for word in words}, []
    for word in glossary(language):
        names = [set(stems_in(form, language)) for form in word.forms]
        if asked in names:
            ranked.append((0, word))
        elif any(asked <= name or name <= asked for name in names if name):
            ranked.append((1, word))
        elif asked <= set(stems_in(word.meaning, language)):
            ranked.append((2, word))
    best = min((rank for rank, _ in ranked), default=0)
    ranked = [each for each in ranked if each[0] < 2 or best == 2]
    return [word for _, word in sorted(ranked, key=lambda each: each[0])][:MOST_MEANINGS]


def be_quick():
    """PostgreSQL must use its index of words: of a word that many guides have it would rather read all of them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL enable_seqscan = off; SET LOCAL statement_timeout = '{PATIENCE}'")


def looked_up_in(language, words):
    """As looked_up(), without a better spelling: the words that we know are ours."""
    stems = [stem(word, language) for word in words]
    begin = " AND ".join(
        quoted(in_language(word, language)) + "*" * (len(word) >= SHORTEST_BEGINNING) for word in words
    )
    every = " AND ".join(map(quoted, stems))
    ids = in_order(stems, list(dict.fromkeys(in_titles_and_headings(every) + fetch("text", every)))) or in_order(
        stems, fetch("text", begin)
    )
    some = not ids and len(words) > 1
    if some:
        ids = in_order(stems, fetch("text", " OR ".join(map(quoted, stems))))
    return shown(ids, words, language, {*stems}, only_some=bool(some and ids))


def looked_up(words, shown_to=OURS):
    """In our language, for readers of a page in that one."""
    if ids := in_order(words, all_of(words)) or in_order(words, fetch("text", beginnings(words))):
        return shown(ids, words, shown_to)
    understood = [meant(word) or word for word in words]
    corrected = " ".join(understood) if understood != words else ""
    if corrected and (ids := in_order(understood, all_of(understood))):
        return shown(ids, understood, shown_to, corrected=corrected)
    ids = in_order(understood, fetch("text", any_of(understood))) if len(understood) > 1 else []
    return shown(ids, understood, shown_to, corrected=corrected if ids else "", only_some=bool(ids))


def all_of(words):
    """Ids of guides that have all the words, from the titles down, until there are enough."""
    expression = " AND ".join(quoted(stem(word)) for word in words)
    found = in_titles_and_headings(expression)
    if len(found) <= SHOWN:
        found += fetch("text", expression)
    return list(dict.fromkeys(found))


def in_titles_and_headings(expression):
    """Titles first. SQLite goes through every guide that has a word to learn that none has it in its title; so both are
    asked for at once there, and titles by themselves only where the limit cut that short."""
    if connection.vendor != "sqlite":
        return fetch("title", expression) + fetch("headings", expression)
    both = fetch("title headings", expression)
    return both if len(both) < LOOKED_AT else fetch("title", expression) + both


def beginnings(words):
    return " AND ".join(quoted(word) + "*" * (len(word) >= SHORTEST_BEGINNING) for word in words)


def any_of(words):
    return " OR ".join(quoted(stem(word)) for word in words)


def quoted(word):
    return f'"{word}"'  # letters and digits alone: words.words_in() leaves nothing else


def fetch(name, expression):
    """Ids of guides whose words in that field (on SQLite: in those fields) fit, at most so many as are looked at."""
    statement, expression = STATEMENTS[connection.vendor](name, expression)
    with connection.cursor() as cursor:
        cursor.execute(statement, [expression, LOOKED_AT])
        return [pk for (pk,) in cursor.fetchall()]


def for_sqlite(name, expression):
    found = "SELECT rowid FROM education_search WHERE education_search MATCH %s LIMIT %s"
    return found, f"{{{name}}} : ({expression})"


def for_postgresql(name, expression):
    found = (
        "SELECT guide_id FROM education_shelfentry "  # noqa: S608  one of three names
        f"WHERE array_to_tsvector(string_to_array({name}, ' ')) @@ %s::tsquery LIMIT %s"
    )
    for ours, theirs in ((" AND ", " & "), (" OR ", " | "), ('"*', "':*"), ('"', "'")):
        expression = expression.replace(ours, theirs)
    return found, expression


STATEMENTS = {"sqlite": for_sqlite, "postgresql": for_postgresql}


def in_order(words, ids):
    """The best first: by how much of the question the title says, then the headings; a short title says it best."""
    stems = [word if word.partition("0")[2] else stem(word) for word in words]
    rows = ShelfEntry.objects.filter(pk__in=ids).values_list("pk", "title", "headings", "sort_key")

    def place(row):
        _, title, headings, key = row
        title, headings = title.split(), set(headings.split())
        in_title, in_headings = (sum(one in part for one in stems) for part in (title, headings))
        return -in_title, -in_headings, len(title) if in_title else 0, key

    return [row[0] for row in sorted(rows, key=place)]


def shown(ids, words, language, stems=None, **facts):
    stems = stems or {stem(word) for word in words}
    guides = Guide.objects.published().defer("live_revision__html", "live_revision__data")
    guides = guides.filter(shown_in(language)).in_bulk(ids[:SHOWN])
    hits = [hit(guides[pk], stems) for pk in ids[:SHOWN] if pk in guides]
    return Found(hits=hits, more=len(ids) > SHOWN, words=words, **facts)


def hit(guide, stems):
    revision, language = guide.live_revision, guide.language
    title, summary = marked(revision.title, stems, language), marked(revision.summary, stems, language)
    if not any(is_word for _, is_word in [*title, *summary]):
        summary = marked(part_with(revision.text, stems, language) or revision.summary, stems, language)
    return Hit(title, summary, guide.get_absolute_url(), language)


def forget_words(after, limit):
    """Look at some of the words that a misspelt one may have meant, beyond the word `after`: those that stand in no live
    guide any more are forgotten. Gives the last that was looked at; "" when there are no more."""
    some = list(KnownWord.objects.filter(word__gt=after).order_by("word").values_list("word", flat=True)[:limit])
    for word in some:
        if not stands_somewhere(word):
            KnownWord.objects.filter(word=word).delete()
            if stands_somewhere(word):  # published in between, by one who saw that it was known
                KnownWord.objects.learn([word])
    return some[-1] if some else ""


def stands_somewhere(word):
    return bool(fetch("text", quoted(stem(word))))
