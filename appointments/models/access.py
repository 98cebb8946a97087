from django.conf import settings
from django.db import models
from django.utils import timezone


class AccessEvent(models.Model):
    """Who saw or changed which request, and when. Holds no patient data.

    Added to, never changed: a trigger in the database sees to it. A page that shows several requests is one look:
    one row for each of them, all with the same `at`.
    """

    class Action(models.TextChoices):
        LIST = "list", "Shown in a list"
        SEARCH = "search", "Found by a search"
        VIEW = "view", "Opened"
        CHANGE = "change", "Changed"
        EXPORT = "export", "Exported or printed"

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    action = models.CharField(max_length=6, choices=Action.choices)
    reference = models.CharField(max_length=8, blank=True)  # not a key: the event outlives the request
    step = models.CharField(max_length=40, blank=True)  # which list, which change

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["reference", "at"], name="access_by_reference"),
            models.Index(fields=["by", "at"], name="access_by_person"),
        ]

    def __str__(self):
        return f"{self.get_action_display()} {self.reference}"
