"""Several people at the same requests at the same moment: nobody's step is lost in silence."""

import html
import random
import re
import time
from itertools import pairwise

import pytest
from django.db.models import F
from django.test import Client

from appointments.models import AppointmentRequest, ChangedMeanwhile, StatusChange
from tests.factories import a_request, a_user
from tests.triage.pages import detail, step

from . import size

PEOPLE = 4
EDITS = size(25, 250)
INTERLEAVINGS = size(10, 200)
HIDDEN = re.compile(r'name="(version|shown_at)" value="([^"]+)"')

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(clinic):
    return [a_user() for _ in range(PEOPLE)]


@pytest.fixture
def without_the_guard(monkeypatch):
    """What a plain save does: the row is written whatever has happened to it since it was read."""

    def unguarded(self, *, by=None, **facts):
        AppointmentRequest.objects.filter(pk=self.pk).update(version=F("version") + 1, **facts)
        self.refresh_from_db()

    monkeypatch.setattr(AppointmentRequest, "_change", unguarded)


def lost():
    """Steps that were undone in silence: where the next step in the history began from somewhere else."""
    gone = 0
    for request in AppointmentRequest.objects.all():
        changes = list(request.status_changes.order_by("pk"))
        gone += sum(after.from_status != before.to_status for before, after in pairwise(changes))
        gone += changes[-1].to_status != request.status
    return gone


# The verbs ------------------------------------------------------------------------------------------------------------


def edit(request, by):
    """A step that is allowed from where this person saw the request."""
    Status = AppointmentRequest.Status
    steps = [lambda: request.record_attempt(by=by, channel="phone", outcome="busy")]
    if request.allows(Status.WAITLISTED):
        steps.append(lambda: request.waitlist(by=by))
    if request.allows(Status.AWAITING_PATIENT):
        steps.append(lambda: request.await_patient(by=by, text_for_patient="A referral, please"))
    random.choice(steps)()


def work(people, at_once):
    """Each edits one of two requests again and again. Gives how often that was told to have worked, and not to have."""
    requests = [a_request(email="pat@example.org"), a_request()]
    told = {"saved": 0, "conflict": 0}

    def edits(person):
        results = []
        for _ in range(EDITS):
            seen = AppointmentRequest.objects.get(pk=random.choice(requests).pk)
            time.sleep(random.uniform(0, 0.004))  # a very quick look
            try:
                edit(seen, person)
            except ChangedMeanwhile:
                results.append("conflict")
            else:
                results.append("saved")
        return results

    for results in at_once(edits, people):
        for result in results:
            told[result] += 1
    return told


def test_no_edit_is_lost_and_each_conflict_is_told(people, at_once, record_figures):
    told = work(people, at_once)

    attempts, stored = PEOPLE * EDITS, StatusChange.objects.exclude(from_status="").count()
    assert told["saved"] == stored
    assert told["conflict"] == attempts - stored > 0
    assert lost() == 0
    assert sum(request.version - 1 for request in AppointmentRequest.objects.all()) == stored
    record_figures(attempts=attempts, saved=stored, conflicts=told["conflict"], lost=lost())


def test_without_the_guard_edits_are_lost(people, at_once, without_the_guard, record_figures):
    told = work(people, at_once)

    assert told["conflict"] == 0, "nobody is told"
    assert lost() > 0
    record_figures(attempts=PEOPLE * EDITS, lost=lost())


# Over HTTP ------------------------------------------------------------------------------------------------------------


class Desk:
    """One person's browser with one request open."""

    FORMS = [
        ("attempt", {"channel": "phone", "outcome": "busy"}),
        ("attempt", {"channel": "phone", "outcome": "reached", "note": "Words"}),
        ("waitlist", {"reason": "Until May"}),
        ("await", {"text_for_patient": "A referral, please"}),
        ("undo", {}),
    ]

    def __init__(self, user):
        self.browser = Client()
        self.browser.force_login(user)

    def look(self, request):
        page = html.unescape(self.browser.get(detail(request)).content.decode())
        self.seen = dict(HIDDEN.findall(page))
        return int(self.seen["version"])

    def send(self, request):
        slug, typed = random.choice(self.FORMS)
        return self.browser.post(step(request, slug), {**self.seen, **typed}).status_code


def interleave(desks, at_once):
    """Looks and steps of two people in any order, then both at the same moment. Gives what they were told."""
    told = {"saved": 0, "conflict": 0, "refused": 0, "silent": 0}
    names = {302: "saved", 409: "conflict", 422: "refused"}
    for _ in range(INTERLEAVINGS):
        request = a_request()
        seen = {desk: desk.look(request) for desk in desks}
        for _ in range(random.randrange(6)):
            desk = random.choice(desks)
            if random.random() < 0.4:
                seen[desk] = desk.look(request)
            else:
                before = AppointmentRequest.objects.get(pk=request.pk).version
                answer = names[desk.send(request)]
                told[answer] += 1
                told["silent"] += answer == "saved" and seen[desk] != before
        before = AppointmentRequest.objects.get(pk=request.pk).version
        answers = [names[status] for status in at_once(lambda desk, request=request: desk.send(request), desks)]
        for answer in answers:
            told[answer] += 1
        up_to_date = [seen[desk] == before for desk in desks]
        told["silent"] += max(0, answers.count("saved") - any(up_to_date))
    return told


def test_no_interleaving_overwrites_in_silence(people, at_once, record_figures):
    told = interleave([Desk(person) for person in people[:2]], at_once)

    assert told["silent"] == 0
    assert lost() == 0
    assert told["saved"] and told["conflict"]
    record_figures(interleavings=INTERLEAVINGS, **told)


def test_without_the_guard_some_interleavings_do(people, at_once, without_the_guard, record_figures):
    told = interleave([Desk(person) for person in people[:2]], at_once)

    assert told["silent"] > 0
    record_figures(interleavings=INTERLEAVINGS, **told)
