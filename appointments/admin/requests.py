"""Appointment requests on the desk: the list in order of promise, the page of one request, its steps."""

from functools import partial
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from clinic.models import ClinicProfile, Service
from clinic.templatetags.clinic import moment, near, who

from .. import intake
from ..models import (
    AccessEvent,
    AppointmentRequest,
    ChangedMeanwhile,
    ContactAttempt,
    LastStep,
    Note,
    PatientReply,
    Presence,
    ReadyText,
    StepNotAllowed,
)
from ..promise import Promises, age, plural
from ..search import find, word_to_hear
from . import many
from .access import only_recorded, record, record_page
from .export import MAY_EXPORT, export_page
from .pages import PagedAdmin, Pages
from .presence import here
from .search import FOUND_AT_MOST, SearchForm
from .side_by_side import side_by_side
from .steps import STEPS, Step, Undo

LIST = "admin:appointments_appointmentrequest_changelist"
DETAIL = "admin:appointments_appointmentrequest_change"
SAME = "admin:appointments_appointmentrequest_same"
SAME_PERSON_SHOWN = 3

TABS = [
    ("Open", {}),
    ("To contact", {"status": "to_contact"}),
    ("Overdue", {"status": "overdue"}),
    ("Mine", {"claim": "mine"}),
    ("Waiting for the patient", {"status": AppointmentRequest.Status.AWAITING_PATIENT.value}),
    ("Waiting list", {"status": AppointmentRequest.Status.WAITLISTED.value}),
    ("Suspected spam", {"status": "suspected"}),
    ("All", {"status": "all"}),
]


class Choice(admin.SimpleListFilter):
    """A filter whose every choice is a queryset; an unknown value filters as the default does."""

    default = "all"
    choices_by_value = {}

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _) in self.choices_by_value.items()]

    def chosen(self):
        return self.value() if self.value() in dict(self.lookup_choices) else self.default

    def queryset(self, request, queryset):
        _, narrow = self.choices_by_value[self.chosen()]
        return narrow(queryset, request.user)

    def choices(self, changelist):
        for value, label in self.lookup_choices:
            query = {self.parameter_name: None if value == self.default else value}
            yield {
                "selected": value == self.chosen(),
                "query_string": changelist.get_query_string(query),
                "display": label,
            }


class StatusFilter(Choice):
    """Each choice has an index of AppointmentRequest in the list's order. Closed ones grow for years, the others do not."""

    GROWING = {AppointmentRequest.Status.CLOSED, "all"}
    title, parameter_name, default = "status", "status", "open"
    choices_by_value = {
        "open": ("Open", lambda requests, user: requests.open().genuine()),
        "to_contact": ("To contact", lambda requests, user: requests.to_contact()),
        "overdue": ("Overdue", lambda requests, user: requests.overdue()),
        **{
            value: (label, lambda requests, user, value=value: requests.genuine().filter(status=value))
            for value, label in AppointmentRequest.Status.choices
        },
        "suspected": ("Suspected spam", lambda requests, user: requests.suspected()),
        "undecided": ("Reached, not decided", lambda requests, user: requests.undecided()),
        "reply": ("News from the patient", lambda requests, user: requests.with_unread_reply()),
        "cancelled": ("Called off by the patient", lambda requests, user: requests.cancelled_by_patient()),
        "past": ("Booked, over, not closed", lambda requests, user: requests.past_bookings()),
        "all": ("All", lambda requests, user: requests),
    }


class ClaimFilter(Choice):
    title, parameter_name = "claim", "claim"
    choices_by_value = {
        "all": ("All", lambda requests, user: requests),
        # By their ids: asked for both at once, SQLite would rather look through all that are booked for those few.
        "mine": ("Mine", lambda requests, user: requests.filter(pk__in=held_by(user))),
        "free": ("Not claimed", lambda requests, user: requests.unclaimed()),
    }


def held_by(user):
    return AppointmentRequest.objects.claimed_by(user).values("pk")


class ServiceFilter(Choice):
    title, parameter_name = "service", "service"

    def lookups(self, request, model_admin):
        self.services = {service.slug: service for service in Service.objects.all()}
        return [("all", "All"), *((slug, service.name) for slug, service in self.services.items())]

    def queryset(self, request, queryset):
        """By the service's key: through a join, no database sees that one index holds both the service and the order."""
        if self.chosen() == "all":
            return queryset
        service = self.services[self.chosen()].pk
        if request.GET.get(StatusFilter.parameter_name) in StatusFilter.GROWING:
            return queryset.filter(service=service)
        # As a sum no index knows it: for the few that are open SQLite would look through all requests for the service.
        return queryset.alias(its_service=F("service_id") + 0).filter(its_service=service)


class RequestList(Pages):
    """The list, each row with its promise; what was found by a search stands on one page, and is recorded first."""

    def get_results(self, request):
        super().get_results(request)
        record_page(self, request)
        promises, may_claim = Promises.today(), self.model_admin.has_triage_permission(request)
        for appointment_request in self.result_list:
            appointment_request.promise = promises.of(appointment_request)
            appointment_request.may_be_claimed = may_claim


@admin.register(AppointmentRequest)
class AppointmentRequestAdmin(PagedAdmin):
    list_display = ["choice", "reference", "contact_by", "received", "state", "service", "guide", "channel", "claimed"]
    list_display_links = ["reference"]
    list_filter = [StatusFilter, ClaimFilter, ServiceFilter]
    list_select_related = ["service", "assigned_to"]
    list_per_page = FOUND_AT_MOST
    actions = None
    ordering = ["promised_by", "pk"]

    # Who may what: everything goes through the verbs, so nobody adds, edits or deletes ------------------------------

    def has_triage_permission(self, request):
        return request.user.has_perm(Step.permission)

    def has_view_permission(self, request, obj=None):
        return self.has_triage_permission(request) or super().has_view_permission(request, obj)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def lookup_allowed(self, lookup, value, request):
        # Any other would let patient data into an address: ?name__contains=…
        return lookup in {choice.parameter_name for choice in self.list_filter}

    def get_urls(self):
        def at(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"appointments_appointmentrequest_{name}")

        return [
            at("search/", self.search_view, "search"),
            at("export/", self.export_view, "export"),
            at("many/<slug:slug>/", self.many_view, "many"),
            at("<int:pk>/claim/", self.claim_view, "claim"),
            at("<int:pk>/release/", self.release_view, "release"),
            at("<int:pk>/step/<slug:slug>/", self.step_view, "step"),
            at("<int:pk>/here/", partial(here, self), "here"),
            at("<int:pk>/same/<int:other_pk>/", partial(side_by_side, self), "same"),
            *super().get_urls(),
        ]

    # The list --------------------------------------------------------------------------------------------------------

    def get_changelist(self, request, **kwargs):
        return RequestList

    def get_queryset(self, request):
        found = getattr(request, "found", None)
        reply = PatientReply.objects.filter(request=OuterRef("pk"), read_at=None)
        queryset = super().get_queryset(request).annotate(has_reply=Exists(reply))
        return queryset if found is None else queryset.filter(pk__in=found)

    def get_list_display(self, request):
        """With names among what was found: staff typed one, and would open each request to see whose it is."""
        if not hasattr(request, "found"):
            return self.list_display
        return [*self.list_display[:2], "known_as", *self.list_display[2:]]

    def get_list_filter(self, request):
        return [] if hasattr(request, "found") else super().get_list_filter(request)

    @only_recorded
    def changelist_view(self, request, extra_context=None):
        if "q" in request.GET:  # whatever put it there: it must not stay in the address
            return redirect(LIST)
        query = request.GET.dict()
        context = {
            "search_form": SearchForm(),
            "may_export": request.user.has_perm(MAY_EXPORT),
            "for_many": self.for_many(request),
            "tabs": [(label, "?" + urlencode(wanted), wanted == query) for label, wanted in TABS],
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def search_view(self, request):
        """The same list, of what a posted search found."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = SearchForm(request.POST)
        if request.method != "POST" or not form.is_valid() or not form.cleaned_data["q"]:
            return redirect(LIST)
        text = form.cleaned_data["q"]
        found = find(text, FOUND_AT_MOST, by_sound=form.cleaned_data["by_sound"])
        request.found = found.requests
        may_sound = not found.by_sound and bool(word_to_hear(text))
        context = {"search_form": form, "searched": found, "may_sound": may_sound}
        return self.changelist_view(request, context)

    @only_recorded
    def export_view(self, request):
        return export_page(request, self)

    @admin.display(description="Choose", empty_value="")
    def choice(self, appointment_request):
        if not appointment_request.may_be_claimed:
            return ""
        return format_html(
            '<input type="checkbox" name="chosen" value="{}" aria-label="Choose {}">',
            appointment_request.pk,
            appointment_request.reference,
        )

    @admin.display(description="Name", empty_value="–")
    def known_as(self, appointment_request):
        return appointment_request.name

    @admin.display(description="Contact by")
    def contact_by(self, appointment_request):
        promise = appointment_request.promise
        due = near(appointment_request.promised_by) if promise.level != "kept" else ""
        again = appointment_request.next_attempt_at
        return format_html(
            '<span class="promise promise-{}">{}</span> <span class="due">{}</span>',
            promise.level,
            promise.words,
            f"Try again {near(again)}" if again else due,
        )

    @admin.display(description="Received")
    def received(self, appointment_request):
        return age(appointment_request.created_at)

    @admin.display(description="Status")
    def state(self, appointment_request):
        unopened = appointment_request.promise.unopened
        found = [(f"unopened-{unopened}", "Not opened yet")] * bool(unopened) + badges(appointment_request)
        return format_html_join(" ", '<span class="badge badge-{}">{}</span>', found)

    @admin.display(description="Guide")
    def guide(self, appointment_request):
        return appointment_request.guide_title or "–"

    @admin.display(description="Answer by")
    def channel(self, appointment_request):
        given = [("phone", "Phone")] * bool(appointment_request.phone)
        given += [("email", "E-mail")] * bool(appointment_request.email)
        return format_html_join(" ", '<span class="icon icon-{}">{}</span>', given)

    @admin.display(description="Claim", empty_value="")
    def claimed(self, appointment_request):
        if not appointment_request.is_open:
            return ""
        if appointment_request.claim_holds:
            return f"{who(appointment_request.assigned_to)} until {near(appointment_request.claimed_until)}"
        if not appointment_request.may_be_claimed:
            return "Free"
        return format_html(
            '<button class="row-button" formaction="{}">Claim <span class="visually-hidden">{}</span></button>',
            reverse("admin:appointments_appointmentrequest_claim", args=[appointment_request.pk]),
            appointment_request.reference,
        )

    # Claims ----------------------------------------------------------------------------------------------------------

    @only_recorded
    def claim_view(self, request, pk):
        """Claim, and on to the call: on a phone, too, the page opens with what must be known before somebody dials."""
        done = "You have claimed it for 30 minutes."
        return self.take_claim(request, pk, AppointmentRequest.claim, "claim", done)

    @only_recorded
    def release_view(self, request, pk):
        return self.take_claim(request, pk, AppointmentRequest.release, "release", "It is free again.")

    def take_claim(self, request, pk, verb, step, done):
        appointment_request = self.to_triage(request, pk)
        if request.method == "POST":
            try:
                with transaction.atomic():
                    record(AccessEvent.Action.CHANGE, [appointment_request.reference], by=request.user, step=step)
                    verb(appointment_request, by=request.user)
            except StepNotAllowed as refusal:
                messages.error(request, f"{appointment_request}: {refusal}")
                return redirect(LIST)
            messages.success(request, f"{appointment_request}: {done}")
        return redirect(DETAIL, pk)

    def to_triage(self, request, pk):
        if not self.has_triage_permission(request):
            raise PermissionDenied
        return get_object_or_404(AppointmentRequest.objects.select_related(*self.list_select_related), pk=pk)

    # Many at once ----------------------------------------------------------------------------------------------------

    def for_many(self, request):
        """The steps that this person may take with several, for a bar of buttons."""
        may = request.user.has_perms
        return [step() for step in many.MANY.values() if may([Step.permission, step.permission])]

    @only_recorded
    def many_view(self, request, slug):
        """First what will happen and what is left out, then, once that is agreed to, each for itself."""
        if slug not in many.MANY:
            raise Http404
        step = many.MANY[slug]
        if not request.user.has_perms([Step.permission, step.permission]):
            raise PermissionDenied
        if request.method != "POST":
            return redirect(LIST)
        back, versions = way_back(request.POST.get("back", "")), many.chosen(request.POST)
        if not 0 < len(versions) <= many.AT_ONCE:
            messages.warning(request, f"Choose at least one request, and at most {many.AT_ONCE}.")
            return redirect(back)
        agreed = "row" in request.POST
        form = step(request.POST if agreed else None)
        if agreed and form.is_valid():
            for is_good, sentence in many.in_words(form, *many.take_all(form, versions, request.user)):
                messages.add_message(request, messages.SUCCESS if is_good else messages.WARNING, sentence)
            return redirect(back)
        to_do, left_out = many.sorted_out(form, versions, request.user)
        shown = [row.reference for row, _ in to_do + left_out]
        record(AccessEvent.Action.LIST, shown, by=request.user, step=f"many: {slug}")
        context = {
            **self.admin_site.each_context(request),
            "title": f"{step.title}: {plural(len(to_do), 'request')}",
            "opts": self.opts,
            "form": form,
            "to_do": to_do,
            "left_out": left_out,
            "back": back,
        }
        template = "admin/appointments/appointmentrequest/many.html"
        return TemplateResponse(request, template, context, status=422 if agreed else 200)

    # One request -----------------------------------------------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Look at one request. Only its steps change it, at addresses of their own."""
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        appointment_request = self.get_object(request, object_id)
        if appointment_request is None:
            raise Http404
        return self.page(request, appointment_request)

    def history_view(self, request, object_id, extra_context=None):
        return redirect(DETAIL, object_id)  # its history stands on its own page

    @only_recorded
    def step_view(self, request, pk, slug):
        """Take a step: saved and back to the page, or nothing saved and the page says why, with what was typed."""
        appointment_request = self.to_triage(request, pk)
        if slug not in STEPS:
            raise Http404
        if request.method != "POST":
            return redirect(DETAIL, pk)
        if not request.user.has_perm(STEPS[slug].permission):
            raise PermissionDenied
        if "insert" in request.POST:
            form = STEPS[slug].with_ready_text(appointment_request, request.POST)
            return self.page(request, appointment_request, prepared=form)
        form = STEPS[slug](appointment_request, request.POST)
        if not form.is_valid():
            return self.page(request, appointment_request, tried=form, status=422)
        if slug == "duplicate":
            return redirect(SAME, pk, form.cleaned_data["of"].pk)
        version_now = appointment_request.version
        appointment_request.version = form.cleaned_data["version"]  # the row as the page showed it
        try:
            with transaction.atomic():
                record(AccessEvent.Action.CHANGE, [appointment_request.reference], by=request.user, step=slug)
                form.take(by=request.user)
        except ChangedMeanwhile:
            return self.page(request, self.to_triage(request, pk), tried=form, stale=True, status=409)
        except StepNotAllowed as refusal:
            stale = version_now != form.cleaned_data["version"]
            if not stale:
                form.add_error(None, str(refusal))
            return self.page(
                request, self.to_triage(request, pk), tried=form, stale=stale, status=409 if stale else 422
            )
        messages.success(request, f"{appointment_request}: {form.done}")
        return redirect(DETAIL, pk)

    @only_recorded
    def page(self, request, appointment_request, *, tried=None, prepared=None, stale=False, status=200):
        """The page of one request: recorded first, then shown.

        `tried` is the form of a step that was not taken, `prepared` one that is not sent yet.
        """
        merged = list(AppointmentRequest.objects.merged_into(appointment_request).select_related("service"))
        shown = [appointment_request, *merged]
        record(AccessEvent.Action.VIEW, [each.reference for each in shown], by=request.user)
        may_triage = self.has_triage_permission(request)
        if may_triage:
            appointment_request.mark_opened()
        history = list(appointment_request.status_changes.select_related("by"))
        attempts = rows_of(ContactAttempt, shown)
        notes = rows_of(Note, shown)
        replies = list(PatientReply.objects.filter(request__in=shown))
        if may_triage and any(reply.read_at is None for reply in replies):
            PatientReply.objects.filter(request__in=shown, read_at=None).update(read_at=timezone.now())
        promises = Promises.today()
        steps = offered_steps(appointment_request, request.user, tried or prepared, promises.calendar)
        undo = steps.pop("Undo", [None])[0] or undo_of_a_duplicate(appointment_request, request.user)
        same_person = AppointmentRequest.objects.of_same_person(appointment_request)
        same_person = list(same_person.exclude(pk__in=[each.pk for each in merged])[: SAME_PERSON_SHOWN + 1])
        if earlier := [each.reference for each in same_person[:SAME_PERSON_SHOWN]]:
            record(AccessEvent.Action.LIST, earlier, by=request.user, step="same person")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Request {appointment_request.reference}",
            "opts": self.opts,
            "appointment_request": appointment_request,
            "promise": promises.of(appointment_request),
            "age": age(appointment_request.created_at),
            "warned": warned(appointment_request, merged, replies),
            "may_triage": may_triage,
            "others_here": Presence.others(appointment_request, request.user),
            "claim_ran_out": may_triage and claim_ran_out(appointment_request, request.user),
            "steps": steps,
            "undo": undo,
            "first_step": first_step(appointment_request),
            "ready_texts": ReadyText.objects.all() if may_triage else [],
            "merged": merged,
            "same_person": same_person[:SAME_PERSON_SHOWN],
            "more_of_same_person": len(same_person) > SAME_PERSON_SHOWN,
            "history": history,
            "attempts": attempts,
            "notes": notes,
            "replies": replies,
            "deliveries": appointment_request.deliveries.select_related("recipient", "status_change"),
            "may_read_access": request.user.has_perm("appointments.view_accessevent"),
            "tried": tried,
            "tried_is_offered": any(tried in forms for forms in steps.values()),
            "stale": stale,
        }
        if stale:
            since = tried.cleaned_data["shown_at"]
            context["meanwhile"] = what_happened(since, history, attempts, notes, replies)
            tried.show_again(appointment_request)
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/appointments/appointmentrequest/detail.html", context, status=status)


def way_back(address):
    """The list that somebody came from, as it was filtered, or the desk; nothing else is an address to go to."""
    return address if address.partition("?")[0] in (reverse(LIST), reverse("admin:index")) else reverse(LIST)


def undo_of_a_duplicate(appointment_request, user):
    """Whoever has just closed another one as a duplicate of this stands here, and may want to take that back."""
    for step in LastStep.objects.lately().filter(by=user, request__duplicate_of=appointment_request):
        if Undo.offered(step.request, user):
            return Undo(step.request)
    return None


def rows_of(model, shown):
    """All of these requests, as if they were one."""
    return list(model.objects.filter(request__in=shown).select_related("by"))


def claim_ran_out(appointment_request, user):
    """Whether it was this person's until its time was over."""
    return (
        appointment_request.is_open
        and appointment_request.assigned_to_id == user.pk
        and not appointment_request.claim_holds
    )


def first_step(appointment_request):
    """The step that stands open."""
    if appointment_request.suspected_spam:
        return "not-spam"
    return "attempt" if appointment_request.status != AppointmentRequest.Status.BOOKED else ""


def warned(appointment_request, merged, replies):
    """[(where, phrases)] for which it is to be read first, as the clinic's list of them stands now."""
    if not appointment_request.read_first:
        return []
    places = [("the words hold", appointment_request.message, appointment_request.access_needs)]
    places += [(f"the words of {part.reference} hold", part.message, part.access_needs) for part in merged]
    places += [(f"what the patient added on {moment(reply.at)} holds", reply.text, "") for reply in replies]
    profile = ClinicProfile.objects.current()
    found = [
        (where, intake.warning_phrases(profile, message=words, access_needs=needs)) for where, words, needs in places
    ]
    return [(where, phrases) for where, phrases in found if phrases]


def badges(appointment_request):
    """[(kind, words)]: how it stands, and what to look at before that."""
    must_be_read = appointment_request.clock_is_running or (
        appointment_request.has_reply and appointment_request.is_open
    )
    found = [("read-first", "Read first")] * (appointment_request.read_first and must_be_read)
    found += [("language", appointment_request.speaks)] * bool(appointment_request.speaks)
    found += [("suspected", "Suspected spam")] * (appointment_request.suspected_spam and appointment_request.is_open)
    found += [("reply", "The patient has added")] * (appointment_request.has_reply and appointment_request.is_open)
    return [
        *found,
        (
            appointment_request.status,
            appointment_request.get_outcome_display() or appointment_request.get_status_display(),
        ),
    ]


def offered_steps(appointment_request, user, tried, calendar):
    """{group: forms} of the steps that exist from here; the one that was tried keeps what was typed."""
    groups = {}
    for slug, step in STEPS.items():
        if step.offered(appointment_request, user):
            form = tried if tried and tried.slug == slug else step(appointment_request, calendar=calendar)
            groups.setdefault(step.group, []).append(form)
    return groups


def what_happened(since, history, attempts, notes, replies):
    """[(when, who, what, words)] since a moment, oldest first: for somebody whose page was out of date."""
    events = [(row.at, row.author, row.in_words, "" if row.reason == row.in_words else row.reason) for row in history]
    events += [(row.at, row.by, str(row), row.note) for row in attempts]
    events += [(row.at, row.by, "wrote a note", row.text) for row in notes]
    events += [(row.at, "the patient", str(row), row.text) for row in replies]
    return sorted((event for event in events if event[0] >= since), key=lambda event: event[0])
