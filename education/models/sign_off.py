"""Who wrote a draft, and which clinician stands behind it. A sign-off is never changed; see education/locks.py."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

DEFAULT_MONTHS, MOST_MONTHS = 12, 36


class NotSignable(ValidationError):
    """Says why this person cannot sign this text."""


class Contribution(models.Model):
    """An account that has changed what the draft says, and in which save it last did."""

    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="contributions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    email = models.CharField(max_length=254, blank=True)  # of the account, in small letters: it is one person
    version = models.PositiveIntegerField()  # the guide's edit_version then
    digest = models.CharField(max_length=64)  # of what the draft said from then on

    class Meta:
        constraints = [models.UniqueConstraint(fields=["guide", "by"], name="one_contribution_of_an_author")]

    def __str__(self):
        return f"{self.by or self.email}, save {self.version}"


class SignOff(models.Model):
    """A clinician has read this text and stands behind it until the next review."""

    guide = models.ForeignKey("education.Guide", on_delete=models.PROTECT, related_name="sign_offs")
    edit_version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    data = models.JSONField()  # clinical.matter() of the draft that was read
    # The last author that is known, and the signer: never one person. Older authors are in Contribution.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    author_email = models.CharField(max_length=254, blank=True)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="guide_sign_offs"
    )
    link = models.ForeignKey(
        "education.PreviewLink", on_delete=models.PROTECT, null=True, blank=True, related_name="sign_offs"
    )  # of a clinician without an account
    email = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=60)
    role = models.CharField(max_length=58)  # both fit into Guide.reviewed_by
    at = models.DateTimeField(default=timezone.now)
    reviewed_on = models.DateField(default=timezone.localdate)
    months = models.PositiveSmallIntegerField(default=DEFAULT_MONTHS)
    next_review = models.DateField()
    comment = models.TextField(blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(author__isnull=True) | Q(signed_by__isnull=True) | ~Q(author=F("signed_by")),
                name="signer_is_not_the_author",
                violation_error_message="Who wrote a text cannot sign it off. Ask a colleague.",
            ),
            models.CheckConstraint(
                condition=Q(author_email="") | ~Q(author_email=F("email")),
                name="signer_has_not_the_authors_mailbox",
                violation_error_message="This is the e-mail address of the author, who cannot sign it off.",
            ),
            models.CheckConstraint(
                condition=Q(signed_by__isnull=False) | (Q(link__isnull=False) & ~Q(email="")),
                name="somebody_signs",
                violation_error_message="A sign-off needs a person: an account, or a link and an e-mail address.",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(role=""),
                name="signer_has_name_and_role",
                violation_error_message="Patients read who reviewed it: name and role.",
            ),
            models.CheckConstraint(
                condition=Q(months__gte=1, months__lte=MOST_MONTHS) & Q(next_review__gt=F("reviewed_on")),
                name="next_review_in_three_years",
                violation_error_message=f"The next review is due in 1 to {MOST_MONTHS} months.",
            ),
        ]

    def __str__(self):
        return f"{self.signer} on {self.reviewed_on.isoformat()}"

    def as_data(self):
        """What a guide's data say of its review once this is the last signature."""
        return {
            "reviewed_by": self.signer,
            "last_reviewed": self.reviewed_on.isoformat(),
            "next_review": self.next_review.isoformat(),
            "is_sample": False,
        }

    @property
    def signer(self):
        """As patients read it."""
        return f"{self.name}, {self.role}"
