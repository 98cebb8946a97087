"""What differs between two texts, word by word: pure, no models.

The search is Myers' (the shortest way from one text to the other), first over lines, then over the words of those that
differ. It is slow for texts that have nothing in common: a budget of steps bounds it, and what is left when the budget
is spent is shown as wholly changed, which for such texts is what a reader would say, too.
"""

import re

WHAT_EDITORS_RESHAPE = re.compile(r"</?(?:p|thead|tbody|colgroup|col)>|\s+")
WORD_AND_SPACE = re.compile(r"\S+\s*")
LINE = re.compile(r"[^\n]*\n|[^\n]+")
STEPS = 400_000  # a third of a second
ISLAND, SEA = 2, 4  # so few equal words between so many changed ones only make it harder to read


class Budget:
    """The steps that one page of comparisons may take, all together."""

    def __init__(self, steps=STEPS):
        self.left = steps

    def take(self, steps):
        self.left -= steps
        return self.left >= 0


def same(one: str, other: str) -> bool:
    """Whether two pieces of HTML say the same in the same way, however an editor wraps it."""
    return WHAT_EDITORS_RESHAPE.sub("", one) == WHAT_EDITORS_RESHAPE.sub("", other)


def side_by_side(before: str, after: str, budget=None) -> tuple[list, list]:
    """Both texts in runs of words, each with whether the other text lacks it: ([(words, differs)], [(words, differs)])."""
    budget = budget or Budget()
    left, right = [], []
    for old_lines, new_lines, _ in pieces(LINE.findall(before), LINE.findall(after), budget):
        for old, new, differs in word_pieces("".join(old_lines), "".join(new_lines), budget):
            left.append(("".join(old), differs))
            right.append(("".join(new), differs))
    return joined(left), joined(right)


def word_pieces(before, after, budget):
    if before == after:
        return [([before], [after], False)]
    old, new = WORD_AND_SPACE.findall(before), WORD_AND_SPACE.findall(after)
    return without_islands(list(pieces(old, new, budget)))


def pieces(old, new, budget):
    """Both lists in step: (part of old, part of new, whether they differ). White space at a word's end does not count."""
    places = runs([word.rstrip() for word in old], [word.rstrip() for word in new], budget)
    at_old = at_new = 0
    for start_old, start_new, length in [*places, (len(old), len(new), 0)]:
        if start_old > at_old or start_new > at_new:
            yield old[at_old:start_old], new[at_new:start_new], True
        at_old, at_new = start_old + length, start_new + length
        if length:
            yield old[start_old:at_old], new[start_new:at_new], False


def runs(old, new, budget):
    """[(place in old, place in new, length)] of what both have, in order."""
    start = common(old, new)
    end = common(old[start:][::-1], new[start:][::-1])
    last_old, last_new = len(old) - end, len(new) - end
    found = [
        (start + o, start + n, length) for o, n, length in between(old[start:last_old], new[start:last_new], budget)
    ]
    return [(0, 0, start), *found, (last_old, last_new, end)]


def common(old, new):
    """How many are equal from the start."""
    number = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        number += 1
    return number


def between(old, new, budget):
    """The same of lists that begin and end differently; nothing when the budget does not suffice."""
    if not old or not new:
        return []
    furthest, trail = {1: 0}, []
    for distance in range(len(old) + len(new) + 1):
        trail.append(furthest)
        furthest = dict(furthest)
        for diagonal in range(-distance, distance + 1, 2):
            down = diagonal == -distance or (
                diagonal != distance and furthest.get(diagonal - 1, -1) < furthest.get(diagonal + 1, -1)
            )
            place = furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1
            begun = place
            while place < len(old) and place - diagonal < len(new) and old[place] == new[place - diagonal]:
                place += 1
            furthest[diagonal] = place
            if not budget.take(1 + place - begun):
                return []
            if place >= len(old) and place - diagonal >= len(new):
                return way_back(trail, len(old), len(new))
    return []


def way_back(trail, old, new):
    found = []
    for distance in range(len(trail) - 1, -1, -1):
        furthest, diagonal = trail[distance], old - new
        down = diagonal == -distance or (
            diagonal != distance and furthest.get(diagonal - 1, -1) < furthest.get(diagonal + 1, -1)
        )
        from_old = furthest[diagonal + 1] if down else furthest[diagonal - 1]
        from_new = from_old - (diagonal + 1 if down else diagonal - 1)
        start = from_old if down else from_old + 1
        if distance == 0:
            start = 0
        if old > start:
            found.append((start, start - diagonal, old - start))
        old, new = from_old, from_new
    return found[::-1]


def without_islands(found):
    """A few equal words in the middle of much that differs are shown as changed, too."""
    sizes = [len(old) + len(new) for old, new, _ in found]
    kept = []
    for place, (old, new, differs) in enumerate(found):
        inside = 0 < place < len(found) - 1
        island = inside and len(old) <= ISLAND and sizes[place - 1] > SEA and sizes[place + 1] > SEA
        kept.append((old, new, differs or island))
    return kept


def joined(runs):
    """Neighbors of one kind as one run, without empty ones."""
    found = []
    for words, differs in runs:
        if not words:
            continue
        if found and found[-1][1] == differs:
            found[-1] = (found[-1][0] + words, differs)
        else:
            found.append((words, differs))
    return found
