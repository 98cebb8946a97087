from django.urls import path

from .views import Receipt, SendRequest


def request_urls(*, find_guide):
    """The form and the receipt, for include(). The site says how a guide is found: this app knows of none."""
    return [
        path("", SendRequest.as_view(find_guide=find_guide), name="request"),
        path("sent/<slug:secret>/", Receipt.as_view(), name="receipt"),
    ], "appointments"
