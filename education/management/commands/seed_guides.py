import random
from itertools import islice

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import transaction

from education.models import Guide, Revision, ShelfEntry, Topic

AT_ONCE = 1_000
TOPICS = 12
TITLES = """
Aching Bending Careful Daily Early First Gentle Healing Inner Kind Lasting Mild Night Open Plain Quick
ankle back chest elbow foot hand hip jaw knee leg lung neck nose shoulder skin spine stomach throat thumb wrist
scan test picture treatment visit exercise bandage drink injection check
"""
BEGINNINGS, PARTS, KINDS = map(str.split, TITLES.strip().splitlines())
SENTENCES = [
    "This is a fictional guide: it fills a trial site and says nothing about anybody's health.",
    "You lie on a table, and a machine takes a picture of your {part}.",
    "Tell us before the {kind} if something has changed since your last visit.",
    "Most people feel nothing; some feel a little warm.",
    "A member of our staff stays where you can see and hear them.",
    "The {kind} of the {part} takes about as long as a cup of tea.",
    "Bring the list of your medicines, and somebody to take you home.",
    "Ask us again whenever a word is new to you.",
]


class Command(BaseCommand):
    help = "Fill a trial site with so many fictional published guides, for measuring."

    def add_arguments(self, parser):
        parser.add_argument("number", type=int)

    def handle(self, number, **options):
        if settings.PRODUCTION:
            raise CommandError("This is a production site (CLINIC_ENV): fictional guides do not belong in it.")
        topics = [
            Topic.objects.get_or_create(slug=f"fiction-{n}", defaults={"name": f"Fiction {n}", "position": 100 + n})[0]
            for n in range(TOPICS)
        ]
        first = Guide.objects.count()
        drafts = (self.draft(first + n, topics) for n in range(number))
        while some := list(islice(drafts, AT_ONCE)):
            with transaction.atomic():
                self.publish(some)
        self.stdout.write(f"Fictional guides: {number}.")

    def draft(self, number, topics):
        choose = random.Random(number)
        part, kind = choose.choice(PARTS), choose.choice(KINDS)
        title = f"{choose.choice(BEGINNINGS)} {part} {kind} {number}"
        sections = [
            self.section(f"{heading} the {kind}", place, part, kind, choose)
            for place, heading in enumerate(("Before", "During", "After"), start=1)
        ]
        guide = Guide(title=title, slug=f"fiction-{number}", topic=topics[number % TOPICS], summary=SENTENCES[0])
        return guide, sections

    def section(self, heading, place, part, kind, choose):
        words = " ".join(choose.sample(SENTENCES[1:], 3)).format(part=part, kind=kind)
        rest = {"level": 2, "kind": "text", "more": "", "picture": None, "anchor": f"part-{place}"}
        return {**rest, "heading": heading, "body": f"<p>{words}</p>"}

    def publish(self, drafts):
        """As Guide.publish() would, in few statements and without the house rules: nobody relies on these."""
        Guide.objects.bulk_create([guide for guide, _ in drafts])
        revisions = Revision.objects.bulk_create([self.revision(guide, sections) for guide, sections in drafts])
        for revision in revisions:
            revision.guide.live_revision = revision
        Guide.objects.bulk_update([revision.guide for revision in revisions], ["live_revision"], batch_size=400)
        ShelfEntry.objects.put(revisions)

    def revision(self, guide, sections):
        facts = {
            "schema": 1,
            "title": guide.title,
            "slug": guide.slug,
            "summary": guide.summary,
            "topic": guide.topic.slug,
        }
        facts |= {"service": None, "picture": None, "written_by": "Nobody", "reviewed_by": "", "last_reviewed": None}
        facts |= {"next_review": None, "is_sample": True, "sections": sections, "sources": []}
        text = "\n".join([guide.title, guide.summary, *(f"{one['heading']}\n{one['body'][3:-4]}" for one in sections)])
        return Revision(
            guide=guide,
            topic=guide.topic,
            number=1,
            title=guide.title,
            summary=guide.summary,
            data=facts,
            html=as_html(sections),
            text=text,
        )


def as_html(sections):
    """What the public template makes of such plain sections; a hundred thousand times it would take minutes."""
    return "".join(
        f'<section class="flow part-2"><h2 id="{one["anchor"]}" tabindex="-1">{one["heading"]}</h2>{one["body"]}</section>'
        for one in sections
    )
