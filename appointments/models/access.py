from django.conf import settings
from django.db import models
from django.utils import timezone


class AccessEvent(models.Model):
    """Who saw or changed which request, and when. Added to, never changed; holds no patient data."""

    class Action(models.TextChoices):
        VIEW = "view", "Opened"
        SEARCH = "search", "Found by a search"
        CHANGE = "change", "Changed"
        EXPORT = "export", "Exported"

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=6, choices=Action.choices)
    reference = models.CharField(max_length=8, blank=True)  # not a key: the event outlives the request
    step = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["reference", "at"], name="access_by_reference")]

    def __str__(self):
        return f"{self.get_action_display()} {self.reference}"
