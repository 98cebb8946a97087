from django.db import models


class MessageTemplate(models.Model):
    """What patients are told by e-mail at a step, as staff word it. Holds no patient data: only the marks below."""

    class Step(models.TextChoices):
        ACKNOWLEDGEMENT = "acknowledgement", "We have the request"
        CONTACTING = "contacting", "We could not reach the patient yet"
        AWAITING_PATIENT = "awaiting_patient", "We need something from the patient"
        WAITLISTED = "waitlisted", "On the waiting list"
        BOOKED = "booked", "Booked"
        DECLINED = "declined", "Declined"
        UNREACHABLE = "unreachable", "Could not be reached, closed"

    MARKS = ("clinic", "phone", "reference", "promised_by", "link")

    step = models.CharField(max_length=16, choices=Step.choices, unique=True)
    active = models.BooleanField("send it", default=True)
    subject = models.CharField(max_length=120)
    body = models.TextField(max_length=3000)

    class Meta:
        ordering = ["step"]

    def __str__(self):
        return self.get_step_display()

    @classmethod
    def is_sent(cls, step):
        """Whether patients are told of this step: there is a message for it, and staff have not switched it off."""
        return step in cls.Step.values and not cls.objects.filter(step=step, active=False).exists()
