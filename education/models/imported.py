"""Which checked import became which draft, so that a second click makes no second one."""

from django.db import models


class ImportedDraft(models.Model):
    token = models.UUIDField(unique=True)  # of the page on which the outline was checked
    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="+")

    def __str__(self):
        return f"{self.guide}"
