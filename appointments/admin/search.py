"""The one field in which staff look for a request. Posted, never in an address: what they type is patient data."""

from django import forms

FOUND_AT_MOST = 50


class SearchForm(forms.Form):
    q = forms.CharField(label="Find a request", max_length=100, required=False)
    by_sound = forms.BooleanField(required=False)
