"""Published guides answered from this process's memory: no query, no template, no session, compressed once.

A page is held for a few seconds and then made anew, whatever it shows: what staff publish, withdraw or write into the
clinic's profile is seen within five seconds by itself, and nobody who writes anything must think of it here.
A view says of its answer `held = True` when the page is the same for everybody and depends on its address alone.
"""

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from functools import lru_cache
from urllib.parse import urlsplit

import brotli
from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags

MEMORY = 32 * 1024 * 1024  # bytes of pages in each process; those that nobody asked for lately go first
PATIENCE = 4 / 3  # how much longer than it is held a page goes out while one request makes it anew
LONGEST_WAIT = 2  # seconds that a reader waits for the page that another makes
WITHOUT_DATABASE = 60 * 60  # seconds that a page goes out when it cannot be made anew
CODINGS = ("br", "gzip")  # the best first
OF_THE_BODY = {"Content-Type", "Content-Encoding", "Content-Length"}


class HeldPages:
    """Outermost of the middlewares: what it holds went through all the others, so it carries all their headers."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.pages = Pages()
        # A host with a made-up port is answered, and not held: there are too many.
        self.hosts = {urlsplit(settings.SITE_URL).netloc, *settings.ALLOWED_HOSTS}

    def __call__(self, request):
        key = key_of(request)
        if key is None or key[1] not in self.hosts:
            return self.get_response(request)
        page = self.pages.get(key)
        if page is None:
            return self.renewed(request, key, page)
        if page.age() < settings.GUIDES_HELD_FOR:
            return page.answer(request)
        if page.renewal.acquire(blocking=False):
            try:
                return self.renewed(request, key, page)
            finally:
                page.renewal.release()
        if page.age() < settings.GUIDES_HELD_FOR * PATIENCE:
            return page.answer(request)
        return self.soon(request, key, page)

    def soon(self, request, key, page):
        """The page that another request is making just now; made here when that takes too long."""
        if page.renewal.acquire(timeout=LONGEST_WAIT):
            page.renewal.release()
        new = self.pages.get(key)
        if new and new.age() < settings.GUIDES_HELD_FOR:
            return new.answer(request)
        return self.renewed(request, key, page)

    def renewed(self, request, key, page):
        began = time.monotonic()  # before anything is read: what is published from now on may not be in it
        response = self.get_response(request)
        if is_for_everybody(response):
            new = Page(response, began)
            if settings.GUIDES_HELD_FOR:
                self.pages.put(key, new)
            return new.answer(request)
        if page and response.status_code >= 500 and page.age() < WITHOUT_DATABASE:
            return page.answer(request)
        if page:
            self.pages.forget(key, before=began)
        return response


def key_of(request):
    """By what a page is held; None for what is never held. No query: a made-up one must not fill the memory."""
    asked = request.META
    if request.method not in ("GET", "HEAD") or asked.get("QUERY_STRING"):
        return None
    if settings.SESSION_COOKIE_NAME in asked.get("HTTP_COOKIE", ""):
        return None  # staff: they get each page made for them
    return request.scheme, asked.get("HTTP_HOST") or asked["SERVER_NAME"], request.path


def is_for_everybody(response):
    """Whether it was meant to be held, and nothing on its way has made it somebody's own."""
    return (
        getattr(response, "held", False)
        and response.status_code == 200
        and not response.streaming
        and not response.cookies
        and response.get("Vary", "Accept-Encoding") == "Accept-Encoding"
        and not response.has_header("Content-Encoding")
        and "public" in response.get("Cache-Control", "")
        and "nonce-" not in response.get("Content-Security-Policy", "")
    )


class Page:
    """One answer, in each coding that was asked for."""

    def __init__(self, response, since):
        self.since = since
        self.renewal = threading.Lock()  # held by the request that makes the page anew
        self.body = response.content
        self.tag = hashlib.sha256(self.body).hexdigest()[:24]
        self.headers = {name: value for name, value in response.items() if name != "Content-Length"}
        self.headers["Vary"] = "Accept-Encoding"
        self.coded = {}  # coding: (ETag, body, headers, headers without a body)

    def age(self):
        return time.monotonic() - self.since

    @property
    def weight(self):
        return 2 * len(self.body)  # what is compressed is small beside it

    def answer(self, request):
        asked = request.META
        coding = best_coding(asked.get("HTTP_ACCEPT_ENCODING", ""))
        tag, body, headers, headers_alone = self.coded.get(coding) or self.code(coding)
        if (known := asked.get("HTTP_IF_NONE_MATCH")) and is_known(tag, known):
            return HttpResponseNotModified(headers=headers_alone)
        return HttpResponse(b"" if request.method == "HEAD" else body, headers=headers)

    def code(self, coding):
        body = compressed(self.body, coding)
        # Each coding is another text to a cache that keeps both.
        tag = f'"{self.tag}-{coding}"' if coding else f'"{self.tag}"'
        headers = {**self.headers, "ETag": tag, "Content-Length": str(len(body))}
        if coding:
            headers["Content-Encoding"] = coding
        alone = {name: value for name, value in headers.items() if name not in OF_THE_BODY}
        self.coded[coding] = tag, body, headers, alone
        return self.coded[coding]


def compressed(body, coding):
    if coding == "br":
        return brotli.compress(body, mode=brotli.MODE_TEXT, quality=6)
    return gzip.compress(body, compresslevel=6, mtime=0) if coding else body


@lru_cache(256)
def best_coding(accepted):
    """Of what the browser takes; "" for neither."""
    offers = {}
    for offer in accepted.lower().split(","):
        name, _, weight = offer.partition(";")
        offers[name.strip()] = weight.replace(" ", "")
    return next((coding for coding in CODINGS if offers.get(coding, "q=0") not in REFUSED), "")


REFUSED = ("q=0", "q=0.0", "q=0.00", "q=0.000")


def is_known(tag, known):
    """Whether the sender has this very text. A date alone (If-Modified-Since) is no proof: more is on the page."""
    known = known[:1000]
    return known == tag or any(one.removeprefix("W/") in (tag, "*") for one in parse_etags(known))


class Pages:
    """The newest answers in a bounded memory."""

    def __init__(self):
        self.held = OrderedDict()
        self.weight = 0
        self.lock = threading.Lock()

    def get(self, key):
        with self.lock:
            page = self.held.get(key)
            if page:
                self.held.move_to_end(key)
            return page

    def put(self, key, page):
        """Unless a later one came in between."""
        with self.lock:
            if (known := self.held.get(key)) and known.since > page.since:
                return
            self.remove(key)
            self.held[key] = page
            self.weight += page.weight
            while self.weight > MEMORY:
                self.remove(next(iter(self.held)))

    def forget(self, key, *, before):
        with self.lock:
            if (known := self.held.get(key)) and known.since <= before:
                self.remove(key)

    def remove(self, key):
        if page := self.held.pop(key, None):
            self.weight -= page.weight
