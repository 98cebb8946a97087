"""Counting that costs the same whether a thousand rows fit or a million."""

from django.core.exceptions import EmptyResultSet
from django.db import connection

COUNTED_AT_MOST = 1_000


class Counted(int):
    """A number that ends at a thousand: then it reads “1,000+”."""

    def __str__(self):
        return f"{COUNTED_AT_MOST:,}+" if self > COUNTED_AT_MOST else f"{int(self):,}"


def counted(queryset):
    """How many rows there are, looking at no more than it takes to know that they are many."""
    return Counted(no_more_than_needed(queryset).count())


def counted_together(querysets):
    """{name: Counted} of {name: queryset}, in one statement."""
    numbers, values = [], []
    for queryset in querysets.values():
        try:
            rows, own = no_more_than_needed(queryset).query.sql_with_params()
        except EmptyResultSet:
            rows, own = "SELECT 1 WHERE 1 = 0", ()
        numbers.append(f"(SELECT count(*) FROM ({rows}) AS listed)")  # noqa: S608  Django wrote it
        values += own
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(numbers)}", values)
        return dict(zip(querysets, map(Counted, cursor.fetchone()), strict=True))


def no_more_than_needed(queryset):
    return queryset.order_by().values("pk")[: COUNTED_AT_MOST + 1]
