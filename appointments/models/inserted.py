"""Rows stored by an INSERT that is written once: Django builds each anew, which takes longer than storing the row."""

from functools import cache

from django.db import connection
from django.db.models import AutoField, BooleanField, CharField, TextField


def insert(rows):
    """Store new rows of one model in one statement, as bulk_create() does. Their keys are not given back."""
    with connection.cursor() as cursor:
        cursor.execute(*insert_of(rows))
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def insert_if_new(row):
    """Store the row, which then has its key, and say so; False where another of the table stands in its way.

    The database is asked to ignore the conflict: a raised IntegrityError would write the whole row, a patient's words,
    into PostgreSQL's log.
    """
    statement, values = insert_of([row])
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ON CONFLICT DO NOTHING RETURNING id", values)  # SQLite knows it from 3.35 on
        stored = cursor.fetchone()
    if stored:
        [row.pk] = stored
        row._state.adding, row._state.db = False, connection.alias
    return bool(stored)


def insert_of(rows):
    """(statement, values)."""
    fields, begins, one_row = statement_for(type(rows[0]))
    values = [value_of(field, row) for row in rows for field in fields]
    return begins + ", ".join([one_row] * len(rows)), values


def value_of(field, row):
    """As the driver takes it. Nothing, plain text and yes or no go in as they are."""
    value = field.pre_save(row, True)
    if value is None or (type(value) in (str, bool) and isinstance(field, (CharField, TextField, BooleanField))):
        return value
    return field.get_db_prep_save(value, connection)


@cache
def statement_for(model):
    """(fields, how the INSERT begins, the place of one row). Numbers for keys are the database's to give."""
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    begins = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608  our own model
    return fields, begins, f"({', '.join(['%s'] * len(fields))})"
