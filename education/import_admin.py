"""Documents in and guides out, at the editors' desk: a mixin of the guides' admin."""

import uuid

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html, format_html_join

from clinic.languages import OURS, name_of, offered

from .content import plain_text
from .exporting import FORMATS, export
from .import_forms import ImportForm
from .importing import GROUPS
from .made_drafts import make_draft
from .models import BroughtPicture, Guide, Section, Topic

SALT = "education.import"
CHECK_WITHIN = 8 * 60 * 60  # seconds that the page with the outline may stay open


class ImportsAndExports:
    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("import/", wrap(self.import_view), name="education_guide_import"),
            path("<int:pk>/export/<slug:format>/", wrap(self.export_view), name="education_guide_export"),
            *super().get_urls(),
        ]

    def import_view(self, request):
        """Asks for a document; shows what it would become; makes the draft. Its pictures alone wait in between."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST" and "draft" in request.POST:
            return self.make_checked_draft(request)
        form = ImportForm(request.POST or None, request.FILES or None) if request.method == "POST" else ImportForm()
        if request.method == "POST" and form.is_valid():
            return self.check_page(request, form)
        return self.import_page(request, "import", form=form, status=422 if form.errors else 200)

    def check_page(self, request, form):
        imported, topic = form.imported, form.cleaned_data["topic"]
        name = form.cleaned_data["file"].name if form.cleaned_data.get("file") else "a pasted text"
        carried = {"data": form.data_in_language, "report": imported.report, "name": name[:200], "topic": topic.pk}
        carried["token"] = str(uuid.uuid4())
        carried["pictures"] = BroughtPicture.objects.keep(imported.pictures)
        kinds = dict(Section.Kind.choices)
        return self.import_page(
            request,
            "import_check",
            data=imported.data,
            kind=imported.kind,
            topic=topic,
            language=name_of(form.data_in_language.get("language", OURS)) if len(offered()) > 1 else "",
            outline=[
                section
                | {"label": kinds[section["kind"]]}
                | {part: plain_text(section[part]) for part in ("body", "more")}
                for section in imported.data["sections"]
            ],
            groups=grouped(imported.report),
            draft=signing.dumps(carried, salt=SALT, compress=True),
        )

    def make_checked_draft(self, request):
        try:
            carried = signing.loads(request.POST["draft"], salt=SALT, max_age=CHECK_WITHIN)
        except signing.BadSignature:
            form = ImportForm({})
            form.add_error(
                None, "The page was open for too long, or was changed on its way. Choose the document once more."
            )
            return self.import_page(request, "import", form=form, status=422)
        topic = Topic.objects.filter(pk=carried["topic"]).first()
        if topic is None:
            form = ImportForm({})
            form.add_error(
                None, "Somebody deleted the topic in the meantime. Choose another, and the document once more."
            )
            return self.import_page(request, "import", form=form, status=422)
        found = BroughtPicture.objects.of(carried["pictures"])
        guide, missing = make_draft(
            carried["data"], topic=topic, by=request.user, found=found, token=carried.get("token")
        )
        if missing is None:
            messages.info(request, "The draft was made by your first click already: here it is.")
            return redirect("admin:education_guide_change", guide.pk)
        BroughtPicture.objects.filter(key=carried["pictures"] or None).delete()
        report = [*map(tuple, carried["report"]), *(("look", says) for says in missing)]
        lines = [f"{GROUPS[group]}: {says}" for group, says in report]
        self.log_addition(request, guide, "\n".join([f"Imported from {carried['name']}.", *lines]))
        messages.success(request, "The draft is made. Patients cannot read it until it is published.")
        tell(request, report)
        return redirect("admin:education_guide_change", guide.pk)

    def import_page(self, request, name, *, status=200, **context):
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Import a document", **context}
        return TemplateResponse(request, f"admin/education/guide/{name}.html", context, status=status)

    def export_view(self, request, pk, format):
        guide = get_object_or_404(Guide, pk=pk)
        if not self.has_view_permission(request, guide):
            raise PermissionDenied
        if format not in FORMATS:
            raise Http404
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        ending, kind = FORMATS[format]
        headers = {"Content-Disposition": f'attachment; filename="{guide.slug}.{ending}"'}
        return HttpResponse(export(guide.as_exported(), format), content_type=f"{kind}; charset=utf-8", headers=headers)


def grouped(report):
    """[(heading, [sentence])] in the order of the groups."""
    return [(heading, says) for group, heading in GROUPS.items() if (says := [s for g, s in report if g == group])]


def tell(request, report):
    """What to look at in plain sight; the rest can be opened."""
    for heading, says in grouped(report):
        lines = format_html_join("", "<p>{}</p>", ((line,) for line in says))
        if heading == GROUPS["look"]:
            messages.warning(request, format_html("{}: {}", heading, lines))
        else:
            found = "{} ({}). It stays under “History” too."
            messages.info(
                request,
                format_html("<details><summary>{}</summary>{}</details>", found.format(heading, len(says)), lines),
            )
