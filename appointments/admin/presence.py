"""Who else has a request open: the page asks again and again while somebody uses it."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404

from clinic.templatetags.clinic import who

from ..models import AppointmentRequest, Presence


def here(model_admin, request, pk):
    """Still looking. The answer holds no patient data, so nothing is recorded but the presence itself."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    appointment_request = get_object_or_404(AppointmentRequest.objects.only("pk", "version"), pk=pk)
    others = [who(user) for user in Presence.others(appointment_request, request.user)]
    return JsonResponse({"others": others, "version": appointment_request.version})
