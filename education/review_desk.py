"""The review in the admin: beside a guide's form, in the list, and the pages where a review is asked for and given."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html

from clinic.typed import tidy, tidy_line

from .models import Guide, Letter, PreviewLink, ReviewRequest
from .reviewing import Reader, review_page

LINKS_AT_ONCE = 10  # that can be opened, of one guide


class AskForm(forms.Form):
    reviewer = forms.ChoiceField(
        required=False,
        help_text="Gets an e-mail. Without a name it waits for everybody who may sign guides.",
        error_messages={"invalid_choice": "This person may not sign this guide. Choose somebody from the list."},
    )
    note = forms.CharField(
        label="A few words to them",
        required=False,
        max_length=500,
        widget=AdminTextareaWidget(attrs={"rows": 3}),
        help_text="What is new, what to look at.",
    )

    def __init__(self, *args, guide, **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in guide.reviewers()}
        names = [(pk, person.get_full_name() or person.get_username()) for pk, person in self.people.items()]
        self.fields["reviewer"].choices = [("", "Whoever may sign guides"), *names]

    def facts(self):
        return {
            "reviewer": self.people.get(self.cleaned_data["reviewer"]),
            "note": tidy(self.cleaned_data["note"]),
        }


class LinkForm(forms.ModelForm):
    class Meta:
        model = PreviewLink
        fields = ["name", "email", "note", "days"]
        widgets = {"note": AdminTextareaWidget(attrs={"rows": 3})}

    def __init__(self, *args, guide, by, **kwargs):
        super().__init__(*args, **kwargs)
        self.guide, self.by = guide, by

    def clean_name(self):
        return tidy_line(self.cleaned_data["name"])

    def clean_note(self):
        return tidy(self.cleaned_data["note"])

    def clean_email(self):
        email = self.cleaned_data["email"].lower()
        if email == self.by.email.lower() or self.guide.is_author(email=email):
            raise forms.ValidationError(
                "This is the address of somebody who has written in the guide. Name a clinician who has not."
            )
        return email

    def clean(self):
        if self.guide.preview_links.usable().count() >= LINKS_AT_ONCE:
            raise forms.ValidationError(
                f"{LINKS_AT_ONCE} links to this guide are open already. Revoke one that nobody needs any more."
            )
        return super().clean()


class WaitsFilter(admin.SimpleListFilter):
    title = "sign-off"
    parameter_name = "waits"

    def lookups(self, request, model_admin):
        mine = [("me", "Waits for me")] if request.user.has_perm("education.sign_guide") else []
        return [
            *mine,
            ("review", "In review"),
            ("unsigned", "Never signed off"),
            ("comments", "With open comments"),
            ("letters", "An e-mail did not go out"),
        ]

    def queryset(self, request, queryset):
        match self.value():
            case "me":
                return queryset.waiting_for(request.user)
            case "review":
                return queryset.in_review()
            case "unsigned":
                return queryset.filter(sign_offs=None)
            case "comments":
                return queryset.filter(pk__in=Guide.objects.filter(review_comments__done_at=None).values("pk")).exclude(
                    review_comments=None
                )
            case "letters":
                return queryset.filter(pk__in=Letter.objects.in_trouble().values("guide"))
        return queryset


class ReviewDesk:
    """For GuideAdmin."""

    @admin.display(description="sign-off")
    def sign_off(self, guide):
        state, waits = guide.review_state, guide.open_review
        name = f" by {person(waits.reviewer)}" if waits and waits.reviewer else ""
        return format_html('<span class="state review-{}">{}{}</span>', state, state.label, name)

    def has_sign_permission(self, request):
        return request.user.has_perm("education.sign_guide")

    def get_readonly_fields(self, request, obj=None):
        """Once a clinician has signed, these follow from what was signed."""
        fields = super().get_readonly_fields(request, obj)
        signed = obj and obj.sign_offs.exists()
        return [*fields, "reviewed_by", "last_reviewed", "next_review", "is_sample"] if signed else fields

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and not (obj and obj.sign_offs.exists())

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "owner":
            field.queryset = field.queryset.filter(is_staff=True, is_active=True).order_by("first_name", "username")
            field.label_from_instance = person
        return field

    def save_model(self, request, obj, form, change):
        if not change and obj.owner is None:
            obj.owner = request.user
        super().save_model(request, obj, form, change)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj:
            last = obj.last_sign_off
            context |= {
                "may_sign": self.has_sign_permission(request),
                "review_state": obj.review_state,
                "open_review": obj.open_review,
                "last_sign_off": last,
                "sign_off_counts": obj.counting_sign_off,
                "changes": obj.changes_since_sign_off() if last else [],
                "comments": self.comments_beside(obj, context["inline_admin_formsets"]),
                "links": obj.preview_links.select_related("letter"),
                "nobody_is_reminded": not (obj.owner and obj.owner.is_active and obj.owner.email),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def comments_beside(self, guide, inlines):
        """The open ones, each with the place of its section in the form, which shows it too."""
        shown = [form for inline in inlines if inline.formset.prefix == "sections" for form in inline.formset.forms]
        sections = {form.instance.pk: (place, form.instance) for place, form in enumerate(shown)}
        comments = list(guide.review_comments.open())
        for comment in comments:
            comment.place, section = sections.get(comment.section_id, (None, None))
            if section:
                section.said = [*getattr(section, "said", []), comment]
        return comments

    # The pages

    def get_urls(self):
        views = [
            ("ask-review/", self.ask_review_view, "ask_review"),
            ("take-back/", self.take_back_view, "take_back"),
            ("review/", self.review_view, "review"),
            ("links/", self.links_view, "links"),
            ("links/<int:link_pk>/revoke/", self.revoke_view, "revoke"),
            ("comments/<int:comment_pk>/done/", self.done_view, "comment_done"),
            ("publish/", self.publish_view, "publish"),
        ]
        return [
            path(f"<int:pk>/{tail}", self.admin_site.admin_view(view), name=f"education_guide_{name}")
            for tail, view, name in views
        ] + super().get_urls()

    def guide_to(self, request, pk, may):
        """The guide, for whoever `may` do it and sees guides at all."""
        guide = get_object_or_404(Guide, pk=pk)
        if not (may and self.has_view_permission(request, guide)):
            raise PermissionDenied
        return guide

    def back_to_form(self, guide):
        return redirect(f"{reverse('admin:education_guide_change', args=[guide.pk])}#id_review")

    def ask_review_view(self, request, pk):
        guide = self.guide_to(request, pk, self.has_change_permission(request))
        form = AskForm(request.POST if request.method == "POST" else None, guide=guide)
        if form.is_valid():
            asked = guide.ask_for_review(by=request.user, **form.facts())
            self.log_change(request, guide, "Asked for a review.")
            whom = f"{person(asked.reviewer)} is told by e-mail." if asked.reviewer else "It waits for a clinician."
            messages.success(request, f"Asked for a review. {whom}")
            return self.back_to_form(guide)
        title = f"Ask for a review of “{guide}”"
        return self.form_page(request, guide, form, title=title, button="Ask for a review")

    def take_back_view(self, request, pk):
        guide = self.guide_to(request, pk, self.has_change_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        guide.end_review(ReviewRequest.Ending.TAKEN_BACK)
        self.log_change(request, guide, "Took the review back.")
        messages.success(request, "Taken back. Nobody is asked for a review now.")
        return self.back_to_form(guide)

    def review_view(self, request, pk):
        guide = self.guide_to(request, pk, self.has_sign_permission(request))
        before = guide.counting_sign_off
        address = reverse("admin:education_guide_review", args=[guide.pk])
        response = review_page(request, guide, Reader(guide, by=request.user), address=address)
        if response.status_code == 303 and guide.sign_offs.first() != before:
            self.log_change(request, guide, "Signed it off.")
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    def links_view(self, request, pk):
        guide = self.guide_to(request, pk, self.has_change_permission(request))
        form = LinkForm(request.POST if request.method == "POST" else None, guide=guide, by=request.user)
        if form.is_valid():
            with transaction.atomic():
                form.instance.guide, form.instance.invited_by = guide, request.user
                link = form.save()
                guide.letters.create(kind="link", link=link)
            self.log_change(request, guide, "Sent a link to the draft to a clinician without an account.")
            messages.success(request, f"{link.name} gets the link by e-mail in a moment.")
            return self.back_to_form(guide)
        title = f"Ask a clinician without an account to read “{guide}”"
        return self.form_page(request, guide, form, title=title, button="Send the link")

    def revoke_view(self, request, pk, link_pk):
        guide = self.guide_to(request, pk, self.has_change_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        get_object_or_404(guide.preview_links, pk=link_pk).revoke()
        self.log_change(request, guide, "Revoked a link to the draft.")
        messages.success(request, "Revoked. The link opens nothing any more.")
        return self.back_to_form(guide)

    def done_view(self, request, pk, comment_pk):
        guide = self.guide_to(request, pk, self.has_change_permission(request))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        get_object_or_404(guide.review_comments, pk=comment_pk).mark_done(by=request.user)
        messages.success(request, "The comment is marked as done.")
        return self.back_to_form(guide)

    def publish_view(self, request, pk):
        """For who may publish and not write; who may do both has the button of the form."""
        guide = self.guide_to(request, pk, self.has_publish_permission(request))
        if request.method == "POST":
            return self.publish(request, guide)
        return self.ask(
            request,
            guide,
            title=f"Publish “{guide}”?",
            text="Patients read the draft from then on, as it is saved now.",
            button="Publish",
        )

    def form_page(self, request, guide, form, **words):
        context = {**self.admin_site.each_context(request), "opts": self.opts, "guide": guide, "form": form, **words}
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/education/guide/ask_review.html", context, status=status)


def person(user):
    return (user.get_full_name() or user.get_username()) if user else ""
