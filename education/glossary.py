"""Words that a guide explains: where they stand in its text, and how they are marked there. Pure, no models."""

import html
import re
from dataclasses import dataclass
from functools import cached_property

from django.utils.html import format_html
from django.utils.text import slugify

from .content import in_text


@dataclass(frozen=True)
class Word:
    term: str
    forms: tuple[str, ...]  # the term and its other spellings and endings
    meaning: str

    @property
    def anchor(self):
        """No heading's anchor has a dot in it."""
        return f"word.{slugify(self.term, allow_unicode=not self.term.isascii()) or 'x'}"

    def as_data(self):
        return {"term": self.term, "meaning": self.meaning, "anchor": self.anchor}


class Marker:
    """Marks each word where a page says it first: in the text that is in sight, else in what is folded away."""

    def __init__(self, words):
        self.by_form = {form.casefold(): word for word in words for form in word.forms}
        self.said = []

    @cached_property
    def pattern(self):
        longest_first = sorted(self.by_form, key=len, reverse=True)
        forms = "|".join(re.escape(html.escape(form, quote=False)) for form in longest_first)
        return re.compile(rf"(?<![\w&-])(?:{forms})(?![\w-])", re.IGNORECASE)  # nor the "amp" of "&amp;"

    def mark(self, value):
        """A piece of clean HTML with its new words as links to their meaning; headings and links are left alone."""
        return in_text(value, self.mark_text) if self.by_form else value

    def mark_text(self, text):
        return self.pattern.sub(self.link, text)

    def link(self, match):
        word = self.by_form.get(html.unescape(match[0]).casefold())
        if word is None or word in self.said:
            return match[0]
        self.said.append(word)
        return str(
            format_html(
                '<a class="term" id="said.{}" href="#{}">{}</a>', word.anchor, word.anchor, html.unescape(match[0])
            )
        )


def marked(sections, words):
    """(the sections with their words marked, the words that were found, from A to Z). What is urgent is left as it is."""
    marker = Marker(words)
    bodies = [
        section["body"] if section["kind"] == "emergency" else marker.mark(section["body"]) for section in sections
    ]
    mores = [section["more"] and marker.mark(section["more"]) for section in sections]
    sections = [
        {**section, "body": body, "more": more} for section, body, more in zip(sections, bodies, mores, strict=True)
    ]
    return sections, sorted(marker.said, key=lambda word: word.term.casefold())
