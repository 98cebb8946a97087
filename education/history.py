"""The history of a guide in the admin: what was saved and published, compared and restored."""

from itertools import pairwise

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.views.decorators.http import require_GET

from clinic.languages import OURS
from clinic.narrow import refuse_unless

from .comparing import compare
from .models import Guide, HistoryEntry
from .models.guide import guides_at

PAGE = 25
NEWEST = "9223372036854775807"
DRAFT, LIVE = "draft", "live"


class HistoryOfGuides:
    """The pages, for the guides' admin."""

    def get_urls(self):
        pages = [
            ("compare/", require_GET(self.compare_view), "compare"),
            ("history/<int:entry>/", require_GET(self.entry_view), "entry"),
            ("history/<int:entry>/restore/", self.restore_entry_view, "restore_entry"),
        ]
        return [
            path(f"<int:pk>/{tail}", self.admin_site.admin_view(view), name=f"education_guide_{name}")
            for tail, view, name in pages
        ] + super().get_urls()

    # Keeping ---------------------------------------------------------------------------------------------------------

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        note = form.cleaned_data.get("note", "")
        entry = form.instance.keep(by=request.user, note=note)
        request.note_to_publish_with = "" if entry else note
        if note and not entry and "_publish" not in request.POST:
            messages.info(request, "You changed nothing, so your note was not kept.")

    # Looking ---------------------------------------------------------------------------------------------------------

    def history_view(self, request, object_id, extra_context=None):
        """In place of Django's own: saved drafts and revisions in one list, newest first."""
        guide = self.to_look_at(request, object_id)
        entries = guide.history.newest_first()
        before = request.GET.get("before", "")
        if before:
            refuse_unless(before.isascii() and before.isdecimal() and len(before) < len(NEWEST))
            entries = entries.filter(pk__lt=before)
        rows = list(entries[: PAGE + 1])
        for row, older in pairwise(rows):
            row.older = older if older.snapshot_id != row.snapshot_id else None
        context = {
            "rows": rows[:PAGE],
            "is_first_page": not before,
            "older": rows[PAGE - 1].pk if len(rows) > PAGE else None,
            "unkept": not guide.history.of_draft().exists(),
            "title": f"History of “{guide}”",
        }
        return self.history_page(request, guide, "history.html", context)

    def entry_view(self, request, pk, entry):
        """An old draft through the template that patients get."""
        guide = self.to_look_at(request, pk)
        revision = guide.as_revision(self.entry_of(guide, entry).data)
        context = {"guide": guide, "revision": revision, "preview": True}
        return TemplateResponse(request, "education/guide_detail.html", context, headers={"X-Robots-Tag": "noindex"})

    def compare_view(self, request, pk):
        guide = self.to_look_at(request, pk)
        old, new = (self.side(guide, request.GET.get(name, "")) for name in ("old", "new"))
        parts = compare(*(with_related_named(side["data"]) for side in (old, new)))
        for row in (row for part in parts for row in part.rows if row.pictures):
            row.pictures = tuple(map(thumbnail, row.pictures))
        choices = list(guide.history.newest_first()[:PAGE])
        choices += [side["entry"] for side in (old, new) if side["entry"] and side["entry"] not in choices]
        context = {
            "old": old,
            "new": new,
            "sides": [{**old, "called": "old"}, {**new, "called": "new"}],
            "parts": [part for part in parts if part.became],
            "the_same": [part.name for part in parts if not part.became],
            "choices": choices,
            "title": f"Compare two states of “{guide}”",
        }
        return self.history_page(request, guide, "compare.html", context)

    def side(self, guide, name):
        """What stands on one side: the draft as it is saved, what patients read, or an entry of the history."""
        if name in ("", DRAFT):
            return {"key": DRAFT, "name": "The draft as it is saved now", "data": guide.as_data(), "entry": None}
        if name == LIVE:
            if not guide.is_live:
                raise Http404
            revision = guide.live_revision
            return {"key": LIVE, "name": f"What patients read: {revision.number}", "data": revision.data, "entry": None}
        entry = self.entry_of(guide, name)
        return {"key": str(entry.pk), "name": str(entry), "data": entry.data, "entry": entry}

    def entry_of(self, guide, pk):
        if not str(pk).isdecimal() or len(str(pk)) >= len(NEWEST):
            raise Http404
        return get_object_or_404(guide.history.select_related("snapshot", "revision"), pk=pk)

    def to_look_at(self, request, pk):
        if not str(pk).isdecimal() or len(str(pk)) >= len(NEWEST):
            raise Http404
        guide = get_object_or_404(Guide.objects.select_related("live_revision"), pk=pk)
        if not self.has_view_permission(request, guide):
            raise PermissionDenied
        return guide

    # Restoring -------------------------------------------------------------------------------------------------------

    def restore_entry_view(self, request, pk, entry):
        guide = self.to_look_at(request, pk)
        if not self.has_change_permission(request, guide):
            raise PermissionDenied
        entry = self.entry_of(guide, entry)
        if request.method != "POST":
            return self.ask(
                request,
                guide,
                title="Restore this draft?",
                text=f"“{guide}” becomes what it was then ({entry}). The draft as it is now is kept in the history first. What "
                "patients read stays as it is until you publish.",
                button="Restore as draft",
            )
        return self.restored(request, guide, entry, f"What stood here on {entry.when}")

    def restored(self, request, guide, old, note):
        with transaction.atomic():
            gone = guide.restore(old, by=request.user, note=note)
            self.log_change(request, guide, f"Restored. {note}")
        for sentence in gone:
            messages.warning(request, sentence)
        messages.success(request, "Restored. The draft that it replaced is in the history: Undo brings it back.")
        return redirect("admin:education_guide_change", guide.pk)

    def to_undo(self, guide):
        """The entry that the newest restore replaced; None when anything was done since."""
        newest = list(guide.history.select_related("by")[:1])
        if not newest or newest[0].what != HistoryEntry.What.RESTORED:
            return None
        return guide.history.of_draft().filter(pk__lt=newest[0].pk).first()

    def history_page(self, request, guide, template, context):
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "guide": guide,
            "may_change": self.has_change_permission(request, guide),
            "undo": self.has_change_permission(request, guide) and self.to_undo(guide),
            **context,
        }
        return TemplateResponse(request, f"admin/education/guide/{template}", context)


def with_related_named(data):
    """Related guides by their titles of today: a guide that has moved is no change of those that name it."""
    named = data.get("related", [])
    found = guides_at(named, data.get("language", OURS)) if named else {}
    names = [found[name].title if name in found else f"{name} (gone)" for name in named]
    return {**data, "related": "\n".join(names)} if names else data


def thumbnail(picture):
    """The smallest file of a frozen picture, if it is still there."""
    if not picture:
        return None
    file = f"{picture['folder']}/{picture['widths'][0]}.webp"
    return {**picture, "address": default_storage.url(file) if default_storage.exists(file) else ""}
