"""The glossary: words that patients may not know, each with its meaning in a sentence."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from clinic.languages import OURS, address

from ..glossary import Word
from .revision import Revision


class GlossaryTerm(models.Model):
    language = models.CharField(max_length=12, default=OURS, db_default=OURS)
    term = models.CharField(max_length=80, help_text="As it stands within a sentence: “contrast liquid”.")
    other_forms = models.CharField(
        "other forms and spellings",
        max_length=400,
        blank=True,
        help_text="With commas between them: “catheters, cathether, IV line”. Upper or lower case makes no difference.",
    )
    meaning = models.CharField(max_length=200, help_text="In plain words, in one or two short sentences.")

    class Meta:
        ordering = [Lower("term")]
        constraints = [
            models.UniqueConstraint(
                Lower("term"),
                "language",
                name="one_meaning_for_a_term",
                violation_error_message="The glossary has this term.",
            )
        ]

    def __str__(self):
        return self.term

    def get_absolute_url(self):
        return f"{address('education:words', language=self.language)}#{self.as_word().anchor}"

    @property
    def forms(self):
        """The term first."""
        others = (form.strip() for form in self.other_forms.split(","))
        return tuple(dict.fromkeys(filter(None, [self.term.strip(), *others])))

    def as_word(self):
        return Word(self.term, self.forms, self.meaning)

    def clean(self):
        """One word, one meaning: else nobody knows which of two a page shows."""
        super().clean()
        mine = {form.casefold() for form in self.forms}
        for other in GlossaryTerm.objects.filter(language=self.language).exclude(pk=self.pk):
            if both := mine & {form.casefold() for form in other.forms}:
                field = "term" if self.term.strip().casefold() in both else "other_forms"
                raise ValidationError({field: f"“{min(both)}” is explained under “{other}” already. Change that one."})
        if not any(character.isalnum() for character in self.term):
            raise ValidationError({"term": "Write a word."})

    def shown_on(self):
        """[(guide, whether patients read an older meaning there)] of the live guides that explain it."""
        live = Revision.objects.filter(guide__live_revision=models.F("pk"), words__0__isnull=False)
        live = live.filter(guide__language=self.language)
        shown = []
        for revision in live.select_related("guide").only("words", "guide"):
            for word in revision.words:
                if word["anchor"] == self.as_word().anchor:
                    shown.append((revision.guide, word["meaning"] != self.meaning))
        return shown


def words(language=OURS):
    return [term.as_word() for term in GlossaryTerm.objects.filter(language=language)]
