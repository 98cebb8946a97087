"""Finding a request by what somebody says on the phone: a reference, a number in any notation, a name, an e-mail."""

import re

from django import forms
from django.db.models import F, Q, Value
from django.db.models.functions import Replace
from phonenumber_field.phonenumber import to_python

from ..models.request import REFERENCE_ALPHABET, REFERENCE_LENGTH

FOUND_AT_MOST = 50
WORDS_AT_MOST = 8
DIGITS_AT_LEAST = 4
NOT_DIGITS = " -().+/"


class SearchForm(forms.Form):
    """Posted, never in an address: what staff search for is patient data."""

    q = forms.CharField(label="Find a request", max_length=100, required=False)


def matching(queryset, text):
    """Requests that fit the text, newest first."""
    words = text.split()[:WORDS_AT_MOST]
    if not words:
        return queryset.none()
    in_name, in_email = Q(), Q()
    for word in words:
        in_name &= name_contains(word)
        in_email &= Q(email__icontains=word)
    wanted = in_name | in_email
    if reference := as_reference(text):
        wanted |= Q(reference=reference)
    digits = re.sub(r"\D", "", text)
    if len(digits) >= DIGITS_AT_LEAST and not re.search(r"[^\W\d]{3}", text):
        wanted |= Q(phone_digits__contains=digits)
        number = to_python(text)
        if number and number.is_valid():
            wanted |= Q(phone=number.as_e164)
    return queryset.alias(phone_digits=only_digits(F("phone"))).filter(wanted).order_by("-created_at", "-pk")


def as_reference(text):
    """The reference that was written or read aloud, or ''."""
    reference = re.sub(r"[\s-]", "", text).upper()
    fits = len(reference) == REFERENCE_LENGTH and set(reference) <= set(REFERENCE_ALPHABET)
    return reference if fits else ""


def name_contains(word):
    # SQLite ignores case in plain ASCII only: 'émile' finds 'Émile' by asking for each way of writing it.
    fits = Q(name__icontains=word)
    if not word.isascii():
        for written in {word.lower(), word.upper(), word.title()}:
            fits |= Q(name__icontains=written)
    return fits


def only_digits(column):
    for character in NOT_DIGITS:
        column = Replace(column, Value(character))
    return column
