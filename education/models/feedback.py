"""Whether readers found a page clear."""

from django.db import models
from django.utils import timezone

MOST_SIGNS = 300


class FeedbackQuerySet(models.QuerySet):
    def about(self, guide):
        return self.filter(revision__guide=guide)

    def with_words(self):
        return self.exclude(words="")


class Feedback(models.Model):
    """What one reader said of one revision: no name, no address, no cookie, and of the time no more than the day."""

    revision = models.ForeignKey("education.Revision", on_delete=models.CASCADE, related_name="feedback")
    clear = models.BooleanField("was clear")
    section = models.CharField("about which part", max_length=120, blank=True)
    words = models.CharField(max_length=MOST_SIGNS, blank=True)
    day = models.DateField(default=timezone.localdate, db_index=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = "answer of a reader"
        verbose_name_plural = "answers of readers"
        indexes = [models.Index(fields=["revision", "day"], name="feedback_of_a_day")]

    def __str__(self):
        # Without the words: the admin keeps this text of what was deleted.
        return f"{'Clear' if self.clear else 'Not clear'}, {self.day:%B %-d, %Y}"
