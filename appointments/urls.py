from django.urls import path

from . import status
from .views import SendRequest


def request_urls(*, find_guide):
    """The form, the receipt and the status page, for include(). The site says how a guide is found: this app knows none."""
    return [
        path("", SendRequest.as_view(find_guide=find_guide), name="request"),
        path("sent/<slug:secret>/", status.Receipt.as_view(), name="receipt"),
        path("status/<slug:secret>/", status.StatusPage.as_view(), name="status"),
        path("status/<slug:secret>/message/", status.AddMessage.as_view(), name="message"),
        path("status/<slug:secret>/another-time/", status.AskForAnotherTime.as_view(), name="another_time"),
        path("status/<slug:secret>/withdraw/", status.Withdraw.as_view(), name="withdraw"),
        path("status/<slug:secret>/appointment.ics", status.CalendarFile.as_view(), name="calendar_file"),
    ], "appointments"
