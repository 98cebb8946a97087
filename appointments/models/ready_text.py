from django.db import models


class ReadyText(models.Model):
    """Words that staff need again and again, to be put into a field and changed there. Holds no patient data."""

    class Use(models.TextChoices):
        NOTE = "note", "Notes for colleagues"
        PATIENT = "patient", "What a patient is told"

    use = models.CharField("where it is offered", max_length=7, choices=Use.choices)
    title = models.CharField(max_length=60)
    text = models.TextField(
        max_length=500, help_text="Name no patient here: everybody at the desk can put it into any request."
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="The smallest comes first.")

    class Meta:
        ordering = ["use", "position", "title"]

    def __str__(self):
        return self.title
