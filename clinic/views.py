"""The pages of the place itself: home, privacy, and what machines ask for."""

import re

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView

from appointments import deliveries
from education import sitemap
from education.models import Guide

from . import doctor, hours, languages
from .languages import with_words
from .models import Closure, OpeningHours, Service, clinic_calendar

PICTURE = re.compile(r"pictures/[0-9a-f]+/[0-9]+\.(avif|webp)")
ACCESSIBILITY_TESTED = _("November 2026")  # when the tests behind the statement last changed
for_everyone = cache_control(public=True, max_age=60)


@method_decorator(for_everyone, "dispatch")
class Home(TemplateView):
    template_name = "home.html"

    def get_context_data(self, **kwargs):
        now, calendar = timezone.now(), clinic_calendar()
        return super().get_context_data(
            topics=Guide.objects.by_topic(),
            week=[(day.label, sorted(calendar.week.get(day, []))) for day in OpeningHours.Weekday],
            closures=Closure.objects.filter(last_day__gte=timezone.localdate(now)),
            open_now=hours.is_open(calendar, now),
            next_opening=next_opening(calendar, now),
            services=with_words(Service.objects.offered()),
            **kwargs,
        )


def next_opening(calendar, at):
    try:
        return hours.next_opening(calendar, at)
    except hours.NeverOpen:
        return None


@method_decorator(for_everyone, "dispatch")
class Privacy(TemplateView):
    template_name = "privacy.html"

    def get_context_data(self, **kwargs):
        keep = {
            "words": settings.KEEP_WORDS_DAYS,
            "person": settings.KEEP_PERSON_DAYS,
            "spam": settings.KEEP_SPAM_DAYS,
            "access_log": settings.KEEP_ACCESS_LOG_YEARS,
            "backups": settings.BACKUP_KEEP_DAYS if settings.BACKUP_DIR else 0,
        }
        return super().get_context_data(privacy_version=settings.PRIVACY_NOTICE_VERSION, keep=keep, **kwargs)


@method_decorator(for_everyone, "dispatch")
class Accessibility(TemplateView):
    """What holds, what was tested and what is known to be wrong: change it with what it says."""

    template_name = "accessibility.html"
    extra_context = {"tested": ACCESSIBILITY_TESTED}


@method_decorator(for_everyone, "dispatch")
class Robots(TemplateView):
    template_name = "robots.txt"
    content_type = "text/plain; charset=utf-8"

    def get_context_data(self, **kwargs):
        prefixes = [languages.address("home", language=code) for code in languages.offered()]
        return super().get_context_data(sitemap=settings.SITE_URL + reverse("sitemap"), prefixes=prefixes, **kwargs)


@method_decorator(for_everyone, "dispatch")
class SitemapIndex(TemplateView):
    template_name = "sitemap_index.xml"
    content_type = "application/xml; charset=utf-8"

    def get_context_data(self, **kwargs):
        number, newest = sitemap.files_of_guides()
        files = [{"address": settings.SITE_URL + reverse("sitemap_pages")}]
        for file in range(1, number + 1):
            address = settings.SITE_URL + reverse("sitemap_guides", args=[file])
            files.append({"address": address, "changed": newest})
        return super().get_context_data(files=files, **kwargs)


@method_decorator(for_everyone, "dispatch")
class SitemapFile(TemplateView):
    """The guides of one file, or the other pages that are worth finding."""

    template_name = "sitemap.xml"
    content_type = "application/xml; charset=utf-8"

    def get_context_data(self, file=None, **kwargs):
        if file is None:
            pages = [
                {"address": settings.SITE_URL + languages.address(name, language=code)}
                for code in languages.offered()
                for name in ("home", "education:guides", "privacy", "accessibility")
            ]
        elif file < 1 or not (pages := sitemap.addresses_of_guides(file)):
            raise Http404
        return super().get_context_data(pages=pages, **kwargs)


@require_safe
def picture_file(request, path):
    """A rendition of the picture library. Its folder's name is random and its content never changes."""
    if not (known := PICTURE.fullmatch(path)):
        raise Http404
    try:
        file = default_storage.open(path)
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, content_type=f"image/{known[1]}")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@never_cache
@require_safe
def health(request):
    """For monitoring, the doctor in short: 200 without a fault, else 503. Names and counts only, no patient data."""
    findings = list(doctor.quick())
    named = {
        level: sorted({finding.name for finding in findings if finding.level == level})
        for level in (doctor.FAULT, doctor.WARNING)
    }
    state = {
        **deliveries.health(),
        "faults": named[doctor.FAULT],
        "warnings": named[doctor.WARNING],
        "ok": not named[doctor.FAULT],
    }
    return JsonResponse(state, status=200 if state["ok"] else 503)


@require_safe
def favicon(request):
    """For browsers that ask without being told: pages name the icon themselves."""
    return redirect(static("img/favicon.ico"))
