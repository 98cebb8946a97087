"""Markdown to HTML, by markdown-it."""

import re

from markdown_it import MarkdownIt

from .report import Refused

DEEPEST = 60  # markers in a row: of "> > >" or of brackets
TOO_DEEP = re.compile(rf"(?:> ?){{{DEEPEST}}}|[\[(!*_]{{{DEEPEST * 4}}}")
ODD_BULLET = re.compile(r"^(\s*)[•‣▪◦●○·–](?=\s)", re.MULTILINE)
LONGEST_LINE = 100_000


def html_of_markdown(text, report):
    if TOO_DEEP.search(text) or any(len(line) > LONGEST_LINE for line in text.splitlines()):
        raise Refused(
            "This Markdown is nested too deeply, or has a line longer than a chapter. Simplify it, or paste it as plain text."
        )
    if facts := re.match(r"---\n.{0,5000}?\n---\n", text, re.DOTALL):  # what some programs put first
        report.dropped("Facts about the document", facts[0].strip("-\n"))
        text = text[facts.end() :]
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 40}).enable(["table", "strikethrough"])
    return parser.render(ODD_BULLET.sub(r"\1-", text))
