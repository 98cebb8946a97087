"""What stands around the fields of the guide's form: its scripts, the outline, the mistakes, the draft beside it."""

from dataclasses import dataclass

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.http import JsonResponse
from django.middleware.csrf import get_token
from django.urls import path
from js_asset import ImportMap, Media, Script

from .framing import shows_our_pages
from .models import Section

MODULES = ("rows", "order", "parts", "head", "drag", "outline", "findings", "unsaved", "return", "preview")
# By an import map and not by relative addresses: only so do the modules get the addresses that change with their content.
FORM_MEDIA = Media(
    importmap=ImportMap({f"guide-form/{name}": f"js/guide-form/{name}.js" for name in MODULES}),
    js=[Script("js/guide-form/main.js", type="module"), Script("js/picture-picker.js", defer=True)],
    css={"all": ["css/library.css"]},
)


class FormPage:
    """The page of the guide's form, for its ModelAdmin."""

    def get_urls(self):
        still_here = self.admin_site.admin_view(self.still_here)
        return [path("still-here/", still_here, name="education_guide_still_here"), *super().get_urls()]

    def still_here(self, request):
        """Whether what is typed could be saved now; and the token to send with it, new after each sign-in."""
        if not (self.has_change_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied
        return JsonResponse({"token": get_token(request)})

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        formsets = [inline.formset for inline in context["inline_admin_formsets"]]
        findings = {"mend": context.get("in_the_way", ()), "advice": context.get("advice", ())}
        context["outline"] = [
            line for formset in formsets if formset.model is Section for line in outline(formset, findings)
        ]
        context["mistakes"] = mistakes(context["adminform"].form, formsets) if context["errors"] else []
        context["show_save_and_add_another"] = False  # nobody writes two guides in a row
        return shows_our_pages(super().render_change_form(request, context, add, change, form_url, obj))


@dataclass
class Line:
    """A heading in the outline; `row` is the id of its section in the form."""

    row: str
    title: str
    is_part: bool
    kind: str
    mend: int
    advice: int


def outline(formset, findings):
    """The page at a glance. Blank parts at the end are not part of it yet."""
    lines = []
    for form in formset.forms:
        if title := value(form, "heading"):
            kind, level = value(form, "kind"), str(value(form, "level"))
            counts = {name: about(form.prefix, found) for name, found in findings.items()}
            label = "" if kind == Section.Kind.TEXT else dict(Section.Kind.choices).get(kind, "")
            lines.append(Line(form.prefix, title, level == str(Section.Level.SUBSECTION), label, **counts))
    return lines


def value(form, name):
    """What the form shows; of who may only look, what is saved."""
    return form[name].value() if name in form.fields else getattr(form.instance, name)


def about(prefix, findings):
    return sum(finding.field_id.startswith(f"id_{prefix}-") for finding in findings)


def called(part):
    name = "heading" if "heading" in part.fields else "title"
    return part[name].value() or part.initial.get(name) or "New"


def mistakes(form, formsets):
    """[{"where", "field", "says", "id"}]: each mistake with the way to it, for a form of several screens."""
    found = []
    for part in [form, *(part for formset in formsets for part in formset.forms)]:
        if part is not form and "DELETE" in part.fields and part["DELETE"].value():
            continue
        where = "" if part is form else called(part)
        for name, errors in part.errors.items():
            if name != NON_FIELD_ERRORS and not part[name].is_hidden:
                words = {"where": where, "field": part[name].label, "says": " ".join(errors)}
                found.append({**words, "id": part[name].id_for_label})
    return found
