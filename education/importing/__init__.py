"""Documents to drafts: text, Markdown, HTML, Word, and guides that this site has exported. Pure, no models.

A document is untrusted. It is read in a process of its own with little time and memory, so that nothing it holds can
harm the site: see reader.py, which is what runs there.
"""

import json
import os
import subprocess
import sys
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore

from .report import GROUPS, Refused

__all__ = ["GROUPS", "MAX_BYTES", "Imported", "Refused", "check_size", "read"]

ROOT = Path(__file__).resolve().parent.parent.parent
MAX_BYTES = 5 * 1024 * 1024  # without its pictures
MAX_WITH_PICTURES = 10 * 1024 * 1024
SECONDS = 40  # by the clock, on a busy machine too; reader.py allows itself fewer of the processor's
TOO_MUCH = (
    "This document is too complicated to read. Open it, copy the text alone into a new document, and import that one."
)
two_at_once = BoundedSemaphore(2)  # each may take as much memory as reader.py says


@dataclass(frozen=True)
class Imported:
    """What a document holds: `data` in the shape of Guide.as_data(), and what was guessed, dropped or is to be looked at:
    [(group, sentence)], the groups as in GROUPS."""

    kind: str
    data: dict
    report: list
    pictures: list = field(
        default_factory=list
    )  # [{"content": bytes, "alt"}], which the data name as "found/0" and so on


def check_size(size):
    """Raises Refused before anything reads the document."""
    if not size:
        raise Refused("The file is empty. Choose the file that holds the text.")
    if size > MAX_WITH_PICTURES:
        raise Refused(
            f"The file is larger than {MAX_WITH_PICTURES // 2**20} MB. Take its pictures out, or split it, and try again."
        )


def read(content: bytes, *, name="") -> Imported:
    """Raises Refused, in words for an editor, when the document cannot be a guide."""
    check_size(len(content))
    with two_at_once:
        answer = answer_to(content, name)
    if "refused" in answer:
        raise Refused(answer["refused"])
    pictures = [{**found, "content": b64decode(found["content"])} for found in answer["pictures"]]
    return Imported(answer["kind"], answer["data"], [tuple(line) for line in answer["report"]], pictures)


def answer_to(content, name):
    needed = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")
    own = {variable: os.environ[variable] for variable in needed if variable in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "education.importing.reader", name[:200].encode("utf-8", "replace").hex() or "-"],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            cwd=ROOT,
            env={**own, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
            check=True,
        )
        return json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        return {"refused": TOO_MUCH}
