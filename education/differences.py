"""What differs between two texts, word by word: pure, no models."""

import re
from difflib import SequenceMatcher

WHAT_EDITORS_RESHAPE = re.compile(r"</?(?:p|thead|tbody|colgroup|col)>|\s+")
LONG = 5000  # words; of longer texts, frequent words are left out of the search, which would take minutes
WORD_AND_SPACE = re.compile(r"\S+\s*")


def same(one: str, other: str) -> bool:
    """Whether two pieces of HTML say the same in the same way, however an editor wraps it."""
    return WHAT_EDITORS_RESHAPE.sub("", one) == WHAT_EDITORS_RESHAPE.sub("", other)


def side_by_side(before: str, after: str) -> tuple[list, list]:
    """Both texts in runs of words, each with whether the other text lacks it: ([(words, differs)], [(words, differs)])."""
    old, new = WORD_AND_SPACE.findall(before), WORD_AND_SPACE.findall(after)
    left, right = [], []
    matcher = SequenceMatcher(None, old, new, autojunk=len(new) > LONG)
    for what, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if old_end > old_start:
            left.append(("".join(old[old_start:old_end]), what != "equal"))
        if new_end > new_start:
            right.append(("".join(new[new_start:new_end]), what != "equal"))
    return left, right
