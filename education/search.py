"""Finding a guide by what a reader types: first in titles, then in headings, then in texts.

Nothing is ranked that was not fetched by an index and a limit: a word that stands in every guide costs as much as one
that stands in some. When nothing has all the words, their beginnings, a better spelling and some of the words are tried.
"""

from dataclasses import dataclass, field

from django.db import OperationalError, connection, transaction

from .models import Guide, KnownWord, ShelfEntry
from .models.glossary import words as glossary
from .spelling import meant
from .words import asked_words, marked, part_with, stem, stems_in

SHOWN = 20
MOST_MEANINGS = 3
LOOKED_AT = 60  # guides of each kind among which the best are chosen
LONGEST_QUESTION = 100
MOST_WORDS = 8
SHORTEST_BEGINNING = 3  # letters; fewer begin nearly everything
PATIENCE = "2s"
FIELDS = ("title", "headings", "text")


@dataclass
class Hit:
    title: list
    excerpt: list
    address: str


@dataclass
class Found:
    hits: list = field(default_factory=list)
    more: bool = False  # than are shown
    words: list = field(default_factory=list)  # that were looked for
    corrected: str = ""  # the question as it was understood, where it was misspelt
    only_some: bool = False  # no guide has all of the words
    meanings: list = field(default_factory=list)  # words of the glossary that the question may ask for


def find(question):
    """Found: hits, best first. Never fails for a question's sake."""
    words = asked_words(question[:LONGEST_QUESTION], MOST_WORDS)
    if not words:
        return Found()
    try:
        with transaction.atomic():
            be_quick()
            found = looked_up(words)
            found.meanings = explained(found.words)
            return found
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != "57014":  # PostgreSQL's patience was at its end
            raise
        return Found(words=words)


def explained(words):
    """Words of the glossary, best first: one that is asked for, then those whose name or, if there are none, whose meaning
    holds what is asked."""
    asked, ranked = {stem(word) for word in words}, []
    for word in glossary():
        names = [set(stems_in(form)) for form in word.forms]
        if asked in names:
            ranked.append((0, word))
        elif any(asked <= name or name <= asked for name in names if name):
            ranked.append((1, word))
        elif asked <= set(stems_in(word.meaning)):
            ranked.append((2, word))
    best = min((rank for rank, _ in ranked), default=0)
    ranked = [each for each in ranked if each[0] < 2 or best == 2]
    return [word for _, word in sorted(ranked, key=lambda each: each[0])][:MOST_MEANINGS]


def be_quick():
    """PostgreSQL must use its index of words: of a word that many guides have it would rather read all of them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL enable_seqscan = off; SET LOCAL statement_timeout = '{PATIENCE}'")


def looked_up(words):
    if ids := in_order(words, all_of(words)) or in_order(words, fetch("text", beginnings(words))):
        return shown(ids, words)
    understood = [meant(word) or word for word in words]
    corrected = " ".join(understood) if understood != words else ""
    if corrected and (ids := in_order(understood, all_of(understood))):
        return shown(ids, understood, corrected=corrected)
    ids = in_order(understood, fetch("text", any_of(understood))) if len(understood) > 1 else []
    return shown(ids, understood, corrected=corrected if ids else "", only_some=bool(ids))


def all_of(words):
    """Ids of guides that have all the words, from the titles down, until there are enough."""
    found = []
    for name in FIELDS:
        found += fetch(name, " AND ".join(quoted(stem(word)) for word in words))
        if len(found) > SHOWN:
            break
    return list(dict.fromkeys(found))


def beginnings(words):
    return " AND ".join(quoted(word) + "*" * (len(word) >= SHORTEST_BEGINNING) for word in words)


def any_of(words):
    return " OR ".join(quoted(stem(word)) for word in words)


def quoted(word):
    return f'"{word}"'  # letters and digits alone: words.words_in() leaves nothing else


def fetch(name, expression):
    """Ids of guides whose words in that field fit, at most so many as are looked at."""
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
    stems = [stem(word) for word in words]
    rows = ShelfEntry.objects.filter(pk__in=ids).values_list("pk", "title", "headings", "sort_key")

    def place(row):
        _, title, headings, key = row
        title, headings = title.split(), set(headings.split())
        in_title, in_headings = (sum(one in part for one in stems) for part in (title, headings))
        return -in_title, -in_headings, len(title) if in_title else 0, key

    return [row[0] for row in sorted(rows, key=place)]


def shown(ids, words, **facts):
    stems = {stem(word) for word in words}
    guides = Guide.objects.published().defer("live_revision__html", "live_revision__data").in_bulk(ids[:SHOWN])
    hits = [hit(guides[pk], stems) for pk in ids[:SHOWN] if pk in guides]
    return Found(hits=hits, more=len(ids) > SHOWN, words=words, **facts)


def hit(guide, stems):
    revision = guide.live_revision
    title, summary = marked(revision.title, stems), marked(revision.summary, stems)
    if not any(is_word for _, is_word in [*title, *summary]):
        summary = marked(part_with(revision.text, stems) or revision.summary, stems)
    return Hit(title, summary, guide.get_absolute_url())


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
