"""What an import tells the editor: pure."""

from collections import Counter

from .pictures import Found

GROUPS = {
    "look": "Look at this",
    "guessed": "What was guessed",
    "dropped": "What was left out",
}
LONGEST = 240  # characters of a quotation
MOST = 300  # lines


class Refused(ValueError):
    """Says in a sentence what to do instead."""


class Report:
    """Lines in the order in which they came; the same line twice is one line with its number."""

    def __init__(self):
        self.lines = Counter()
        self.found = Found(self)

    def guessed(self, says):
        self.lines["guessed", says] += 1

    def dropped(self, why, text):
        if text.strip():
            self.lines["dropped", f"{why}: {quoted(text)}"] += 1

    def look(self, says):
        self.lines["look", says] += 1

    def as_list(self):
        found = [
            (group, says if times == 1 else f"{says} ({times} times)") for (group, says), times in self.lines.items()
        ]
        if len(found) > MOST:
            found[MOST:] = [("look", f"There is more of this: {len(found) - MOST} lines are not shown.")]
        return found


def quoted(text, longest=LONGEST):
    text = " ".join(text.split())
    return f"“{text}”" if len(text) <= longest else f"“{text[:longest].rstrip()}…”"
