"""New and changed guides as an Atom feed."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext

from .models import Guide, Revision

MOST_ENTRIES = 30
NOT_FOR_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed_of_guides(clinic):
    """The feed as text: the guides that were published last, the newest first."""
    feed = Atom1Feed(
        title=for_xml(f"{gettext('Guides')} – {clinic.name}"),
        link=settings.SITE_URL + reverse("education:guides"),
        description=gettext("New and changed guides"),
        feed_url=settings.SITE_URL + reverse("education:feed"),
        language="en",
    )
    for guide in published_last():
        address = settings.SITE_URL + guide.get_absolute_url()
        feed.add_item(
            title=for_xml(guide.live_revision.title),
            link=address,
            unique_id=lasting_name(guide),
            description=for_xml(guide.live_revision.summary),
            pubdate=guide.first_published_at,
            updateddate=guide.live_revision.published_at,
            author_name=for_xml(guide.live_revision.data["written_by"]) or for_xml(clinic.name),
        )
    return feed.writeString("utf-8")


def lasting_name(guide):
    """RFC 4151: a name that stays when the guide moves, so that no reader is shown it as a new one."""
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{guide.first_published_at:%Y-%m-%d}:guide-{guide.pk}"


def published_last():
    first = Revision.objects.filter(guide=OuterRef("pk")).order_by("number").values("published_at")[:1]
    guides = Guide.objects.published().without_pages().annotate(first_published_at=Subquery(first))
    return guides.order_by("-live_revision_id")[:MOST_ENTRIES]  # the number grows with each publishing


def for_xml(text):
    """XML cannot hold every character that a form lets through."""
    return NOT_FOR_XML.sub("", text)
