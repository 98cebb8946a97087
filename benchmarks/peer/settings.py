"""A small Wagtail site: the middlewares of Wagtail's own starter project, and those of ours that are Django's or a library's."""

import os
from pathlib import Path

import django

FOLDER = Path(os.environ["PEER_FOLDER"])
KEEPS = os.environ["PEER_KEEPS"]  # nothing, fragments or pages
SECRET_KEY = "of-the-benchmark-alone-and-of-nothing-else"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1"]
DEBUG = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "benchmarks.peer.urls"
USE_TZ = True
MIGRATION_MODULES = {"peer": "peer_migrations"}  # made in FOLDER, which is on the path
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": FOLDER / "peer.sqlite3",
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CACHE_MIDDLEWARE_SECONDS = 60
MEDIA_ROOT, MEDIA_URL = FOLDER / "media", "/media/"
STATIC_ROOT, STATIC_URL = FOLDER / "static", "/static/"
INSTALLED_APPS = [
    "benchmarks.peer",
    "wagtail.contrib.redirects",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *([] if django.VERSION >= (6, 0) else ["csp"]),
]
_INNER = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]
if KEEPS == "pages":  # as Django's manual orders them
    _INNER = [
        "django.middleware.cache.UpdateCacheMiddleware",
        *_INNER,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
MIDDLEWARE = [
    "django.middleware.csp.ContentSecurityPolicyMiddleware"
    if django.VERSION >= (6, 0)
    else "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    *_INNER,
]
_POLICY = {"default-src": ["'none'"], "img-src": ["'self'"], "style-src": ["'self'"], "script-src": ["'self'"]}
SECURE_CSP = _POLICY
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _POLICY}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
WAGTAIL_SITE_NAME = "Clinic"
WAGTAILADMIN_BASE_URL = "http://127.0.0.1"
