"""What was typed into a guide's form while its editor had been signed out: on a page that sends it again, not gone.

The form's own script asks before it sends and so keeps the page. This is for browsers without it, and for the moment between.
"""

from contextlib import suppress

from django.shortcuts import render

KEPT_BELOW = "/admin/education/guide/"  # nothing there is secret: patients are to read it
ALWAYS_SENT = "sections-TOTAL_FORMS"  # by the form of a guide; all else goes to the door
NOT_TYPED = {"csrfmiddlewaretoken"}


def page_that_keeps(request):
    """The page with all that was typed, or None where there is nothing to keep."""
    if request.method != "POST" or not request.path_info.startswith(KEPT_BELOW):
        return None
    fields = []
    with suppress(Exception):  # a broken body: then there is nothing to keep
        fields = [(name, value) for name, values in request.POST.lists() if name not in NOT_TYPED for value in values]
    if ALWAYS_SENT not in dict(fields):
        return None
    return render(request, "admin/kept.html", {"fields": fields, "title": "Not saved yet"}, status=403)
