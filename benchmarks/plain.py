"""What every Django tutorial shows: a form that stores one row and redirects. The measure for ours."""

from django.forms import modelform_factory
from django.views.generic import CreateView

from .models import PlainRow


class PlainPage(CreateView):
    form_class = modelform_factory(PlainRow, exclude=["created_at"])
    success_url = "/"
