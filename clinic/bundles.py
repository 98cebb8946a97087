"""Style sheets and scripts are kept apart for those who write them, and joined for those who load them: few requests, no build step."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

JOINED = {
    "css/site.css": ["css/tokens.css", "css/base.css", "css/layout.css"],
    "css/guide-page.css": ["css/guides.css", "css/words.css", "css/print.css"],
    "js/guide-page.js": ["js/guide.js", "js/words.js", "js/listen.js", "js/offline.js"],
}
ON_PAPER = {"css/print.css"}


class JoinedStyles(BaseFinder):
    def find(self, path, find_all=False, **kwargs):
        found = [str(joined(path))] if path in JOINED else []
        return found if find_all or kwargs.get("all") else (found[0] if found else [])

    def list(self, ignore_patterns):
        for path in JOINED:
            joined(path)
            yield path, FileSystemStorage(location())


def location():
    return Path(settings.DATA_DIR) / "joined"


def joined(path):
    """Where the joined file lies, written anew when one of its parts has changed."""
    target = location() / path
    text = "\n".join(map(part, JOINED[path]))
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_suffix(".half")
        half.write_text(text, encoding="utf-8")
        half.replace(target)
    return target


def part(path):
    text = (Path(settings.STATICFILES_DIRS[0]) / path).read_text(encoding="utf-8")
    return f"@media print {{\n{text}}}\n" if path in ON_PAPER else text
