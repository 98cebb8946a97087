"""Two requests that may be one: both on one page, then linked or merged."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from ..models import AccessEvent, AppointmentRequest, ChangedMeanwhile, StepNotAllowed
from ..promise import age
from .access import only_recorded, record
from .steps import Same

DETAIL = "admin:appointments_appointmentrequest_change"


@only_recorded
def side_by_side(model_admin, request, pk, other_pk):
    """Look at both; a POST closes one of them, if both are still as they were shown."""
    if pk == other_pk:
        raise Http404
    pair = [model_admin.to_triage(request, each) for each in (pk, other_pk)]
    if request.method != "POST":
        return page(model_admin, request, pair)
    form = Same(*pair, request.POST)
    if not form.is_valid():
        return page(model_admin, request, pair, form, status=422)
    try:
        with transaction.atomic():
            record(AccessEvent.Action.CHANGE, [each.reference for each in pair], by=request.user, step=form.slug)
            form.take(by=request.user)
    except (ChangedMeanwhile, StepNotAllowed) as refusal:
        form.add_error(None, str(refusal))
        form.show_again(AppointmentRequest.objects.get(pk=pk))
        pair = [model_admin.to_triage(request, each) for each in (pk, other_pk)]
        stale = isinstance(refusal, ChangedMeanwhile)
        return page(model_admin, request, pair, form, status=409 if stale else 422)
    messages.success(request, f"{form.kept}: {form.done}")
    return redirect(DETAIL, form.kept.pk)


def page(model_admin, request, pair, form=None, status=200):
    """Recorded for both, then shown."""
    record(AccessEvent.Action.VIEW, [each.reference for each in pair], by=request.user)
    can_be_one = all(each.is_open and not each.suspected_spam for each in pair)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"Requests {pair[0]} and {pair[1]}",
        "opts": model_admin.opts,
        "appointment_request": pair[0],
        "pair": [side(each) for each in pair],
        "closed": [each for each in pair if not each.is_open],
        "suspected": [each for each in pair if each.is_open and each.suspected_spam],
        "form": (form or Same(*pair)) if can_be_one or form else None,
        "tried": form,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "admin/appointments/appointmentrequest/side_by_side.html", context, status=status)


def side(appointment_request):
    return {
        "appointment_request": appointment_request,
        "age": age(appointment_request.created_at),
        "attempts": appointment_request.attempts.select_related("by"),
        "notes": appointment_request.notes.select_related("by"),
        "replies": appointment_request.replies.all(),
    }
