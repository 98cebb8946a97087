from django.db import models


class PlainRow(models.Model):
    """What a site without any promise would store: the same answers, and when they came."""

    service = models.ForeignKey("clinic.Service", on_delete=models.PROTECT, related_name="+")
    for_whom = models.CharField(max_length=5)
    patient_type = models.CharField(max_length=9)
    message = models.TextField(max_length=500, blank=True)
    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    best_time_to_call = models.CharField(max_length=9)
    preferred_time = models.CharField(max_length=9)
    voicemail_ok = models.BooleanField(default=False)
    language = models.CharField(max_length=60, blank=True)
    access_needs = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self):
        return f"Row {self.pk}"
