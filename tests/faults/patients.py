"""Patients at their browsers, over real HTTP: they open the form, fill it in, send it, and try again as people do."""

import http.client
import itertools
import threading
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

from . import size

PHONE = "(212) 555-0142"  # of the tests' clinic
THINKS_FOR = 4  # seconds: who sends a form sooner is no person
FORMS_AT_ONCE = size(8, 40)  # for one thread, so that it does not sit idle meanwhile
STEPS = 4  # more pages than there are between the form and the receipt
number = itertools.count(1)


class Hidden(HTMLParser):
    """What a page's form sends without anybody typing: its hidden fields and its main button."""

    def __init__(self, page):
        super().__init__()
        self.fields = {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        if tag == "input" and facts.get("type") == "hidden" and facts.get("name"):
            self.fields.setdefault(facts["name"], []).append(facts.get("value") or "")


@dataclass
class Patient:
    """One person with one form, who has another network address than all others."""

    port: int
    service: int
    number: int = field(default_factory=lambda: next(number))
    cookie: str = ""
    answers: dict = field(default_factory=dict)
    opened: float = 0.0

    @property
    def name(self):
        return f"Patient {self.number}"

    def ask(self, method, path, body=None):
        """(status, headers, text); raises OSError or HTTPException when no whole answer comes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"X-Forwarded-For": f"198.18.{self.number // 250 % 250}.{self.number % 250 + 1}"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
            if cookie := response.getheader("Set-Cookie"):
                self.cookie = cookie.partition(";")[0]
            return response.status, response, text
        finally:
            connection.close()

    def fill_in(self, page):
        self.answers = {
            **Hidden(page).fields,
            "service": self.service,
            "patient_type": "new",
            "for_whom": "self",
            "name": self.name,
            "phone": f"+1212555{self.number % 10_000:04}",
            "best_time_to_call": "any",
            "preferred_time": "any",
            "message": f"My knee number {self.number} hurts when I walk.",
            "consent": "on",
        }
        self.opened = time.monotonic()

    @property
    def ready_in(self):
        return max(0, self.opened + THINKS_FOR - time.monotonic())


@dataclass
class Crowd:
    """Many patients at once, until told to stop. Counts what they are told."""

    port: int
    service: int
    threads: int
    acknowledged: dict = field(default_factory=dict)  # patient's name -> address of the receipt
    told: Counter = field(default_factory=Counter)  # status of each answer, "nothing" where none came
    wrong: list = field(default_factory=list)  # answers that should not have been
    seconds: list = field(default_factory=list)  # each acknowledged POST took
    over: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)  # nobody even tries again

    def __enter__(self):
        self.pool = ThreadPoolExecutor(self.threads)
        self.work = [self.pool.submit(self.one_after_another) for _ in range(self.threads)]
        return self

    def __exit__(self, *error):
        """Those who have begun send theirs; they give up where the drill has failed."""
        self.over.set()
        if error[0]:
            self.gone.set()
        self.pool.shutdown()
        for work in self.work:
            work.result()

    def one_after_another(self):
        waiting = deque()
        while not self.over.is_set():
            patient = Patient(self.port, self.service)
            if page := self.persist(patient, "GET", "/request/", {200}):
                patient.fill_in(page[1])
                waiting.append(patient)
            if len(waiting) >= FORMS_AT_ONCE:
                self.over.wait(waiting[0].ready_in)
            while waiting and not waiting[0].ready_in:
                self.send(waiting.popleft())

    def send(self, patient):
        """Through all pages to the receipt."""
        for _ in range(STEPS):
            began = time.monotonic()
            answer = self.persist(patient, "POST", "/request/", {200, 303}, urlencode(patient.answers, doseq=True))
            if answer is None:
                return
            response, text = answer
            if response.status == 303:
                self.seconds.append(time.monotonic() - began)
                self.acknowledged[patient.name] = response.getheader("Location")
                return
            patient.answers = {**patient.answers, **Hidden(text).fields}
        self.wrong.append(f"no receipt after {STEPS} pages")

    def persist(self, patient, method, path, good, body=None):
        """Try until there is a good answer: what a patient does whose page does not come. None once all have gone."""
        while not self.gone.is_set():
            try:
                status, response, text = patient.ask(method, path, body)
            except (OSError, http.client.HTTPException):
                self.told["nothing"] += 1
                time.sleep(0.1)
                continue
            self.told[status] += 1
            if status in good:
                return response, text
            if status != 503 or PHONE not in text:
                self.wrong.append(f"{method} {path}: {status}")
                return None
            time.sleep(0.2)
        return None
