"""The roof: what answers where, and which app may ask which."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from appointments.throttle import is_guessing
from appointments.urls import request_urls
from education.drafts import draft_urls
from education.models import find_guide

from . import errors, views

# In each language, English without a prefix. Before what follows: a language's own pages must not be taken for others.
public = i18n_patterns(
    path("", views.Home.as_view(), name="home"),
    path("guides/", include("education.urls")),
    path("request/", include(request_urls(find_guide=find_guide))),
    path("privacy/", views.Privacy.as_view(), name="privacy"),
    prefix_default_language=False,
)
urlpatterns = [
    *public,
    path("drafts/", include(draft_urls(is_guessing=is_guessing))),
    path("media/<path:path>", views.picture_file, name="media"),
    path("healthz", views.health, name="health"),
    path("robots.txt", views.Robots.as_view(), name="robots"),
    path("sitemap.xml", views.SitemapIndex.as_view(), name="sitemap"),
    path("sitemap-pages.xml", views.SitemapFile.as_view(), name="sitemap_pages"),
    path("sitemap-guides-<int:file>.xml", views.SitemapFile.as_view(), name="sitemap_guides"),
    path("favicon.ico", views.favicon),
    path("admin/", include("clinic.staff.urls")),  # before the admin's own, whose sign-in it replaces
    path("admin/", admin.site.urls),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
