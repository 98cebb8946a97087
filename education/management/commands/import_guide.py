"""A document to a draft, as in the admin; prints what was guessed and dropped."""

from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError

from education import importing
from education.made_drafts import in_language, make_draft, topic_of
from education.models import Topic


class Command(BaseCommand):
    help = "Make a draft of a document: plain text, Markdown, HTML, Word (.docx), or a guide exported as JSON."

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument(
            "--topic", metavar="SLUG", help="under which patients find it; needed unless the file names one"
        )
        parser.add_argument(
            "--language",
            metavar="CODE",
            default="",
            help="of its text, such as es; without one, what the file says, else English",
        )
        parser.add_argument(
            "--owner", metavar="USER", help="who is reminded of its reviews; without one, all who may publish are"
        )

    def handle(self, *args, file, topic, owner=None, language="", **options):
        path = Path(file)
        try:
            importing.check_size(path.stat().st_size)
            imported = importing.read(path.read_bytes(), name=path.name)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except importing.Refused as refused:
            raise CommandError(f"{file}: {refused}") from refused
        try:
            data = in_language(imported.data, language)
        except ValidationError as unknown:
            raise CommandError(f"{unknown.messages[0]} Say it with --language.") from unknown
        guide, missing = make_draft(
            data,
            topic=self.topic(topic, data),
            owner=self.owner(owner),
            found=imported.pictures,
        )
        self.stdout.write(f"Read as {imported.kind}. Draft “{guide.title}” made, address {guide.slug}. It is not live.")
        for group, says in [*imported.report, *(("look", says) for says in missing)]:
            self.stdout.write(f"  {importing.GROUPS[group]}: {says}")

    def owner(self, username):
        if username is None:
            return None
        User = get_user_model()
        person = User.objects.filter(**{User.USERNAME_FIELD: username}, is_staff=True, is_active=True).first()
        if person is None:
            raise CommandError(f"There is nobody with the user name “{username}” who may sign in to the admin.")
        return person

    def topic(self, slug, data):
        topic = Topic.objects.filter(slug=slug).first() if slug else topic_of(data)
        if topic is None:
            known = ", ".join(Topic.objects.values_list("slug", flat=True)) or "none yet: add one in the admin"
            said = (
                f"There is no topic “{slug or data['topic']}”." if slug or data["topic"] else "Say under which topic."
            )
            raise CommandError(f"{said} Use --topic with one of: {known}.")
        return topic
