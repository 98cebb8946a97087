"""Every route of the site as Django knows it, and an address that fits it."""

import re

from django.urls import get_resolver

from appointments.messages import complete_templates
from appointments.models import AccessEvent, Delivery, MessageTemplate, ReadyText, WorkerHeartbeat
from clinic.models import ClinicProfile
from education.models import Feedback, GlossaryTerm
from tests import factories

from . import people


def all_routes(resolver=None, before=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from all_routes(pattern, route)
        else:
            yield route


class Samples:
    """A site with one of everything; `address(route)` fits."""

    def __init__(self):
        factories.a_recipient()
        WorkerHeartbeat.beat("test")
        colleague = people.somebody("Triage")
        appointment_request = factories.a_request()
        guide = factories.a_published_guide("A guide", picture=factories.a_picture())
        complete_templates()
        link = guide.preview_links.create(name="Dr. Lind", email="lind@example.org")
        comment = guide.review_comments.create(text="A word", name="Dr. Lind", link=link)
        event = AccessEvent.objects.create(by=colleague, action="view", reference=appointment_request.reference)
        self.objects = {
            "clinic/clinicprofile": ClinicProfile.objects.get(),
            "clinic/service": factories.a_service(),
            "auth/user": colleague,
            "auth/group": colleague.groups.model.objects.create(name="Of our own"),
            "education/glossaryterm": GlossaryTerm.objects.create(term="stent", meaning="A small tube."),
            "education/topic": factories.a_topic(),
            "education/picture": guide.picture,
            "education/guide": guide,
            "education/feedback": Feedback.objects.create(revision=guide.live_revision, clear=True),
            "appointments/accessevent": event,
            "appointments/recipient": Delivery.objects.latest("pk").recipient,
            "appointments/delivery": Delivery.objects.latest("pk"),
            "appointments/messagetemplate": MessageTemplate.objects.first(),
            "appointments/readytext": ReadyText.objects.create(use="note", title="A text", text="Words."),
            "appointments/appointmentrequest": appointment_request,
        }
        self.values = {
            "number": "1",
            "entry": str(guide.history.first().pk),
            "slug": "attempt",
            "secret": appointment_request.secret,
            "reference": appointment_request.reference,
            "name": "0123456789abcdef",
            "letter": "a",
            "file": "none.log",
            "path": "pictures/00/1.webp",
            "format": "json",
            "content_type_id": "1",
            "app_label": "appointments",
            "url": "nothing-here",
            "pk": "1",
            "link_pk": str(link.pk),
            "letter_pk": str(guide.letters.create(kind="link", link=link).pk),
            "comment_pk": str(comment.pk),
            "token": link.get_absolute_url().split("/")[2],
            "other_pk": str(factories.a_request().pk),
            "object_id": "1",
        }

    def address(self, route):
        values = {**self.values}
        model = "/".join(route.split("/")[1:3])
        if model in self.objects:
            values |= dict.fromkeys(("pk", "object_id", "id"), str(self.objects[model].pk))
        if "/accessevent/person/" in route:
            values["pk"] = str(self.objects["auth/user"].pk)
        if route.startswith("sitemap-"):
            values["file"] = "1"
        if "/feedback/guide/" in route:
            values["pk"] = str(self.objects["education/guide"].pk)
        if "/many/" in route:
            values["slug"] = "claim"
        if route.startswith("guides/"):
            values["slug"] = self.objects["education/topic" if "/topic/" in route else "education/guide"].slug
        route = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route).replace("^", "").replace("$", "")
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values[found[1]], route)
