from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone


class Presence(models.Model):
    """Who has a request open just now. Forgotten after two minutes: who saw what is told by AccessEvent."""

    FOR = timedelta(minutes=2)

    request = models.ForeignKey("appointments.AppointmentRequest", on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "user"], name="one_presence_for_a_request_and_user")]

    def __str__(self):
        return f"{self.request} {self.seen_at:%H:%M}"

    @classmethod
    def others(cls, appointment_request, user):
        """Write down that `user` is looking, and give those who look, too."""
        now = timezone.now()
        here = cls(request=appointment_request, user=user, seen_at=now)
        cls.objects.bulk_create(
            [here], update_conflicts=True, unique_fields=["request", "user"], update_fields=["seen_at"]
        )
        looking = appointment_request.presences.filter(seen_at__gt=now - cls.FOR, seen_at__lte=now + cls.FOR)
        return [presence.user for presence in looking.exclude(user=user).select_related("user").order_by("pk")]

    @classmethod
    def forget_old(cls):
        cls.objects.filter(seen_at__lte=timezone.now() - cls.FOR).delete()
