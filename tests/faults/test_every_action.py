"""What staff do, in any order: each look and each change is in the access log, and no word of a patient's."""

import random
from collections import Counter

import pytest
from django.test import Client

from appointments.models import AccessEvent, Delivery, MessageTemplate
from tests.factories import a_recipient, a_request, a_user
from tests.triage.pages import DELIVERIES, DESK, LIST, SEARCH, action, detail, take

from . import canary, size
from .test_hostile import in_the_database

pytestmark = pytest.mark.django_db

ACTIONS = size(200, 1_000)
REQUESTS = 30
# Rows that belong to one request and go with it.
WRITTEN_BY_STAFF = {"appointments_note", "appointments_statuschange", "appointments_laststep"}


@pytest.fixture
def requests(clinic):
    recipient = a_recipient()
    made = [
        a_request(
            name=f"Pat {canary.new()}",
            email=f"{canary.new()}@example.org",
            message=f"It hurts, {canary.new()}",
            access_needs=canary.new(),
        )
        for _ in range(REQUESTS)
    ]
    Delivery.objects.filter(recipient=recipient).update(state="failed")
    return made


class Staff:
    """One member of staff; each method does something at random and says which events it must have left."""

    def __init__(self, requests):
        self.user = a_user()
        self.client = Client()
        self.client.force_login(self.user)
        self.requests = requests

    def any_request(self):
        chosen = random.choice(self.requests)
        chosen.refresh_from_db()
        return chosen

    def looks_at_the_desk(self):
        page = self.client.get(DESK)
        told = [delivery.request for key in ("in_trouble", "patients_not_told") for delivery in page.context[key]]
        return {("list", row.reference) for row in [*page.context["call_now"], *page.context["can_wait"], *told]} or {
            ("list", "")
        }

    def looks_at_a_list(self):
        query = random.choice(["", "?status=all", "?status=booked", "?claim=mine", "?status=overdue"])
        return self.on_page("list", self.client.get(LIST + query))

    def looks_at_deliveries(self):
        page = self.client.get(DELIVERIES + random.choice(["", "?state__exact=accepted"]))
        return {("list", row.request.reference) for row in page.context["cl"].result_list} or {("list", "")}

    def searches(self):
        chosen = self.any_request()
        for_what = random.choice([chosen.name, chosen.reference, chosen.email, "Pat", "nobody at all"])
        return self.on_page("search", self.client.post(SEARCH, {"q": for_what}))

    def on_page(self, how, page):
        return {(how, row.reference) for row in page.context["cl"].result_list} or {(how, "")}

    def opens(self):
        chosen = self.any_request()
        page = self.client.get(detail(chosen))
        assert page.status_code == 200
        return self.shown_on(page, chosen)

    def shown_on(self, page, chosen):
        return {("view", chosen.reference), *(("list", row.reference) for row in page.context["same_person"])}

    def claims_or_releases(self):
        chosen, what = self.any_request(), random.choice(["claim", "release"])
        page = self.client.post(action(chosen, what))
        refused = page["Location"] == LIST
        return set() if refused else {("change", chosen.reference)}

    def takes_a_step(self):
        chosen = self.any_request()
        slug, typed = random.choice(
            [
                ("attempt", {"channel": "phone", "outcome": "no_answer", "note": canary.new()}),
                ("attempt", {"channel": "phone"}),
                ("note", {"text": canary.new()}),
                ("note", {"text": ""}),
                ("waitlist", {"reason": canary.new()}),
                ("await", {"text_for_patient": canary.new()}),
                ("withdraw", {"reason": canary.new()}),
                ("reopen", {"reason": canary.new()}),
            ]
        )
        version = random.choice([chosen.version, chosen.version, max(chosen.version - 1, 1)])
        page = take(self.client, chosen, slug, version=version, **typed)
        return {("change", chosen.reference)} if page.status_code == 302 else self.shown_on(page, chosen)

    def words_a_message(self):
        """A page that shows no request."""
        self.client.get("/admin/appointments/messagetemplate/")
        template = MessageTemplate.objects.first()
        words = {"active": "on", "subject": "News", "body": f"Dear patient, {random.random()}"}
        self.client.post(f"/admin/appointments/messagetemplate/{template.pk}/change/", words)
        return set()

    def acts(self):
        return random.choice(
            [
                self.looks_at_the_desk,
                self.looks_at_a_list,
                self.looks_at_deliveries,
                self.searches,
                self.opens,
                self.opens,
                self.claims_or_releases,
                self.takes_a_step,
                self.takes_a_step,
                self.words_a_message,
            ]
        )()


def events_of(user, known):
    return Counter(AccessEvent.objects.filter(by=user, pk__gt=known).values_list("action", "reference"))


def test_each_of_many_actions_left_exactly_its_events(requests, record_figures):
    random.seed(5)
    people = [Staff(requests) for _ in range(3)]
    missing, unexpected, events, known = Counter(), Counter(), 0, 0

    for _ in range(ACTIONS):
        person = random.choice(people)
        expected, left = Counter(person.acts()), events_of(person.user, known)
        missing += expected - left
        unexpected += left - expected
        events += left.total()
        known = AccessEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    record_figures(actions=ACTIONS, events=events, missing=missing.total(), unexpected=unexpected.total())
    assert (missing, unexpected) == (Counter(), Counter())
    assert AccessEvent.objects.count() == events
    assert in_the_database().keys() <= WRITTEN_BY_STAFF


def test_twin_words_in_the_log_would_be_found(requests):
    word = canary.new()
    AccessEvent.objects.create(by=a_user(), action="view", reference="BCDF7346", step=word)

    assert in_the_database() == {"appointments_accessevent": {word}}
