from django.db import models


class MessageTemplate(models.Model):
    """What patients are told by e-mail at a step, as staff word it in one language. No patient data: only the marks below."""

    class Step(models.TextChoices):
        ACKNOWLEDGEMENT = "acknowledgement", "We have the request"
        CONTACTING = "contacting", "We could not reach the patient yet"
        AWAITING_PATIENT = "awaiting_patient", "We need something from the patient"
        WAITLISTED = "waitlisted", "On the waiting list"
        BOOKED = "booked", "Booked"
        DECLINED = "declined", "Declined"
        UNREACHABLE = "unreachable", "Could not be reached, closed"

    MARKS = ("clinic", "phone", "reference", "promised_by", "link")

    OURS = "en"  # what patients read whose language has no words of its own

    step = models.CharField(max_length=16, choices=Step.choices)
    language = models.CharField(max_length=12, default=OURS)  # a code of Django's list of languages
    active = models.BooleanField("send it", default=True)
    subject = models.CharField(max_length=120)
    body = models.TextField(max_length=3000)

    class Meta:
        ordering = ["step"]
        constraints = [
            models.UniqueConstraint(
                fields=["step", "language"],
                name="one_message_for_a_step_and_language",
                violation_error_message="This message exists in this language already: change that one.",
            )
        ]

    def __str__(self):
        return self.get_step_display() + (f" ({self.language})" if self.language != self.OURS else "")

    @classmethod
    def is_sent(cls, step):
        """Whether patients are told of this step: there is a message for it, and staff have not switched it off."""
        off = cls.objects.filter(step=step, language=cls.OURS, active=False)
        return step in cls.Step.values and not off.exists()
