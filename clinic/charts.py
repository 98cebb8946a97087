"""Where the parts of a picture stand: pure geometry in whole units, which templates draw as SVG. 320 units are its width."""

from dataclasses import dataclass

WIDTH = 320
TOP, BASE = 16, 132  # of the columns; below them stand their labels
LEFT = 26  # of a scale's numbers
ALL_LABELED, LABELS_AT_MOST = 7, 5  # so many columns have all their labels; of more, so many have one
LINE = 28  # a row: its words, and a bar below
HEAT_LEVELS = 4


@dataclass(frozen=True)
class Bar:
    x: int
    y: int
    width: int
    height: int
    label: str
    value: object
    middle: int = 0
    labeled: bool = True


@dataclass(frozen=True)
class Columns:
    bars: list
    most: int  # the top of the scale
    width: int = WIDTH
    top: int = TOP
    base: int = BASE
    left: int = LEFT
    height: int = BASE + 20
    below: int = BASE + 14


def columns(pairs):
    """Upright bars of [(label, count)]; where there are many, not each has its label."""
    most = max((count for _, count in pairs), default=0)
    every = 1 if len(pairs) <= ALL_LABELED else -(-len(pairs) // LABELS_AT_MOST)
    bars = []
    for index, (label, count) in enumerate(pairs):
        x, ends = (LEFT + (WIDTH - LEFT) * at // len(pairs) for at in (index, index + 1))
        height = part(count, most, BASE - TOP)
        wide = max(ends - x - (2 if len(pairs) < 60 else 1), 1)
        bars.append(Bar(x, BASE - height, wide, height, label, count, x + wide // 2, index % every == 0))
    return Columns(bars, most)


@dataclass(frozen=True)
class Rows:
    bars: list
    height: int
    width: int = WIDTH


def rows(pairs):
    """Lying bars of [(label, count)], their words above each."""
    most = max((count for _, count in pairs), default=0)
    bars = [
        Bar(0, index * LINE + 16, part(count, most, WIDTH), 7, label, count, index * LINE + 12)
        for index, (label, count) in enumerate(pairs)
    ]
    return Rows(bars, len(pairs) * LINE)


@dataclass(frozen=True)
class Wait:
    """A row with two amounts, one within the other, and a mark."""

    label: str
    y: int
    inner: int
    outer: int
    mark: int
    row: object
    words: int = 0
    top: int = 0


def waits(rows_of, height=44):
    """Rows of [(label, inner, outer, mark, row)], amounts of any one unit."""
    most = max((max(outer, mark) for _, _, outer, mark, _ in rows_of), default=0)
    room = WIDTH - 2  # the mark is two wide
    bars = [
        Wait(
            label,
            index * height + 30,
            part(inner, most, room),
            part(outer, most, room),
            part(mark, most, room),
            row,
            index * height + 12,
            index * height + 26,
        )
        for index, (label, inner, outer, mark, row) in enumerate(rows_of)
    ]
    return Rows(bars, len(rows_of) * height + 4)


@dataclass(frozen=True)
class Cell:
    x: int
    y: int
    level: int  # 0 is nothing, HEAT_LEVELS the most
    count: int
    middle: int
    line: int


@dataclass(frozen=True)
class Heat:
    """A cell for each column and row that holds something between the first and the last such row."""

    columns: list  # (label, middle)
    rows: list  # (label, line, cells)
    height: int
    cell_width: int
    cell_height: int
    width: int = WIDTH


def heat(labels, counts, row_label, across=40, down=16):
    """A field of {(column, row): count}; rows outside the first and the last with something are left out."""
    used = [row for (_, row), count in counts.items() if count] or [0]
    most = max(counts.values(), default=0)
    field = []
    for line, row in enumerate(range(min(used), max(used) + 1)):
        y = 18 + line * down
        cells = []
        for column in range(len(labels)):
            count = counts.get((column, row), 0)
            x = WIDTH - across * (len(labels) - column)
            cells.append(Cell(x, y, level(count, most), count, x + across // 2, y + 12))
        field.append((row_label(row), y + 12, cells))
    heads = [(label, WIDTH - across * (len(labels) - at) + across // 2) for at, label in enumerate(labels)]
    return Heat(heads, field, 18 + len(field) * down, across - 1, down - 1)


def level(count, most):
    return -(-count * HEAT_LEVELS // most) if most else 0


def part(amount, most, of):
    """How much of `of` units it takes; whatever there is shows, be it ever so little."""
    if not amount or not most:
        return 0
    return max(int(amount / most * of), 1)
