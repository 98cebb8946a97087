"""Letters that did not go out: who may change a guide sends them again, or says that nobody needs them any more."""

from django.contrib import messages
from django.http import HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import path

from .models import Letter


class LettersOfGuides:
    """For GuideAdmin, together with ReviewDesk."""

    def get_urls(self):
        views = [
            ("send-again/", self.send_letter_again_view, "again"),
            ("dismiss/", self.dismiss_letter_view, "dismiss"),
        ]
        return [
            path(
                f"<int:pk>/letters/<int:letter_pk>/{tail}",
                self.admin_site.admin_view(view),
                name=f"education_guide_letter_{name}",
            )
            for tail, view, name in views
        ] + super().get_urls()

    def send_letter_again_view(self, request, pk, letter_pk):
        return self.about_letter(
            request, pk, letter_pk, Letter.send_again, "Sent an e-mail again", "The e-mail goes out again in a moment."
        )

    def dismiss_letter_view(self, request, pk, letter_pk):
        return self.about_letter(
            request,
            pk,
            letter_pk,
            Letter.dismiss,
            "Dismissed an e-mail",
            "Taken off the desk. It is not sent any more.",
        )

    def about_letter(self, request, pk, letter_pk, verb, did, says):
        """A button of the first page: call the verb and go back there."""
        guide = self.guide_to(request, pk, self.has_change_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        letter = get_object_or_404(guide.letters, pk=letter_pk)
        if verb(letter, by=request.user):
            self.log_change(request, guide, f"{did}: {letter.get_kind_display()}.")
            messages.success(request, f"“{guide}”: {says}")
        else:
            messages.info(request, f"“{guide}”: this e-mail has gone out, or is on its way at this moment.")
        return redirect("admin:index")
