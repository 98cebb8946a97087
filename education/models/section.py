"""What a draft is made of: its sections and its sources."""

from django.db import models
from django.db.models import Q
from django_prose_editor.fields import ProseEditorField

from ..content import EDITOR_EXTENSIONS, clean_html
from .picture import Picture
from .state import Part, PartQuerySet


class SectionManager(models.Manager.from_queryset(PartQuerySet)):
    """Sections come with their pictures: no reader of a guide asks for one without the other."""

    def get_queryset(self):
        return super().get_queryset().select_related("picture")


class Section(Part):
    class Level(models.IntegerChoices):
        SECTION = 2, "Section"
        SUBSECTION = 3, "Sub-section"

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        DO = "do", "List: do"
        DO_NOT = "do_not", "List: do not"
        NUMBER = "number", "Number: 1 in …"
        WARNING = "warning", "Warning"
        EMERGENCY = "emergency", "Care card: emergency"
        URGENT = "urgent", "Care card: urgent"
        NON_URGENT = "non_urgent", "Care card: not urgent"

    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="sections")
    position = models.PositiveIntegerField(default=0)
    level = models.PositiveSmallIntegerField(choices=Level.choices, default=Level.SECTION)
    kind = models.CharField(
        max_length=12,
        choices=Kind.choices,
        default=Kind.TEXT,
        help_text="How it is shown. “Do” and “do not”: a list with ticks or crosses. “Number”: write “1 in 100” once in the "
        "text; it is shown large, with a dot for each person.",
    )
    heading = models.CharField(max_length=120)
    body = ProseEditorField("text", extensions=EDITOR_EXTENSIONS, sanitize=clean_html, blank=True)
    more = ProseEditorField(
        "read more",
        extensions=EDITOR_EXTENSIONS,
        sanitize=clean_html,
        blank=True,
        help_text="Detail that few readers need. Never risks or when to get help: those must be seen.",
    )
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, null=True, blank=True, related_name="sections")
    web_only = models.BooleanField(
        "on the web only",
        default=False,
        db_default=False,
        help_text="Leaves it out of the leaflet (PDF) that patients take home, which then names it. Four pages hold some "
        "1,600 words. Warnings and care cards are always on the leaflet.",
    )

    objects = SectionManager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(level__in=[2, 3]), name="section_in_two_levels"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["text", "do", "do_not", "number", "warning", "emergency", "urgent", "non_urgent"]
                ),
                name="section_kind_is_known",
            ),
        ]

    def __str__(self):
        return self.heading

    def save(self, *args, **kwargs):
        # The editor's field cleans only in forms; imports and shells come through this door.
        self.body, self.more = clean_html(self.body), clean_html(self.more)
        super().save(*args, **kwargs)

    def as_data(self):
        return {
            "level": self.level,
            "kind": self.kind,
            "heading": self.heading,
            "body": str(clean_html(self.body)),
            "more": str(clean_html(self.more)),
            "picture": self.picture.as_data() if self.picture else None,
            **({"web_only": True} if self.web_only else {}),
        }


class Source(Part):
    guide = models.ForeignKey("education.Guide", on_delete=models.CASCADE, related_name="sources")
    position = models.PositiveIntegerField(default=0)
    organization = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    year = models.CharField(max_length=10, blank=True)
    url = models.URLField("web address", blank=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return f"{self.organization}: {self.title}"

    def as_data(self):
        url = self.url if self.url.startswith(("https://", "http://")) else ""  # forms check more; imports nothing
        return {"organization": self.organization, "title": self.title, "year": self.year, "url": url}
