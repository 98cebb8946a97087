"""Addresses of the desk, and its steps as a browser sends them."""

import re

from django.urls import reverse
from django.utils import timezone

LIST = reverse("admin:appointments_appointmentrequest_changelist")
SEARCH = reverse("admin:appointments_appointmentrequest_search")
EXPORT = reverse("admin:appointments_appointmentrequest_export")
DESK = reverse("admin:index")
DELIVERIES = reverse("admin:appointments_delivery_changelist")


def detail(appointment_request):
    return reverse("admin:appointments_appointmentrequest_change", args=[appointment_request.pk])


def action(appointment_request, name):
    return reverse(f"admin:appointments_appointmentrequest_{name}", args=[appointment_request.pk])


def step(appointment_request, slug):
    return reverse("admin:appointments_appointmentrequest_step", args=[appointment_request.pk, slug])


def same(appointment_request, other):
    """Both side by side."""
    return reverse("admin:appointments_appointmentrequest_same", args=[appointment_request.pk, other.pk])


def take(client, appointment_request, slug, *, version=None, shown_at=None, **typed):
    """Post a step as the page of this request, read at `version`, would."""
    shown = {"version": version or appointment_request.version, "shown_at": shown_at or timezone.now().isoformat()}
    return client.post(step(appointment_request, slug), {**shown, **typed})


def called(page):
    """The references of “Call now”, in their order."""
    return re.findall(r'class="reference"[^>]*>(\w{8})</a>', page.content.decode())
