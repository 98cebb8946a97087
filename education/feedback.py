"""“Was this page clear?”: what is taken from a reader, from where, how much of it, and what is struck out.

docs/decisions/0023 says why there is no cookie and no token on the page.
"""

import re
import secrets
import threading
import time
from hashlib import blake2b

from django import forms
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clinic.network import network_of
from clinic.typed import tidy_line

from .models import Feedback
from .models.feedback import MOST_SIGNS

A_DAY_FOR_A_GUIDE = 300
A_DAY_FOR_ALL = 3000
FROM_A_NETWORK = 20  # in WINDOW seconds: a waiting room may share one
WINDOW = 10 * 60
MOST_NETWORKS = 10_000
TIME_FOR_WORDS = 60 * 60  # seconds in which a reader can add a sentence

signer = signing.TimestampSigner(salt="education.feedback")

STRUCK = "[left out]"
PERSONAL = re.compile(
    r"[^\s@]+@[^\s@]+"  # e-mail addresses
    r"|(?:https?://|www\.)\S+"
    r"|(?<!\w)\+?\(?\d(?:[\s./()–-]{0,3}\d){5,}"  # telephone, insurance and card numbers, dates of birth
)


class TooMany(Exception):
    """So many answers that these can only be a machine's."""


class Recently:
    """How many came from a network lately. Kept in memory under a key that is thrown away with the counts."""

    def __init__(self):
        self.lock = threading.Lock()
        self.forget(0)

    def forget(self, window):
        self.window, self.key, self.counts = window, secrets.token_bytes(32), {}

    def add(self, network):
        window = int(time.monotonic() // WINDOW)
        with self.lock:
            if window != self.window:
                self.forget(window)
            name = blake2b(network.encode(), key=self.key, digest_size=16).digest()
            if name not in self.counts and len(self.counts) >= MOST_NETWORKS:
                name = b"all the others"
            self.counts[name] = self.counts.get(name, 0) + 1
            return self.counts[name]


recently = Recently()


def take(request, revision, *, clear):
    """Store one answer and return the token with which its reader can add words. Raises TooMany."""
    if recently.add(network_of(request)) > FROM_A_NETWORK:
        raise TooMany
    today = Feedback.objects.filter(day=timezone.localdate())
    if today.about(revision.guide_id).count() >= A_DAY_FOR_A_GUIDE or today.count() >= A_DAY_FOR_ALL:
        raise TooMany
    return signer.sign(str(Feedback.objects.create(revision=revision, clear=clear).pk))


def find(token, guide):
    """The answer that a token was given for; None for none, or when its hour is over."""
    try:
        pk = signer.unsign(token, max_age=TIME_FOR_WORDS)
    except signing.BadSignature:
        return None
    return Feedback.objects.about(guide).select_related("revision").filter(pk=pk).first()


@transaction.atomic
def add_words(feedback, *, section, words):
    """Once: what was said already stays as it is."""
    untold = Feedback.objects.filter(pk=feedback.pk, section="", words="")
    return untold.update(section=section, words=words)


def without_person(text):
    """The sentence without what could say who wrote it."""
    return PERSONAL.sub(STRUCK, tidy_line(text))[:MOST_SIGNS]


class WordsForm(forms.Form):
    section = forms.ChoiceField(label=_("Which part do you mean?"), required=False)
    words = forms.CharField(
        label=_("What was not clear, or what did you miss?"),
        help_text=format_lazy(
            _(
                "One sentence, {letters} letters at most. Please do not write about your health, and not your name: "
                "we cannot answer here."
            ),
            letters=MOST_SIGNS,
        ),
        required=False,
        max_length=MOST_SIGNS,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "max_length": _("Please make it shorter: %(limit_value)d letters at most. You wrote %(show_value)d.")
        },
    )

    def __init__(self, *args, revision, **kwargs):
        super().__init__(*args, **kwargs)
        headings = dict.fromkeys(section["heading"] for section in revision.data["sections"])
        self.fields["section"].choices = [("", _("The whole page")), *((heading, heading) for heading in headings)]

    def clean_words(self):
        return without_person(self.cleaned_data["words"])
