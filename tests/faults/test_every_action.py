"""What staff do, in any order: each look and each change is in the access log, and no word of a patient's."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from appointments.models import AccessEvent, AppointmentRequest, Delivery, MessageTemplate
from tests.factories import a_recipient, a_request, a_user
from tests.triage.pages import DELIVERIES, DESK, EXPORT, LIST, SEARCH, action, detail, same, take

from . import canary, size
from .test_hostile import in_the_database

pytestmark = pytest.mark.django_db

LIVE, PERSON = reverse("admin:live_desk"), reverse("admin:appointments_erasure_changelist")
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
        self.on_the_desk = set()  # references that it has shown: what refreshes itself writes them once in a while

    def any_request(self):
        chosen = random.choice(self.requests)
        chosen.refresh_from_db()
        return chosen

    def looks_at_the_desk(self):
        shown = self.shown_on_the_desk(self.client.get(DESK))
        return {("list", reference) for reference in shown} or {("list", "")}

    def leaves_the_desk_open(self):
        """It refreshes itself: only what this person has not seen there lately is a look."""
        known = set(self.on_the_desk)
        return {("list", reference) for reference in self.shown_on_the_desk(self.client.get(LIVE)) - known}

    def shown_on_the_desk(self, page):
        told = [delivery.request for key in ("in_trouble", "patients_not_told") for delivery in page.context[key]]
        shown = {row.reference for row in [*page.context["call_now"], *page.context["can_wait"], *told]}
        self.on_the_desk |= shown
        return shown

    def looks_at_a_list(self):
        query = random.choice(["", "?status=all", "?status=booked", "?claim=mine", "?status=overdue"])
        return self.on_page("list", self.client.get(LIST + query))

    def looks_at_deliveries(self):
        page = self.client.get(DELIVERIES + random.choice(["", "?state__exact=accepted"]))
        return {("list", row.request.reference) for row in page.context["cl"].result_list} or {("list", "")}

    def sends_again_or_dismisses(self):
        delivery = Delivery.objects.filter(request__in=self.requests).order_by("?").first()
        what = random.choice(["send-again", "dismiss", "the list"])
        if what == "the list":
            self.client.post(DELIVERIES, {"action": "send_again", "_selected_action": [delivery.pk]})
            # The list is made before its action is taken, and recorded as any other.
            listed = Delivery.objects.order_by("-pk").values_list("request__reference", flat=True)[:50]
            return {("change", delivery.request.reference), *(("list", reference) for reference in listed)}
        self.client.post(f"{DELIVERIES}{delivery.pk}/{what}/")
        return {("change", delivery.request.reference)}

    def exports(self):
        today = timezone.localdate()
        chosen = {"first": today - timedelta(days=3), "last": today, "status": random.choice(["all", "open"])}
        page = self.client.post(EXPORT, {**chosen, "file_format": "csv", "words": random.choice(["", "on"])})
        requests = AppointmentRequest.objects.exclude(outcome="spam")
        requests = requests if chosen["status"] == "all" else requests.open()
        if page.status_code == 200:
            b"".join(page.streaming_content)
        return {("export", reference) for reference in requests.values_list("reference", flat=True)} or {("export", "")}

    def finds_a_person(self):
        chosen = self.any_request()
        page = self.client.post(PERSON, {"q": chosen.email, "do": "find"})
        return {("search", row.reference) for row in page.context["found"]}

    def prints_for_a_person(self):
        chosen = self.any_request()
        self.client.post(PERSON, {"q": chosen.email, "do": "print", "request": [chosen.pk]})
        return {("export", chosen.reference)}

    def erases(self):
        """Unless it was forgotten to say that it is for good."""
        chosen = self.any_request()
        typed = {"q": chosen.email, "do": "erase", "request": [chosen.pk]}
        if len(self.requests) <= REQUESTS // 2 or random.random() < 0.5:
            page = self.client.post(PERSON, typed)
            return {("search", row.reference) for row in page.context["found"]}
        self.client.post(PERSON, {**typed, "sure": "yes"})
        assert not AppointmentRequest.objects.filter(pk=chosen.pk).exists()
        self.requests.remove(chosen)
        return {("change", chosen.reference)}

    def takes_a_step_with_many(self):
        """The page that asks, then what was agreed to there."""
        slug, rows = random.choice(["claim", "note", "spam"]), random.sample(self.requests, 3)
        address = f"{LIST}many/{slug}/"
        asked = self.client.post(address, {"chosen": [row.pk for row in rows]})
        to_do = [row for row, _ in asked.context["to_do"]]
        seen = [("list", row.reference) for row in rows]
        if not to_do:
            return seen
        agreed = {"row": [f"{row.pk}:{row.version}" for row in to_do], "shown_at": timezone.now().isoformat()}
        self.client.post(address, {**agreed, "text": canary.new()})
        return [*seen, *(("change", row.reference) for row in to_do)]

    def compares_two(self):
        one, two = random.sample(self.requests, 2)
        self.client.get(same(one, two))
        return {("view", one.reference), ("view", two.reference)}

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
                self.leaves_the_desk_open,
                self.sends_again_or_dismisses,
                self.exports,
                self.finds_a_person,
                self.prints_for_a_person,
                self.erases,
                self.takes_a_step_with_many,
                self.compares_two,
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
