"""Pages for the moments when something is wrong: each says what to do, carries the phone number and what was typed."""

import sys
from contextlib import suppress

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.forms import BooleanField, ChoiceField
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from .kept import page_that_keeps
from .our_page import sent_by_our_page
from .typed import tidy

PAGES = {
    400: (
        _("We could not read that"),
        _("Something in what your browser sent was damaged. Please go back and try again."),
    ),
    403: (_("You cannot open this page"), _("It is for the clinic’s staff, or the link is no longer right.")),
    404: (_("We cannot find that page"), _("The address may have a typing mistake, or the page has moved.")),
    405: (_("That did not work"), _("Please go back and use the buttons on the page.")),
    413: (
        _("That is too much text"),
        _("Please go back and send a shorter text. A few words are enough: we will call you."),
    ),
    415: (_("We could not read that"), _("Please use the form on our page to write to us.")),
    429: (
        _("Too many requests at once"),
        _("Many requests came from your connection. Please wait a few minutes, then send it again."),
    ),
    500: (_("Something went wrong on our side"), _("It is not your fault. Please try again in a few minutes.")),
    503: (_("We cannot answer just now"), _("It is not your fault. Please try again in a few minutes, or call us.")),
}
# For staff: in English.
WHY_NOT = "It was cut off or changed on its way here, or what it names is no longer there."
NO_DATA = (
    "The site cannot reach its data: the database does not answer, is busy, or has no room on its disk. What was stored "
    "stays stored. Patients keep what they typed, and are asked to call. If it lasts, tell whoever runs the server: "
    "“manage.py doctor” says what to do."
)
# The form's own token, too: what was stored after all is not stored twice.
KEPT_UNSEEN = ["form_token", "guide", "step", "website"]
NOT_TYPED = {"csrfmiddlewaretoken", "change", *KEPT_UNSEEN}
STAFF = "/admin/"
WITHOUT_TEMPLATES = "<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1><p>{text}</p>"


def error_page(request, status, *, title="", text="", way_back=()):
    """The page for a status. What a patient typed is on it, with a button that sends it again."""
    known_title, known_text = PAGES[status]
    context = {"title": title or known_title, "text": text or known_text, "status": status, "way_back": way_back}
    context["typed"] = typed = typed_fields(request)
    try:
        if typed:
            context["csrf_token"] = get_token(request)
            context["shown"] = in_words_of_the_form(request, typed)
            context["kept"] = [(name, tidy(request.POST.get(name, ""))) for name in KEPT_UNSEEN]
        body = render_to_string("error.html", context, request=request)
    except Exception:  # a page about trouble must not need what is in trouble
        if status < 500:
            raise
        body = WITHOUT_TEMPLATES.format(**context)
    response = HttpResponse(body, status=status)
    response["Cache-Control"] = "no-store, private"
    if status in (429, 503):
        response["Retry-After"] = "120"
    return response


def typed_fields(request):
    """[(name, value)] of a public form that was already parsed. Never parses: a broken body would break again."""
    posted = getattr(request, "_post", None)
    if not posted or request.path_info.startswith(STAFF):
        return []
    return [
        (tidy(name), tidy(value))
        for name, values in posted.lists()
        if name not in NOT_TYPED
        for value in values
        if tidy(value)
    ]


def in_words_of_the_form(request, typed):
    """[(label, answer)] as the page's own form words them, in the patient's language. Asks no database: what only that
    could word, such as a service's number, is sent again and not shown."""
    view = getattr(getattr(request.resolver_match, "func", None), "view_class", None)
    fields = getattr(getattr(view, "form_class", None), "base_fields", {})
    return [pair for name, value in typed if (pair := in_words(value, fields.get(name)))]


def in_words(value, field):
    """None for what our form did not ask for."""
    if field is None:
        return None
    if isinstance(field, BooleanField):
        return field.label, _("Yes")
    if isinstance(field, ChoiceField):
        words = dict(field.choices)
        return (field.label, words[value]) if value in words else None
    return field.label, value


def bad_request(request, exception=None):
    """What an address adds to a page of the admin can be left out: then the page is there."""
    match = request.resolver_match
    if match and match.namespace == "admin" and request.META.get("QUERY_STRING"):
        where = "list" if (match.url_name or "").endswith("_changelist") else "page"
        text = f"The address asks for something that this {where} does not have. {WHY_NOT}"
        return error_page(request, 400, text=text, way_back=(request.path, f"Back to the {where}"))
    return error_page(request, 400)


def permission_denied(request, exception=None):
    return error_page(request, 403)


def page_not_found(request, exception=None):
    return error_page(request, 404)


def server_error(request):
    """500, or 503 when the database is what failed."""
    if not database_is_away(sys.exc_info()[1]):
        return error_page(request, 500)
    if request.path_info.startswith(STAFF):
        return error_page(request, 503, text=NO_DATA, way_back=(STAFF, "To the desk"))
    return error_page(request, 503)


def database_is_away(error):
    """Whether the line to the database broke, or was never there. A bare DatabaseError is how PostgreSQL's driver says
    that it broke in the middle of an answer; at the closing of a cursor the driver's own errors come through."""
    driver = connection.Database
    gone = (OperationalError, InterfaceError, driver.OperationalError, driver.InterfaceError)
    return isinstance(error, gone) or type(error) in (DatabaseError, driver.DatabaseError)


def csrf_failure(request, reason=""):
    """What a page elsewhere made up is not shown as somebody's words, nor kept for a click; see docs/threats.md."""
    ours = sent_by_our_page(request)
    if ours and (kept := page_that_keeps(request)):
        return kept
    if request.path_info.startswith(STAFF):
        text = "Your sign-in page was open for too long. Please go back, load the page again and sign in."
    else:
        if ours is not False:
            parse_if_possible(request)
        text = _(
            "For your safety we check that a form was sent from our own page, and this check failed. It happens when the "
            "page was open for a long time or the browser blocks cookies. Please send it again; if that fails too, call us."
        )
    return error_page(request, 403, title=_("Please send that once more"), text=text)


def parse_if_possible(request):
    """Without a cookie the check fails before anything has read the form."""
    with suppress(Exception):  # a broken body: then there is nothing to show
        request.POST  # noqa: B018  reading it parses it
