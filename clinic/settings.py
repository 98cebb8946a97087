"""Settings, all from the environment. With nothing set this is the demo on this computer; see .env.example.

A site for real patients sets CLINIC_ENV=production; a needed variable that is missing then stops the start with one
sentence that names it.
"""

import base64
import os
import secrets
from datetime import time
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url
import django
from django_prose_editor.config import html_tags
from environs import Env
from js_asset import static_lazy

from .store_address import NoStore, bucket_options

BASE_DIR = Path(__file__).resolve().parent.parent
DJANGO_6 = django.VERSION >= (6, 0)  # the one switch: tasks and CSP are part of Django from 6.0

env = Env()
ENV_FILE = Path(env.str("ENV_FILE", "") or BASE_DIR / ".env")
env.read_env(str(ENV_FILE), recurse=False)

CLINIC_ENV = env.str("CLINIC_ENV", "") or "local"
if CLINIC_ENV not in ("local", "production"):
    raise SystemExit(f"CLINIC_ENV is {CLINIC_ENV!r}: write production, or leave it out for the demo.")
PRODUCTION = CLINIC_ENV == "production"


def given(name, default, read=env.str):
    """The variable's value; one that is set to nothing counts as not set."""
    return read(name) if env.str(name, "") else default


def needed(name, what):
    """The variable's value; in production its absence stops the start with one sentence."""
    value = env.str(name, "")
    if PRODUCTION and not value:
        raise SystemExit(f"Set {name} ({what}): a site with CLINIC_ENV=production does not start without it.")
    return value


# Where things are kept ------------------------------------------------------------------------------------------------

DATA_DIR = Path(given("DATA_DIR", str(BASE_DIR / "var"))).resolve()
try:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise SystemExit(f"{DATA_DIR} cannot be made ({error.strerror}). Set DATA_DIR to a folder that is yours.") from None
if os.geteuid() == 0 and DATA_DIR.stat().st_uid:  # files that root leaves there would stop the site, and its backups
    owner = DATA_DIR.stat().st_uid
    try:
        as_owner = f"runuser -u {DATA_DIR.owner()} --"
    except KeyError:  # a user of another computer, without a name here
        as_owner = f"setpriv --reuid {owner} --regid {DATA_DIR.stat().st_gid} --clear-groups"
    raise SystemExit(
        f"You are root, and {DATA_DIR} belongs to another user. Type it as that user, in the folder of the site: "
        f"{as_owner} .venv/bin/python manage.py …"
    )


def local_secret_key():
    """A random key of this computer's own, so that the demo's sign-ins outlive a restart."""
    path = DATA_DIR / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = needed("SECRET_KEY", "a long random text, kept secret") or local_secret_key()

DATABASE_URL = needed("DATABASE_URL", "such as postgres://user:password@host/name")
try:
    _database = dj_database_url.parse(
        DATABASE_URL or f"sqlite:///{DATA_DIR / 'clinic.sqlite3'}", conn_max_age=60, conn_health_checks=True
    )
except ValueError:
    raise SystemExit("DATABASE_URL cannot be read: write postgres://user:password@host/name.") from None
DATABASES = {"default": _database}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["ENGINE"] = "clinic.sqlite"  # Django's, which also notices that its file was taken away
    # WAL and IMMEDIATE: a writer waits its turn and never ends as "database is locked". FULL: what we acknowledged
    # outlives a power cut. clinic/checks.py refuses to start with anything weaker. secure_delete: what is deleted is
    # overwritten, so that nobody's words stay in the file.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    }
    # Tests use a file, not memory: the live server's threads then lock as they do in production.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 10)
    # They outlive a transaction, and behind PgBouncer the next one may be another server's.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True

MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
STATIC_ROOT = Path(given("STATIC_ROOT", str(DATA_DIR / "static")))
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},  # unless there is a MEDIA_STORE
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
if MEDIA_STORE := env.str("MEDIA_STORE", ""):  # pictures of all hosts together; see docs/operator.md
    try:
        STORAGES["default"] = {"BACKEND": "clinic.media_store.Bucket", "OPTIONS": bucket_options(MEDIA_STORE)}
    except NoStore as error:
        raise SystemExit(f"MEDIA_STORE cannot be read: {error}") from None
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site is meant to use our files
STATICFILES_FINDERS = [
    "clinic.bundles.JoinedStyles",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]

# The address of the site ----------------------------------------------------------------------------------------------

HOST = given("HOST", "127.0.0.1")  # what the embedded server listens on
PORT = given("PORT", 8000, env.int)
SITE_URL = (needed("SITE_URL", "such as https://clinic.example.org") or f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = given("ALLOWED_HOSTS", [urlsplit(SITE_URL).hostname], env.list)
if not PRODUCTION:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
HTTPS = SITE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [SITE_URL] if HTTPS else []
ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
TRUSTED_PROXIES = given("TRUSTED_PROXIES", 0, env.int)  # how many proxies of ours add to X-Forwarded-For
# seconds that a server which was told to stop goes on answering, with /readyz at 503: until a load balancer has seen it
LEAVE_SECONDS = given("LEAVE_SECONDS", 0, env.int)

# What the site is made of ---------------------------------------------------------------------------------------------

DEBUG = given("DEBUG", False, env.bool) and not PRODUCTION
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "clinic.apps.ClinicConfig",
    "education",
    "appointments",
    "clinic.apps.ClinicAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "django_prose_editor",
    "phonenumber_field",
    "django_tasks_db",
    *([] if DJANGO_6 else ["django_tasks", "csp"]),
]

MIDDLEWARE = [
    "clinic.metrics.Measured",
    "education.held_pages.HeldPages",
    "clinic.languages.LanguageOfTheAddress",
    "clinic.middleware.SameHeadersEverywhere",
    "django.middleware.csp.ContentSecurityPolicyMiddleware" if DJANGO_6 else "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clinic.middleware.SmallPlainBodies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clinic.staff.sessions.StaffSessions",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinic.context.clinic",
                *(["django.template.context_processors.csp"] if DJANGO_6 else []),
            ],
            "builtins": ["clinic.templatetags.clinic", "django.templatetags.i18n"],
        },
    }
]

# Forms are drawn by our own crispy template pack, templates/forms.
CRISPY_ALLOWED_TEMPLATE_PACKS = ["forms"]
CRISPY_TEMPLATE_PACK = "forms"

# Work that waits: queued in the database, in the same transaction as what it belongs to.
# Or handed on by Redis, which only nudges: the rows are the truth.
QUEUE_URL = env.str("QUEUE_URL", "")
_queue = "clinic.redis_queue.RedisQueue" if QUEUE_URL else "appointments.queue.DatabaseQueue"
TASKS = {"default": {"BACKEND": given("TASKS_BACKEND", _queue)}}
if QUEUE_URL:
    if not QUEUE_URL.startswith(("redis://", "rediss://")):
        raise SystemExit("QUEUE_URL cannot be read: write redis://host:6379/0.")
    INSTALLED_APPS += ["django_rq"]
    RQ_QUEUES = {
        "default": {
            "URL": QUEUE_URL,
            "SERIALIZER": "rq.serializers.JSONSerializer",  # RQ's own is pickle: whoever can write to Redis could run code
            "REDIS_CLIENT_KWARGS": {
                "socket_connect_timeout": 1,
                "socket_timeout": 2,
            },  # seconds a patient may wait for it
        }
    }
    RQ = {"JOB_CLASS": "clinic.redis_queue.TaskJob", "WORKER_CLASS": "clinic.redis_queue.PlainWorker"}
# What the worker does besides requests and their mail, at each turn, every few seconds and each hour: functions without
# arguments that take seconds at most. Those of a turn say whether they did something.
WORKER_EACH_TURN = ["education.darkroom.develop_next", "clinic.work.send_a_letter"]
WORKER_ROUNDS = [
    "education.scheduling.go_round",
    "clinic.backups.schedule.go_round",
    "clinic.examination.go_round",
]
EXAMINE_EVERY_MINUTES = given("EXAMINE_EVERY_MINUTES", 5, env.int)  # what the desk shows of the doctor; 0: never
WORKER_EACH_HOUR = [
    "education.darkroom.clear_away_strays",
    "clinic.work.remind_owners",
    "clinic.work.forget_abandoned_imports",
    "clinic.away.write",
]

# Language and time ----------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"  # of staff's pages, and of public ones without a language in their address
LOCALE_PATHS = [BASE_DIR / "locale"]  # a folder for each further language; docs/languages.md says how to add one
_wanted = given("LANGUAGES", [], env.list)
_here = sorted(path.parent.parent.name for path in LOCALE_PATHS[0].glob("*/LC_MESSAGES/django.mo"))
_here = [LANGUAGE_CODE, *(name.lower().replace("_", "-") for name in _here)]
if _unknown := set(_wanted) - set(_here):
    raise SystemExit(f"LANGUAGES names {', '.join(sorted(_unknown))}: the site has {', '.join(_here)}.")
LANGUAGES = [(code, code) for code in _here if code == LANGUAGE_CODE or not _wanted or code in _wanted]
TIME_ZONE = given("TIME_ZONE", "America/New_York")
try:
    ZoneInfo(TIME_ZONE)
except (ValueError, OSError, ZoneInfoNotFoundError):
    raise SystemExit(f"TIME_ZONE is {TIME_ZONE!r}: write one such as Europe/Madrid.") from None
USE_TZ = True
PHONENUMBER_DEFAULT_REGION = given("PHONE_REGION", "US")

# Mail -----------------------------------------------------------------------------------------------------------------
# EMAIL_URL such as smtp+tls://user:password@mail.example.org:587; signs such as @ in the password as %40. Without one
# the demo catches mail on disk, where staff read it at /admin/mail/. Who means smtp:// to another computer in production
# says so: smtp://relay.example.org?in_clear=yes.

CAUGHT_MAIL_DIR = DATA_DIR / "mail"
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
if EMAIL_URL := needed("EMAIL_URL", "such as smtp+tls://user:password@host:587"):
    _mail = urlsplit(EMAIL_URL)
    if _mail.scheme not in MAIL_PORTS or not _mail.hostname:
        raise SystemExit("EMAIL_URL cannot be read: write smtp+tls://user:password@host:587 (or smtp+ssl://, smtp://).")
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.hostname, _mail.port or MAIL_PORTS[_mail.scheme]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.scheme == "smtp+tls", _mail.scheme == "smtp+ssl"
    MAIL_MAY_GO_IN_CLEAR = parse_qs(_mail.query).get("in_clear") == ["yes"]
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = CAUGHT_MAIL_DIR
    MAIL_MAY_GO_IN_CLEAR = False
EMAIL_TIMEOUT = 10  # seconds for one answer of the mail server; Django has none of its own
DEFAULT_FROM_EMAIL = needed("DEFAULT_FROM_EMAIL", "the sender of the site's mail") or "clinic@example.org"

# Events to the practice system -----------------------------------------------------------------------------------------
# Told that a request has moved on, never what it holds; docs/practice-system.md says how to receive them.

WEBHOOK_URL = env.str("WEBHOOK_URL", "")
WEBHOOK_SECRETS = []  # as bytes; each event is signed with all of them


def whole_secret(text):
    """The key in whsec_…, which is base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not text.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise SystemExit("WEBHOOK_SECRETS cannot be read: write whsec_ and 24 to 64 random bytes in base64.")
    return key


if WEBHOOK_URL:
    _hook = urlsplit(WEBHOOK_URL)
    _trial = not PRODUCTION and _hook.scheme == "http" and _hook.hostname in ("localhost", "127.0.0.1", "::1")
    _plain = WEBHOOK_URL.isascii() and WEBHOOK_URL.isprintable() and " " not in WEBHOOK_URL
    if not _plain or not _hook.hostname or "@" in _hook.netloc or not (_trial or _hook.scheme == "https"):
        raise SystemExit("WEBHOOK_URL cannot be used: write https://practice.example.org/events, without a password.")
    WEBHOOK_SECRETS = [whole_secret(text) for text in given("WEBHOOK_SECRETS", [], env.list)]
    if not WEBHOOK_SECRETS:
        raise SystemExit("Set WEBHOOK_SECRETS (whsec_…, several with commas): events are not sent unsigned.")

# What the browser may do ----------------------------------------------------------------------------------------------

# The rich-text editor adds one constant <style>; a browser test fails when an update changes it.
_EDITOR_STYLE = "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"
_POLICY = {
    "default-src": ["'none'"],
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'"],
    "worker-src": ["'self'"],
    "font-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
}
if DJANGO_6:
    from django.utils.csp import CSP

    SECURE_CSP = {**_POLICY, "script-src": [CSP.SELF, CSP.NONCE], "style-src": [CSP.SELF, CSP.NONCE, _EDITOR_STYLE]}
else:
    from csp.constants import NONCE, SELF

    CONTENT_SECURITY_POLICY = {
        "DIRECTIVES": {**_POLICY, "script-src": [SELF, NONCE], "style-src": [SELF, NONCE, _EDITOR_STYLE]}
    }

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"  # not no-referrer: the form's CSRF check needs an Origin
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = PRODUCTION and HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked inside the house, past the proxy
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SSL_REDIRECT else 0
# Whether the clinic's other hosts speak https is not ours to promise: off until the clinic says so.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_HSTS_INCLUDE_SUBDOMAINS = given("HSTS_INCLUDE_SUBDOMAINS", False, env.bool)
SECURE_HSTS_PRELOAD = given("HSTS_PRELOAD", False, env.bool)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# No error page may need what it is not given, and none may touch a broken body again.
CSRF_FAILURE_VIEW = "clinic.errors.csrf_failure"

# Sessions and sign-in -------------------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 15 * 60  # unused; clinic/staff/sessions.py ends it after eight hours in any case
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_AGE = None  # gone with the browser
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
# Whether each member of staff needs an app or a passkey besides the password. The demo asks nobody, offers it to all.
SECOND_FACTOR_REQUIRED = given("SECOND_FACTOR_REQUIRED", PRODUCTION, env.bool)
SECRET_KEY_FALLBACKS = given("SECRET_KEY_FALLBACKS", [], env.list)
AUTHENTICATION_BACKENDS = ["clinic.staff.adapters.StaffBackend"]
ACCOUNT_ADAPTER = "clinic.staff.adapters.StaffAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False  # they count in a cache; clinic/staff/guessing.py counts in the database
MFA_ADAPTER = "clinic.staff.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # staff have no mailbox to prove here: a manager makes the accounts
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # http://localhost
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute wrong
MFA_RECOVERY_CODES_SHOW_ONCE = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in [
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 15}),
        ("CommonPasswordValidator", {}),
    ]
]

# Bodies ---------------------------------------------------------------------------------------------------------------

PUBLIC_BODY_LIMIT = 64 * 1024  # bytes a patient's form may send
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # an editor's guide of forty rich sections
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
PICTURE_MAX_BYTES = 10 * 1024 * 1024
PICTURE_MAX_PIXELS = 40_000_000

# What a guide's rich text can hold; education.content.clean_html() says the same on the server.
DJANGO_PROSE_EDITOR_EXTENSIONS = [{"js": [static_lazy("js/word-paste.js")], "extensions": {"WordPaste": html_tags([])}}]

# The clinic's own numbers ---------------------------------------------------------------------------------------------

# Shown when the database cannot be asked for the profile that staff edit.
FALLBACK_CLINIC_NAME = given("CLINIC_NAME", "The clinic")
FALLBACK_CLINIC_PHONE = env.str("CLINIC_PHONE", "")
PRIVACY_NOTICE_VERSION = "2026-11"
# seconds that a web process may go on with the hours, services and recipients it has read, for those who send a request
ARRANGEMENTS_HOLD_FOR = 3
# seconds that a web process may go on with a guide it has read; publish and withdraw promise five
GUIDES_HELD_FOR = 3
# whether readers' browsers keep the guides they opened for when the connection drops; off takes back what they keep
GUIDES_OFFLINE = given("GUIDES_OFFLINE", True, env.bool)
FORM_TOKEN_MAX_AGE = 24 * 60 * 60  # seconds that a form page may stay open
DIGEST_AT = time.fromisoformat(given("DIGEST_AT", "09:00"))  # by the clinic's clock
DEMO_PASSWORD = env.str("DEMO_PASSWORD", "")  # instead of a random one for the demo's staff account
REQUESTS_PER_HOUR_REFUSED = given("REQUESTS_PER_HOUR_REFUSED", 100, env.int)  # from one address; more is a flood
# From one address; more only looks like spam. Raise them where many patients share one, as on a clinic's own tablet.
REQUESTS_PER_TEN_MINUTES_SUSPECTED = given("REQUESTS_PER_TEN_MINUTES_SUSPECTED", 5, env.int)
REQUESTS_PER_DAY_SUSPECTED = given("REQUESTS_PER_DAY_SUSPECTED", 20, env.int)

# How long requests are kept, counted from the day on which one was closed.
KEEP_SPAM_DAYS = given("KEEP_SPAM_DAYS", 14, env.int)
KEEP_WORDS_DAYS = given("KEEP_WORDS_DAYS", 30, env.int)
KEEP_PERSON_DAYS = given("KEEP_PERSON_DAYS", 90, env.int)
KEEP_ACCESS_LOG_YEARS = given("KEEP_ACCESS_LOG_YEARS", 6, env.int)
# Clearing away stops itself where it would touch more of the requests than this, or after such a gap: a wrong clock.
PURGE_FUSE_PERCENT = given("PURGE_FUSE_PERCENT", 20, env.int)
PURGE_NEVER_STOPS_AT = given("PURGE_NEVER_STOPS_AT", 5, env.int)  # so few requests are many percent of a small clinic's
PURGE_GAP_DAYS = given("PURGE_GAP_DAYS", 7, env.int)
# Beside the database, so that an older one that is restored erases again whom it has brought back.
ERASED_FILE = Path(given("ERASED_FILE", str(DATA_DIR / "erased.txt")))

# Backups --------------------------------------------------------------------------------------------------------------
# docs/when-it-burns.md says how; without a folder none are made, and the doctor says so.

BACKUP_DIR = given("BACKUP_DIR", None, env.path)
BACKUPS_ELSEWHERE = given("BACKUPS_ELSEWHERE", False, env.bool)  # made by other means: the doctor does not ask for them
BACKUP_PUBLIC_KEY = given(
    "BACKUP_PUBLIC_KEY", [], env.list
)  # whoever has the private half of one of these can read them
BACKUP_EVERY_HOURS = given("BACKUP_EVERY_HOURS", 6, env.int)
BACKUP_KEEP_DAYS = given("BACKUP_KEEP_DAYS", 28, env.int)  # the privacy notice tells patients
BACKUP_PROGRAMS = given("BACKUP_PROGRAMS", None, env.path)  # the folder of pg_dump, where it is not found by itself

# Logs: never what a patient typed -------------------------------------------------------------------------------------

METRICS_TOKEN = env.str("METRICS_TOKEN", "")  # opens /metrics
LOG_FORMAT = given("LOG_FORMAT", "plain")
if LOG_FORMAT not in ("plain", "json"):
    raise SystemExit(f"LOG_FORMAT is {LOG_FORMAT!r}: write json, or leave it out for plain lines.")
DEFAULT_EXCEPTION_REPORTER_FILTER = "clinic.logs.NothingTyped"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "clinic.logs.PlainFormatter", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "clinic.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # Replaces Django's own handlers: its mail_admins would send a patient's form by mail.
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "education": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "clinic": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "appointments": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "waitress.queue": {"level": "ERROR"},  # else a line for each connection that waits its turn
    },
}
