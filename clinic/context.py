from django.utils.functional import SimpleLazyObject

from .models import ClinicProfile


def clinic(request):
    """`clinic` in every template; asked of the database only by pages that use it."""
    return {"clinic": SimpleLazyObject(lambda: profile_for(request))}


def profile_for(request):
    """The clinic's profile, asked once for each page."""
    if not hasattr(request, "clinic_profile"):
        request.clinic_profile = ClinicProfile.objects.current()
    return request.clinic_profile
