"""A link to one draft for one clinician who has no account. The row holds no key to it: that takes SECRET_KEY, too."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

DEFAULT_DAYS, MOST_DAYS = 7, 30
COMMENTS_AT_MOST = 100


def signer():
    return signing.Signer(sep=".", salt="education.preview_link")


def new_nonce():
    return secrets.token_hex(12)


class PreviewLinkQuerySet(models.QuerySet):
    def usable(self):
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class PreviewLink(models.Model):
    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="preview_links")
    name = models.CharField("name", max_length=60, help_text="Whom you ask, as in “Dr. Ada Lind”.")
    email = models.EmailField("e-mail address", help_text="The link goes to this mailbox and is shown to nobody else.")
    note = models.TextField(
        "a few words to them", blank=True, max_length=500, help_text="Stands in the e-mail: what to look at."
    )
    days = models.PositiveSmallIntegerField(
        "days until it expires",
        default=DEFAULT_DAYS,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
    )
    nonce = models.CharField(max_length=24, unique=True, default=new_nonce, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)
    holder = models.CharField(max_length=64, blank=True, editable=False)  # hash of the cookie of who opened it first

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="a_link_expires_after_its_start")
        ]

    def __str__(self):
        return f"Link for {self.name}"

    def save(self, *args, **kwargs):
        self.email = self.email.lower()
        self.expires_at = self.expires_at or self.created_at + timedelta(days=self.days)
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("drafts:draft", args=[signer().sign(self.nonce)])

    @classmethod
    def find(cls, token):
        """The link that a token opens, usable or not; None for a token that we have not made."""
        try:
            nonce = signer().unsign(token)
        except signing.BadSignature:
            return None
        return cls.objects.select_related("guide").filter(nonce=nonce).first()

    @property
    def is_usable(self):
        return self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def state(self):
        """In words, for the editor."""
        if self.revoked_at:
            return "Revoked"
        if self.expires_at <= timezone.now():
            return "Expired"
        return "Opened" if self.opened_at else "Not opened yet"

    def open(self):
        """The first who opens it keeps it. Gives the secret for their browser; None when somebody has it already."""
        secret = secrets.token_urlsafe(24)
        taken = (
            type(self)
            .objects.usable()
            .filter(pk=self.pk, opened_at=None)
            .update(opened_at=timezone.now(), holder=hashed(secret))
        )
        return secret if taken else None

    def is_held_by(self, secret):
        return bool(self.holder) and hmac.compare_digest(self.holder, hashed(secret or ""))

    def revoke(self):
        type(self).objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=timezone.now())

    def takes_comments(self):
        return self.comments.count() < COMMENTS_AT_MOST


def hashed(secret):
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
