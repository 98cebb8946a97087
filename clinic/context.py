from django.utils.functional import SimpleLazyObject

from .models import ClinicProfile


def clinic(request):
    """`clinic` in every template; asked of the database only by pages that use it."""
    return {"clinic": SimpleLazyObject(ClinicProfile.objects.current)}
