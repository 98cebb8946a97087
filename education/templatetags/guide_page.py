"""What the public page of a guide says beside its frozen text, all from its revision."""

from django import template
from django.conf import settings

from .. import leaflet
from ..content import json_in_html
from ..readability import SENTENCE_END
from ..structured import structured_data

register = template.Library()
FEW = range(2, 5)  # so many sentences are easier to read as lines


@register.filter
def lines(summary):
    """The sentences of a summary, each to stand on a line of its own; the whole of it where it has more than a few."""
    sentences = [sentence for sentence in SENTENCE_END.split(summary.strip()) if sentence]
    return sentences if len(sentences) in FEW else [summary]


@register.filter
def on_the_web(path):
    """The whole address of a path of this site, as patients type it."""
    return f"{settings.SITE_URL}{path}"


@register.simple_tag(name="structured_data")
def structured_data_of(revision, path, clinic):
    """The page for machines, as JSON that is safe within a <script>."""
    return json_in_html(structured_data(revision, address=on_the_web(path), clinic=clinic, site=settings.SITE_URL))


@register.simple_tag
def leaflet_offered():
    return leaflet.available()


@register.simple_tag
def offline_offered():
    return settings.GUIDES_OFFLINE
