"""What a misspelt word may have meant: near words out of those that stand in the guides.

SQLite finds them by their parts of three letters (FTS5), PostgreSQL by pg_trgm. Where the database's role may not have
that extension, only words with the same beginning are looked at.
"""

import sqlite3

from django.db import DatabaseError, connection, transaction

from .models import KnownWord
from .words import distance, is_near

CANDIDATES = 60
SAME_BEGINNING = 2_000  # words that are compared one by one
SQLITE_KNOWS_TRIGRAMS = sqlite3.sqlite_version_info >= (3, 34)


def meant(word):
    """The known word that is nearest to this one; "" for none, and for a word that is known or begins a known one."""
    if len(word) < 4 or KnownWord.objects.filter(word__startswith=word).exists():
        return ""
    near = [other for other in candidates(word) if is_near(word, other)]
    return min(near, key=lambda other: (distance(word, other, 2), other[0] != word[0], other), default="")


def candidates(word):
    if connection.vendor == "sqlite":
        return with_like_parts(word) if SQLITE_KNOWS_TRIGRAMS else with_the_same_beginning(word)
    return by_trigrams(word) if has_trigrams() else with_the_same_beginning(word)


def with_like_parts(word):
    """Those that share the most. The ends count: they are parts of their own."""
    padded = f"__{word}_"
    parts = " OR ".join(f'"{padded[at : at + 3]}"' for at in range(len(padded) - 2))
    near = "SELECT rowid FROM education_spelling WHERE education_spelling MATCH %s ORDER BY rank LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(near, [parts, CANDIDATES])
        ids = [pk for (pk,) in cursor.fetchall()]
    return list(KnownWord.objects.filter(pk__in=ids).values_list("word", flat=True))


def by_trigrams(word):
    near = "SELECT word FROM education_knownword WHERE word %% %s ORDER BY similarity(word, %s) DESC LIMIT %s"
    with connection.cursor() as cursor:
        least = 0.1 if len(word) < 6 else 0.2  # of the few parts of a short word one mistake spoils most
        cursor.execute("SET LOCAL pg_trgm.similarity_threshold = %s", [least])
        cursor.execute(near, [word, word, CANDIDATES])
        return [found for (found,) in cursor.fetchall()]


def with_the_same_beginning(word):
    like = KnownWord.objects.filter(word__startswith=word[:2])
    return list(like.values_list("word", flat=True)[:SAME_BEGINNING])


def has_trigrams():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_class WHERE relname = 'education_spelling'")
        return bool(cursor.fetchall())


def allow_trigrams(database):
    """Make PostgreSQL's extension and the index that needs it; False where the role may not."""
    try:
        with transaction.atomic(using=database.alias), database.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute(
                "CREATE INDEX IF NOT EXISTS education_spelling ON education_knownword USING gin (word gin_trgm_ops)"
            )
    except DatabaseError:
        return False
    return True
