"""What must be true of the answer of every address, whoever asks: each rule takes an answer and names its faults."""

import re

NONCE = re.compile(r" 'nonce-[^']*'")
# The policy, word for word: who loosens it has to say so here. The hash is that of the editor's own constant <style>.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
# The draft is shown beside its form, in a frame: by our own pages alone, and by no other address.
FRAMES, FRAMED = {"frame-src": "'self'"}, {"frame-ancestors": "'self'"}
HAS_A_FRAME = {
    "admin/education/guide/add/",
    "admin/education/guide/<path:object_id>/change/",
}
IS_FRAMED = {
    "admin/education/guide/<int:pk>/preview/",
    "admin/education/guide/<int:pk>/preview/<int:number>/",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
}
REFERRER = {"same-origin"}
# Its address opens a draft: only the site's name goes on, and what follows may say so still more strictly.
REFERRER_OF_SECRETS = {"same-origin", "strict-origin", "origin", "no-referrer"}
YEAR = 31_536_000
# Asked inside the house, past the proxy that speaks https for the site; they say nothing of anybody.
ASKED_INSIDE = {"healthz", "readyz", "metrics"}

# Everybody's pages, which a proxy and a browser may keep. All others, and all answers to who is signed in, are kept nowhere.
KEPT = {
    "",
    "guides/",
    "guides/search/",
    "guides/a-z/",
    "guides/a-z/<str:letter>/",
    "guides/words/",
    "guides/topic/<slug:slug>/",
    "guides/<slug:slug>/",
    "guides/<slug:slug>/read/",
    "guides/worker.js",
    "guides/feed.atom",
    "guides/<slug:slug>/leaflet.pdf",
    "guides/<slug:slug>/card.png",
    "privacy/",
    "accessibility/",
    "media/<path:path>",
    "robots.txt",
    "sitemap.xml",
    "sitemap-pages.xml",
    "sitemap-guides-<int:file>.xml",
    "favicon.ico",
}


def policy_of(response):
    directives = NONCE.sub("", response.get("Content-Security-Policy", "")).split(";")
    return {name: " ".join(values) for name, *values in (text.split() for text in directives if text.strip())}


def policies_for(route):
    """The policy, and for the two pairs of addresses around a frame the one that lets it be."""
    yield POLICY
    if route in HAS_A_FRAME:
        yield {**POLICY, **FRAMES}
    if route in IS_FRAMED:
        yield {**POLICY, **FRAMED}


def headers(route, response):
    """The same guards on every answer, be it a page, a file, a redirect or an error."""
    if policy_of(response) not in policies_for(route):
        yield f"the content policy is {response.get('Content-Security-Policy')}"
    if response.get("X-Frame-Options") not in ({"DENY", "SAMEORIGIN"} if route in IS_FRAMED else {"DENY"}):
        yield f"X-Frame-Options is {response.get('X-Frame-Options')}"
    for name, value in HEADERS.items():
        if response.get(name) != value:
            yield f"{name} is {response.get(name)}"
    referrer = response.get("Referrer-Policy")
    if referrer not in (REFERRER_OF_SECRETS if route.startswith(("drafts/", "request/")) else REFERRER):
        yield f"Referrer-Policy is {referrer}"
    for name in ("Server", "X-Powered-By"):
        if name in response:
            yield f"{name} says what runs here"
    for name in response.headers:
        if name.startswith("Access-Control-"):
            yield f"{name} lets other sites read it"


def keeping(route, response):
    """What one person gets is not kept by a proxy, a browser's memory or the next at the same computer."""
    rule = response.get("Cache-Control", "")
    if route not in KEPT and not route.startswith("static/") and "no-store" not in rule:
        yield f"it may be kept: {rule}"
    if "no-store" not in rule and response.cookies:
        yield f"it may be kept, and sets {', '.join(response.cookies)}"


def cookies(route, response, names, secure):
    """Only the site's own, out of reach of scripts and of other sites; in production by https alone and for this host alone."""
    for name, cookie in response.cookies.items():
        if not cookie.value:  # it takes one away
            continue
        if name not in names and not name.startswith("draft-"):
            yield f"an unknown cookie {name}"
        if not cookie["httponly"]:
            yield f"scripts can read {name}"
        if cookie["samesite"] not in ("Lax", "Strict"):
            yield f"{name} goes along with other sites' forms"
        if cookie["domain"]:
            yield f"{name} goes to {cookie['domain']}"
        if secure and not cookie["secure"]:
            yield f"{name} also travels unencrypted"
        if secure and name.startswith("__Host-") and cookie["path"] != "/":
            yield f"a browser refuses {name}"


def encrypted(route, response):
    """Over https every answer says: never come without it again."""
    if response.get("Strict-Transport-Security") != f"max-age={YEAR}":
        yield f"Strict-Transport-Security is {response.get('Strict-Transport-Security')}"


def names_no_host_but_ours(route, response, foreign):
    """Whatever host the request claims, no link, redirect or header names it."""
    where = [name for name, value in response.headers.items() if foreign in value]
    if not response.streaming and foreign.encode() in response.content:
        where.append("the page")
    for place in where:
        yield f"{place} names the host that the request made up"
