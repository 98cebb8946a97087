"""What the lists and the search know of each published guide, in tables of their own that stay quick when they grow.

publish() and withdraw() write them in their own transaction; `manage.py index_guides` writes them anew.
"""

import re
from itertools import islice

from django.db import connection, models, transaction

from ..words import letter_of, sort_key, stems_in, words_in

AT_ONCE = 500
WORTH_KNOWING = re.compile(r"[^\W\d_]{4,}")  # words that a misspelt one may have meant


class ShelfEntryQuerySet(models.QuerySet):
    @transaction.atomic
    def put(self, revisions):
        """Each in the place of the guide's earlier one."""
        entries = [self.model(**entry_of(revision)) for revision in revisions]
        names = [field.attname for field in self.model._meta.concrete_fields if not field.primary_key]
        self.bulk_create(entries, update_conflicts=True, unique_fields=["guide"], update_fields=names)
        KnownWord.objects.learn(word for revision in revisions for word in words_worth_knowing(revision))

    def take(self, guide):
        self.filter(pk=guide.pk).delete()

    @transaction.atomic
    def rebuild(self):
        """All of it anew from what patients read now."""
        Guide = self.model._meta.get_field("guide").related_model
        self.all().delete()
        KnownWord.objects.all().delete()
        live = Guide.objects.filter(live_revision__isnull=False).select_related("live_revision")
        revisions = (guide.live_revision for guide in live.iterator(AT_ONCE))
        while some := list(islice(revisions, AT_ONCE)):
            self.put(some)

    def of_topic(self, slug):
        return self.filter(topic__slug=slug)

    def of_letter(self, letter):
        return self.filter(letter=letter)

    def letters(self):
        """The letters under which there is something, in order: from one to the next, without reading what is between."""
        table = self.model._meta.db_table
        next_letters = (
            f"WITH RECURSIVE found(letter) AS (SELECT min(letter) FROM {table} UNION ALL "  # noqa: S608  our own table
            f"SELECT (SELECT min(letter) FROM {table} WHERE letter > found.letter) FROM found WHERE found.letter IS NOT NULL) "
            "SELECT letter FROM found WHERE letter IS NOT NULL"
        )
        with connection.cursor() as cursor:
            cursor.execute(next_letters)
            return [letter for (letter,) in cursor.fetchall()]

    def first_of_each_topic(self, at_most):
        """{topic's id: ids of its first guides}, topics and guides in their order. One query that does not grow."""
        with connection.cursor() as cursor:
            cursor.execute(FIRST_OF_EACH_TOPIC[connection.vendor], [at_most])
            found = {}
            for topic, guide in cursor.fetchall():
                found.setdefault(topic, []).append(guide)
            return found

    def page(self, after, at_most):
        """(ids of the entries that follow that key, the key after which the next page begins or "")."""
        rows = list(self.filter(sort_key__gt=after).order_by("sort_key").values_list("pk", "sort_key")[: at_most + 1])
        shown = rows[:at_most]
        return [pk for pk, _ in shown], shown[-1][1] if len(rows) > at_most else ""


FIRST_OF_EACH_TOPIC = {
    "sqlite": """
        SELECT topic.id, entry.guide_id FROM education_topic topic JOIN education_shelfentry entry ON entry.guide_id IN (
            SELECT guide_id FROM education_shelfentry WHERE topic_id = topic.id ORDER BY sort_key LIMIT %s
        ) ORDER BY topic.position, topic.name, entry.sort_key""",
    "postgresql": """
        SELECT topic.id, entry.guide_id FROM education_topic topic CROSS JOIN LATERAL (
            SELECT guide_id, sort_key FROM education_shelfentry WHERE topic_id = topic.id ORDER BY sort_key LIMIT %s
        ) entry ORDER BY topic.position, topic.name, entry.sort_key""",
}


class ShelfEntry(models.Model):
    """One published guide: its place by topic and letter, and its words. Its migration makes the index of the words."""

    guide = models.OneToOneField("education.Guide", on_delete=models.CASCADE, primary_key=True, related_name="entry")
    topic = models.ForeignKey("education.Topic", on_delete=models.CASCADE, related_name="+", db_index=False)
    letter = models.CharField(max_length=1)
    sort_key = models.CharField(max_length=130, unique=True)
    # Words without their endings. Each holds those of the one before: who looks in the text looks in all of it.
    title = models.TextField()
    headings = models.TextField()
    text = models.TextField()

    objects = ShelfEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "shelf entries"
        indexes = [
            models.Index(fields=["topic", "sort_key"], name="shelf_topic"),
            models.Index(fields=["letter", "sort_key"], name="shelf_letter"),
        ]

    def __str__(self):
        return self.sort_key


def entry_of(revision):
    key = sort_key(revision.title, revision.guide_id)
    headings = " ".join(section["heading"] for section in revision.data["sections"])
    parts = [revision.title, headings, f"{revision.text} {also_found_by(revision)}"]
    words = [" ".join(stems_in(" ".join(parts[:number]))) for number in (1, 2, 3)]
    return {
        "guide_id": revision.guide_id,
        "topic_id": revision.topic_id,
        "letter": letter_of(key),
        "sort_key": key,
        **dict(zip(("title", "headings", "text"), words, strict=True)),
    }


def also_found_by(revision):
    """Words beside its own by which a guide is found: the glossary's terms that its page explains."""
    words = getattr(revision, "words", [])  # the migration that fills the shelf is older than they
    return " ".join(word["term"] for word in words)


def words_worth_knowing(revision):
    text = f"{revision.text} {also_found_by(revision)}"
    return {word for word in words_in(text) if WORTH_KNOWING.fullmatch(word)}


class KnownWordQuerySet(models.QuerySet):
    def learn(self, words):
        """In one order, so that two who publish at once do not wait for each other in a circle."""
        words = sorted(set(words))
        for at in range(0, len(words), AT_ONCE):
            some = words[at : at + AT_ONCE]
            known = set(self.filter(word__in=some).values_list("word", flat=True))
            self.bulk_create([self.model(word=w) for w in some if w not in known], ignore_conflicts=True)


class KnownWord(models.Model):
    """A word that stands in some guide: what a misspelt one may have meant. Its migration makes an index of its parts."""

    word = models.CharField(max_length=40, unique=True)

    objects = KnownWordQuerySet.as_manager()

    def __str__(self):
        return self.word
