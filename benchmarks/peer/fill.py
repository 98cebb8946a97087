"""The database of the Wagtail site, with one guide that our site has exported: `python -m benchmarks.peer.fill GUIDE.json MEDIA`."""

import json
import os
import sys
from pathlib import Path

import django


def main(exported, media):
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peer.settings"
    own = Path(os.environ["PEER_FOLDER"]) / "peer_migrations"
    own.mkdir()
    (own / "__init__.py").touch()
    django.setup()
    from django.core.management import call_command

    call_command("makemigrations", "peer", verbosity=0)
    call_command("migrate", verbosity=0)
    write(json.loads(Path(exported).read_text(encoding="utf-8")), Path(media))


def write(data, media):
    from wagtail.models import Page

    from .models import GuidePage

    pictures = Pictures(media)
    home = Page.objects.get(depth=2)
    page = GuidePage(
        title=data["title"],
        slug=data["slug"],
        summary=data["summary"],
        picture=pictures.of(data),
        show_in_menus=True,
        sections=[("section", block(section, pictures)) for section in data["sections"]],
        sources=[("source", source) for source in data["sources"]],
    )
    home.add_child(instance=page)
    page.save_revision().publish()


def block(section, pictures):
    from wagtail.rich_text import RichText

    texts = {name: RichText(section[name]) for name in ("body", "more")}
    facts = {name: section[name] for name in ("kind", "heading", "anchor")}
    return {**facts, **texts, "level": str(section["level"]), "picture": pictures.of(section)}


class Pictures:
    """Wagtail's own, each made once of the largest that our library has."""

    def __init__(self, media):
        self.media, self.known = media, {}

    def of(self, part):
        from django.core.files import File
        from wagtail.images import get_image_model

        if not (picture := part["picture"]):
            return None
        if picture["folder"] not in self.known:
            path = self.media / picture["folder"] / f"{picture['widths'][-1]}.webp"
            with path.open("rb") as file:
                self.known[picture["folder"]] = get_image_model().objects.create(
                    title=picture["caption"] or "Picture", description=picture["alt"], file=File(file, path.name)
                )
        return self.known[picture["folder"]]


if __name__ == "__main__":
    main(*sys.argv[1:])
