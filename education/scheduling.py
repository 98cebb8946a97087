"""The schedule of a guide in the admin, and what the worker does about it."""

import logging
import smtplib
import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMessage
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from .house_rules import in_the_way
from .models import Guide, ScheduledStep
from .models.letter import publishers
from .models.schedule import said_of
from .search import forget_words

logger = logging.getLogger("education.schedule")

FARTHEST = timedelta(days=2 * 366)
RETRY_MAIL = [timedelta(minutes=minutes) for minutes in (1, 5, 30)]
THEN_EVERY, GIVE_UP_AFTER = timedelta(hours=6), 15  # attempts, which is three days
AT_ONCE = 50
SETTLING = 1.0  # seconds
WORDS_AT_ONCE = 50  # of all, in each round: a few thousand words take a quarter of an hour
AGAIN_AT_ONCE = 20  # guides whose stored state is looked at again in each round


# In the admin ---------------------------------------------------------------------------------------------------------


class ScheduleForm(forms.Form):
    what = forms.ChoiceField(label="What is to happen", choices=ScheduledStep.What.choices, widget=forms.RadioSelect)
    day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    hour = forms.TimeField(label="Time", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    note = forms.CharField(label="Note (optional)", max_length=150, required=False)

    def clean(self):
        day, hour = self.cleaned_data.get("day"), self.cleaned_data.get("hour")
        if day and hour:
            try:
                self.cleaned_data["at"] = moment(day, hour)
            except ValidationError as error:
                self.add_error("hour", error)
        return self.cleaned_data


def moment(day, hour):
    """The moment of the clinic's clocks. Raises ValidationError, in words for an editor."""
    zone = ZoneInfo(settings.TIME_ZONE)
    naive, now = datetime.combine(day, hour.replace(second=0, microsecond=0, tzinfo=None)), timezone.localtime()
    if naive.date() < now.date():
        raise ValidationError("That day has passed. Choose a later one.")
    if naive.date() > (now + FARTHEST).date():
        raise ValidationError("That is more than two years away. Choose an earlier day.")
    at = naive.replace(tzinfo=zone)
    if at.astimezone(ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None) != naive:
        raise ValidationError("The clocks go forward on that day, and this time is skipped. Choose one an hour later.")
    if at.utcoffset() != at.replace(fold=1).utcoffset():
        raise ValidationError(
            "The clocks go back on that day, and this time comes twice. Choose an earlier or a later one."
        )
    if at <= now:
        raise ValidationError("That time has passed. Choose a later one.")
    return at


class ScheduleOfGuides:
    """The page, for the guides' admin."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.schedule_view)
        return [path("<int:pk>/schedule/", view, name="education_guide_schedule"), *super().get_urls()]

    def schedule_view(self, request, pk):
        guide = get_object_or_404(Guide, pk=pk)
        if not self.has_publish_permission(request):
            raise PermissionDenied
        if request.method == "POST" and request.POST.get("cancel") in ScheduledStep.What.values:
            return self.cancel(request, guide, request.POST["cancel"])
        form = ScheduleForm(request.POST if request.method == "POST" else None, initial={"what": "publish"})
        if form.is_valid():
            try:
                return self.scheduled(request, guide, form.cleaned_data)
            except ValidationError as error:
                form.add_error("hour", error)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "guide": guide,
            "title": f"Schedule “{guide}”",
            "form": form,
            "steps": self.steps_of(guide),
            "in_the_way": in_the_way(guide.as_draft()),
            "zone": timezone.localtime().strftime("%Z"),
            "now": timezone.now(),
        }
        status = 200 if not form.errors else 422
        return TemplateResponse(request, "admin/education/guide/schedule.html", context, status=status)

    def steps_of(self, guide):
        """What is scheduled, each with whether the draft was changed since."""
        steps, newest = guide.scheduled.to_show().select_related("by", "entry"), guide.newest_snapshot()
        for step in steps:
            step.is_outdated = step.is_publishing and step.entry.snapshot_id != newest
        return steps

    def scheduled(self, request, guide, chosen):
        step = guide.schedule(chosen["what"], at=chosen["at"], by=request.user, note=chosen["note"])
        self.log_change(request, guide, f"Scheduled: {step.get_what_display().lower()} {said_of(step.at)}")
        if step.is_publishing:
            words = "It is published as it is saved now: what you change later does not go along, unless you schedule it again."
            messages.success(request, f"Scheduled: {said_of(step.at)}. {words}".replace("..", "."))
            if findings := in_the_way(guide.as_draft(data=step.entry.data)):
                messages.warning(request, f"As it stands it would not be published: {findings[0].says}")
        else:
            messages.success(request, f"It will be withdrawn: {said_of(step.at)}")
        return redirect("admin:education_guide_schedule", guide.pk)

    def cancel(self, request, guide, what):
        if guide.cancel_scheduled(what, by=request.user):
            self.log_change(request, guide, f"Took “{what}” off the schedule.")
            messages.success(request, "It is off the schedule.")
        else:
            messages.info(request, "There was nothing left to cancel: it has happened, or somebody was quicker.")
        return redirect("admin:education_guide_schedule", guide.pk)


# In the worker --------------------------------------------------------------------------------------------------------


class Round:
    """What the worker does for the guides every few seconds. Several workers at once are fine."""

    def __init__(self):
        self.looked_at = 0  # the guide up to which stored states were looked at again
        self.known_up_to = ""  # the word up to which those were forgotten that stand in no guide any more

    def __call__(self):
        carry_out_what_is_due()
        tell_owners()
        settle_for_a_while()
        self.look_at_some_again()
        self.known_up_to = forget_words(self.known_up_to, WORDS_AT_ONCE)

    def look_at_some_again(self):
        """What another program, or a change of a service, has done to drafts shows here, little by little."""
        some = list(
            Guide.objects.filter(pk__gt=self.looked_at).order_by("pk").values_list("pk", flat=True)[:AGAIN_AT_ONCE]
        )
        if some:
            Guide.objects.filter(pk__in=some).look_again()
        self.looked_at = some[-1] if some else 0


go_round = Round()


def settle_for_a_while():
    """Mail does not wait for more than a second, whatever was imported."""
    until = time.monotonic() + SETTLING
    while Guide.objects.settle() and time.monotonic() < until:
        pass


def carry_out_what_is_due(now=None):
    """Gives how many steps were taken here."""
    return sum(
        step.carry_out() for step in ScheduledStep.objects.due(now).select_related("entry__snapshot", "by")[:AT_ONCE]
    )


def tell_owners(now=None):
    """Tell whoever set the time that nothing was published. The row is the truth: a mail that fails is tried again."""
    now = now or timezone.now()
    for step in ScheduledStep.objects.to_tell(now).select_related("guide", "by")[:AT_ONCE]:
        attempt = step.mail_attempts + 1
        later = None if attempt >= GIVE_UP_AFTER else now + (RETRY_MAIL[attempt - 1 : attempt] or [THEN_EVERY])[0]
        mine = ScheduledStep.objects.filter(pk=step.pk, mail_at=step.mail_at)
        if not mine.update(mail_at=later, mail_attempts=attempt):
            continue  # another worker tells
        try:
            sent = not (receivers := owners(step)) or message(step, receivers).send()
        except (OSError, smtplib.SMTPException):
            logger.warning("The owner of guide %s could not be told; it is tried again.", step.guide_id)
        else:
            if sent:
                ScheduledStep.objects.filter(pk=step.pk).update(mail_at=None)


def owners(step):
    """Who set the time; if that person is gone or has no address, the guide's owner; else all who may publish."""
    for person in (step.by, step.guide.owner):
        if person and person.is_active and person.email:
            return [person.email]
    return publishers()


def message(step, receivers):
    address = settings.SITE_URL + reverse("admin:education_guide_change", args=[step.guide_id])
    body = render_to_string("education/email_not_published.txt", {"step": step, "address": address})
    done = "published" if step.is_publishing else "withdrawn"
    host = urlsplit(settings.SITE_URL).hostname
    headers = {"Message-ID": f"<guide-{step.guide_id}-step-{step.pk}@{host}>"}
    title = " ".join(step.guide.title.split())
    return EmailMessage(f"Not {done}: {title}", body, to=receivers, headers=headers)
