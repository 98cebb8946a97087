"""Reading a draft as a reviewer: comments and signature, for an account and for a clinician who came by a link."""

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.template.loader import render_to_string
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
    """On one section, below which it stands; or on the whole guide."""

    place = forms.CharField(required=False, widget=forms.HiddenInput)
    text = Lines(
        label="Your comment",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        error_messages={"required": "Write your comment.", "max_length": TOO_LONG},
    )

    def __init__(self, *args, section=None, removed=False, **kwargs):
        place = str(section.pk) if section else ""
        super().__init__(*args, initial={"place": place}, **kwargs)
        self.section, self.removed = section, removed
        self.auto_id = f"{PANEL}{place}-%s" if section else self.auto_id

    def clean(self):
        if self.removed:
            self.data = self.data.copy()
            self.data["place"] = ""
            raise ValidationError("This part was removed meanwhile. Your words stand below: send them again, and they are "
                                  "about the whole guide.")  # fmt: skip
        return super().clean()

    def facts(self):
        heading = self.section.heading if self.section else ""
        return {"section": self.section, "heading": heading, "text": self.cleaned_data["text"]}


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
    sections = list(guide.sections.all())
    on_sections, comment_form = comment_forms(sections, typed if "comment_on_it" in asked else None)
    written_in = next((form for form in [*on_sections, comment_form] if form.is_bound), comment_form)
    sign_form = SignForm(
        typed if "sign_it" in asked else None,
        initial={**reader.usual(), "digest": clinical.digest(guide.as_data())},
    )
    open_review = guide.open_review if reader.by else None
    if "comment_on_it" in asked and commented(reader, written_in):
        return see_other(f"{address}#{PANEL}{place_of(written_in.section)}")
    if "sign_it" in asked and signed(guide, reader, sign_form):
        return see_other(f"{address}#{PANEL}panel")
    if "send_back" in asked and open_review:
        guide.end_review(ReviewRequest.Ending.SENT_BACK)
        return see_other(address)
    wrong = sign_form if sign_form.errors else written_in
    comments = list(reader.comments())
    context = {
        "guide": guide,
        "revision": guide.as_revision(margins=margins(request, on_sections, comments)),
        "preview": True,
        "reviewing": True,
        "reader": reader,
        "comments": comments,
        "comments_on_all": [comment for comment in comments if comment.section_id is None],
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


def comment_forms(sections, typed):
    """(one for each section, one for the whole guide); what was typed is in the one in which it was written."""
    place = typed.get("place", "") if typed else ""
    known = {str(section.pk) for section in sections}
    on_sections = [CommentForm(typed if place == str(s.pk) else None, section=s) for s in sections]
    return on_sections, CommentForm(typed if place not in known else None, removed=bool(place) and place not in known)


def place_of(section):
    return f"at-{section.pk}" if section else "panel"


def margins(request, forms, comments):
    """What stands below each section: what was said about it, and the form to say more."""
    said = {}
    for comment in comments:
        said.setdefault(comment.section_id, []).append(comment)
    return [
        render_to_string(
            "education/_margin.html",
            {"form": form, "id": f"{PANEL}{place_of(form.section)}", "comments": said.get(form.section.pk, [])},
            request,
        )
        for form in forms
    ]


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
