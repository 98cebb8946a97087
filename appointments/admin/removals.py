"""What goes because of its age: what is due, who wants to run it, and what the last runs removed."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from .. import retention
from ..access import only_recorded, record
from ..models import AccessEvent, PurgeRun
from .access import SiteWritten

RUNS_SHOWN = 30
MAY_RUN = "appointments.erase_appointmentrequest"


@admin.register(PurgeRun)
class PurgeRunAdmin(SiteWritten):
    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(MAY_RUN) or super().has_view_permission(request, obj)

    def get_urls(self):
        return super().get_urls()[:1]  # the one page; a run has no page of its own

    @only_recorded
    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self.run(request)
        kinds = retention.coming()
        record(
            AccessEvent.Action.LIST,
            [row.reference for kind in kinds for row in kind["requests"]],
            by=request.user,
            step="removals",
        )
        context = {
            **self.admin_site.each_context(request),
            "title": "Removed because of their age",
            "opts": self.opts,
            "kinds": kinds,
            "why_it_stops": retention.reason_to_stop(),
            "may_run": request.user.has_perm(MAY_RUN),
            "runs": PurgeRun.objects.select_related("by")[:RUNS_SHOWN],
        }
        return TemplateResponse(request, "admin/appointments/purgerun/page.html", context)

    def run(self, request):
        if not request.user.has_perm(MAY_RUN):
            raise PermissionDenied
        done = retention.run(by=request.user, go_on=request.POST.get("go_on") == "yes")
        if done.stopped:
            messages.warning(request, f"Nothing was removed. {done.stopped}")
        else:
            messages.success(request, "What was due is removed.")
        return redirect("admin:appointments_purgerun_changelist")
