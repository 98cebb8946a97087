"""Reading a draft as a reviewer: comments and signature, for an account and for a clinician who came by a link."""

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse

from clinic.typed import tidy, tidy_line

from . import clinical
from .models import NotSignable
from .models.preview_link import COMMENTS_AT_MOST
from .models.review import ReviewRequest
from .models.sign_off import DEFAULT_MONTHS, MOST_MONTHS

TOO_LONG = "Make this shorter: at most %(limit_value)d characters."
PANEL = "your-review__"  # no heading of a guide becomes such an id


class Line(forms.CharField):
    def to_python(self, value):
        return tidy_line(super().to_python(value))


class Lines(forms.CharField):
    widget = forms.Textarea

    def to_python(self, value):
        return tidy(super().to_python(value))


class ReviewForm(forms.Form):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id=f"{PANEL}%s", **kwargs)

    @property
    def helper(self):
        helper = FormHelper(self)
        helper.form_tag = False  # the page has the tag, the token and the button
        helper.disable_csrf = True
        return helper


class CommentForm(ReviewForm):
    place = forms.ChoiceField(
        label="What it is about",
        required=False,
        error_messages={"invalid_choice": "This part was removed meanwhile. Choose another one, or the whole guide."},
    )
    text = Lines(
        label="Your comment",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        error_messages={"required": "Write your comment.", "max_length": TOO_LONG},
    )

    def __init__(self, *args, sections, **kwargs):
        super().__init__(*args, **kwargs)
        self.sections = {str(section.pk): section for section in sections}
        names = [(key, section.heading) for key, section in self.sections.items()]
        self.fields["place"].choices = [("", "The whole guide"), *names]

    def facts(self):
        section = self.sections.get(self.cleaned_data["place"])
        return {
            "section": section,
            "heading": section.heading if section else "",
            "text": self.cleaned_data["text"],
        }


class SignForm(ReviewForm):
    name = Line(
        label="Your name",
        help_text="As patients read it under the guide.",
        max_length=60,
        error_messages={"required": "Write your name as patients should read it.", "max_length": TOO_LONG},
    )
    role = Line(
        label="Your role",
        help_text="For example: radiologist.",
        max_length=58,
        error_messages={"required": "Write your role, such as “radiologist”.", "max_length": TOO_LONG},
    )
    months = forms.IntegerField(
        label="Months until it must be reviewed again",
        help_text=f"1 to {MOST_MONTHS}. Choose fewer where things change quickly.",
        initial=DEFAULT_MONTHS,
        min_value=1,
        max_value=MOST_MONTHS,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), f"Write a number of months from 1 to {MOST_MONTHS}."
        ),
    )
    comment = Lines(
        label="A note for the editors",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        error_messages={"max_length": TOO_LONG},
    )
    agree = forms.BooleanField(
        label="I have read the whole guide. As far as I know it is right, and safe for patients to rely on.",
        error_messages={"required": "Tick the box if you have read the whole guide and stand behind it."},
    )
    digest = forms.CharField(widget=forms.HiddenInput)


class Reader:
    """Who reads: an account (`by`), or whoever a `link` was sent to."""

    def __init__(self, guide, *, by=None, link=None):
        self.guide, self.by, self.link = guide, by, link

    @property
    def name(self):
        return self.link.name if self.link else self.by.get_full_name() or self.by.get_username()

    def comments(self):
        """A guest sees their own; colleagues see all."""
        return self.link.comments.all() if self.link else self.guide.review_comments.all()

    def may_sign(self):
        return not self.guide.is_author(self.by, self.link.email if self.link else "")

    def has_signed(self):
        """The signature of this person under the text as it is now, if there is one."""
        last = self.guide.counting_sign_off
        mine = last and (last.link_id == self.link.pk if self.link else last.signed_by_id == self.by.pk)
        return last if mine else None

    def usual(self):
        """Name and role to begin with: those of the last time."""
        last = self.by.guide_sign_offs.order_by("-at").first() if self.by else None
        return {"name": last.name if last else self.name[:60], "role": last.role if last else ""}

    def comment(self, facts):
        """A second click is no second comment."""
        if self.link and not self.link.takes_comments():
            raise ValidationError(f"You have written {COMMENTS_AT_MOST} comments: that is all this link takes.")
        if not self.comments().filter(heading=facts["heading"], text=facts["text"], done_at=None).exists():
            self.guide.review_comments.create(by=self.by, link=self.link, name=self.name, **facts)


def review_page(request, guide, reader, *, address):
    """The draft through the template that patients get, and below it what a reviewer can do."""
    asked = request.POST if request.method == "POST" else {}
    typed = asked or None
    comment_form = CommentForm(typed if "comment_on_it" in asked else None, sections=guide.sections.all())
    sign_form = SignForm(
        typed if "sign_it" in asked else None,
        initial={**reader.usual(), "digest": clinical.digest(guide.as_data())},
    )
    open_review = guide.open_review if reader.by else None
    if ("comment_on_it" in asked and commented(reader, comment_form)) or (
        "sign_it" in asked and signed(guide, reader, sign_form)
    ):
        return see_other(f"{address}#{PANEL}panel")
    if "send_back" in asked and open_review:
        guide.end_review(ReviewRequest.Ending.SENT_BACK)
        return see_other(address)
    wrong = sign_form if sign_form.errors else comment_form
    context = {
        "guide": guide,
        "revision": guide.as_revision(),
        "preview": True,
        "reviewing": True,
        "reader": reader,
        "comments": reader.comments(),
        "comment_form": comment_form,
        "sign_form": sign_form,
        "form": wrong,
        "has_signed": reader.has_signed(),
        "may_sign": reader.may_sign(),
        "changes": guide.changes_since_sign_off(),
        "last_sign_off": guide.last_sign_off,
        "open_review": open_review,
    }
    return TemplateResponse(request, "education/draft_review.html", context, status=422 if wrong.errors else 200)


def commented(reader, form):
    if not form.is_valid():
        return False
    try:
        reader.comment(form.facts())
    except ValidationError as problem:
        form.add_error(None, problem)
        return False
    return True


def signed(guide, reader, form):
    if not form.is_valid():
        return False
    facts = {name: value for name, value in form.cleaned_data.items() if name != "agree"}
    try:
        guide.sign_off(by=reader.by, link=reader.link, **facts)
    except NotSignable as problem:
        form.add_error(None, problem)
        if problem.code == "changed":  # who signs now has seen the new text
            form.data = form.data.copy()
            form.data["digest"] = form.initial["digest"]
            form.data.pop("agree", None)
        return False
    return True


def see_other(address):
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response
