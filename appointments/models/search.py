"""The words by which staff find a request, in a table of their own: taking a request in never waits for an index.

The worker writes a request's words within a second or two. Until then a search looks at the newest requests themselves.
"""

import re
import unicodedata

from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef

# Letters that no decomposition makes plain: who types them may have a keyboard without.
PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
EXTENSION = re.compile(r"(?:ext(?:ension)?\.?|x)\s*\d+\s*$", re.IGNORECASE)
BACKWARDS = "r"  # before a number written backwards, which is found by its last digits
SOUND = "♪"  # before the sound of a name: no word that somebody types begins with it
# American Soundex (US National Archives, General Information Leaflet 55), so that names of other languages meet, too: the
# first letter counts by its sound like all others, a w before a vowel or “sk” is a v, and the code is as long as the name.
SOUNDS = {
    letter: str(code)
    for code, letters in enumerate(["bfpv", "cgjkqsxz", "dt", "l", "mn", "r"], 1)
    for letter in letters
}
NEWEST = 1_000  # requests among which the next ones to be written are looked for


def words_in(text):
    """In lower case and without accents; whatever is no letter and no digit separates."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(c for c in letters if not unicodedata.combining(c)).translate(PLAIN))


def digits_in(text):
    return "".join(str(int(digit)) for digit in re.findall(r"\d", text))


def number_of(phone):
    """Its digits without those of an extension."""
    return digits_in(EXTENSION.sub("", phone))


def sound_of(word):
    """How a name sounds in Latin letters: one word for “Kowalski” and “Kovalsky”. '' where it has less than two consonants."""
    word = re.sub(r"w(?=[aeiouy]|sk)", "v", word)
    codes, last = "", ""
    for letter in word:
        code = SOUNDS.get(letter, "")
        codes += code if code != last else ""
        last = last if letter in "hw" else code
    return SOUND + codes if len(codes) > 1 and re.fullmatch(r"[a-z]+", word) else ""


def words_of(request):
    """Each once. O'Brien-Sample is found in its parts and as one: “brien”, “obrien”, “obriensample”."""
    numbers = dict.fromkeys([digits_in(request.phone), number_of(request.phone)])  # with an extension and without
    names = [
        *words_in(request.name),
        *words_in(re.sub(r"['’]", "", request.name)),
        *words_in(re.sub(r"['’-]", "", request.name)),
    ]
    found = [
        *names,
        *(sound for sound in map(sound_of, names) if sound),
        *words_in(request.email),
        *words_in(request.reference),
        *(word for digits in numbers if digits for word in (digits, BACKWARDS + digits[::-1])),
    ]
    return list(dict.fromkeys(found))


class SearchEntryQuerySet(models.QuerySet):
    def renew(self, requests):
        """Write the words of these requests as they now stand. To be called after each change of what they hold."""
        facts = [(request, " ".join(words_of(request))) for request in requests]
        entries = [SearchEntry(request=request, words=words, version=SearchEntry.VERSION) for request, words in facts]
        changed = ["words", "version"]
        self.bulk_create(entries, update_conflicts=True, unique_fields=["request"], update_fields=changed)
        return len(entries)

    def renew_some(self, requests):
        """The ids of these. They are held meanwhile: the words of somebody who is erased just then must not come back."""
        if not (ids := list(requests.values_list("pk", flat=True))):
            return []
        with transaction.atomic():
            self.renew(requests.model.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
        return ids

    def missing(self, *, below=None):
        """Requests that no worker has written words of, or an older version has, newest first: of the newest ones, or of all
        below a number."""
        requests = SearchEntry._meta.get_field("request").related_model.objects.order_by("-pk")
        written = SearchEntry.objects.filter(pk=OuterRef("pk"), version=SearchEntry.VERSION)
        among = {"pk__in": requests.values("pk")[:NEWEST]} if below is None else {"pk__lt": below}
        return requests.filter(~Exists(written), **among)

    def compact(self):
        """Rid the index of words that were blanked or deleted: SQLite's keeps them until it is merged."""
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO appointments_search (appointments_search) VALUES ('optimize')")


class SearchEntry(models.Model):
    """The words of one request, indexed by the database's own full text search (see its migration)."""

    VERSION = 2  # of words_of(). Whoever lets it find other words raises it, and the worker writes all of them anew

    request = models.OneToOneField(
        "appointments.AppointmentRequest", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    words = models.TextField()
    version = models.PositiveSmallIntegerField(null=True, editable=False)  # none of a site that knew none

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "search entries"

    def __str__(self):
        return f"Words of request {self.pk}"  # never the words
