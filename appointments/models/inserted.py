"""Rows stored by an INSERT that is written once: Django builds each anew, which takes longer than storing the row."""

from functools import cache

from django.db import connection


def insert(rows, *, ignore_conflicts=False):
    """Store new rows of one model in one statement, as bulk_create() does. Their keys are not given back."""
    fields, begins, one_row = statement_for(type(rows[0]))
    ends = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for row in rows for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(begins + ", ".join([one_row] * len(rows)) + ends, values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


@cache
def statement_for(model):
    """(fields, how the INSERT begins, the place of one row). The database makes the key."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    begins = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608  our own model
    return fields, begins, f"({', '.join(['%s'] * len(fields))})"
