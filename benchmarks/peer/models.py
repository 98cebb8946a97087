"""A guide as a Wagtail project would hold it: a page whose stream has a block for each section."""

from django.conf import settings
from django.db import models
from wagtail.blocks import CharBlock, ChoiceBlock, RichTextBlock, StructBlock, URLBlock
from wagtail.fields import StreamField
from wagtail.images.blocks import ImageChooserBlock
from wagtail.models import Page

KINDS = ("text", "do", "do_not", "number", "warning", "emergency", "urgent", "non_urgent")


class Section(StructBlock):
    level = ChoiceBlock(choices=[("2", "Heading"), ("3", "Heading below another")])
    kind = ChoiceBlock(choices=[(kind, kind) for kind in KINDS])
    heading = CharBlock()
    anchor = CharBlock()
    body = RichTextBlock()
    more = RichTextBlock(required=False)
    picture = ImageChooserBlock(required=False)

    class Meta:
        template = "peer/section.html"


class Source(StructBlock):
    organization = CharBlock()
    title = CharBlock()
    year = CharBlock(required=False)
    url = URLBlock(required=False)


class GuidePage(Page):
    summary = models.TextField()
    picture = models.ForeignKey("wagtailimages.Image", on_delete=models.SET_NULL, null=True, related_name="+")
    sections = StreamField([("section", Section())])
    sources = StreamField([("source", Source())], blank=True)

    def get_template(self, request, *args, **kwargs):
        return "peer/kept.html" if settings.KEEPS == "fragments" else "peer/guide.html"
