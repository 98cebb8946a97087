"""What a restored database must say just as the live one did: asked of both in plain SQL."""

import hashlib

TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = ANY (current_schemas(false))",
}
REQUESTS = "appointments_appointmentrequest"
# Read row by row, so that not only their number is the same.
CONTENTS = {
    REQUESTS: "SELECT id, reference, version, status FROM appointments_appointmentrequest ORDER BY id",
    "appointments_delivery": "SELECT id, state, attempts FROM appointments_delivery ORDER BY id",
    "appointments_erasure": "SELECT request_number, mark FROM appointments_erasure ORDER BY id",
}
OWED = "SELECT count(*) FROM appointments_delivery WHERE state IN ('waiting', 'sending')"


def facts(connection, vendor):
    """{"rows": {table: number}, "contents": {table: digest}, …} as the connection's transaction sees them."""
    cursor = connection.cursor()
    cursor.execute(TABLES[vendor])
    tables = sorted(name for (name,) in cursor.fetchall())
    rows = {table: one(cursor, f'SELECT count(*) FROM "{table}"') for table in tables}  # noqa: S608
    return {
        "rows": rows,
        "contents": {table: digest(connection, vendor, ask) for table, ask in CONTENTS.items() if table in rows},
        "newest_request": str(one(cursor, f"SELECT max(created_at) FROM {REQUESTS}") or "")  # noqa: S608
        if REQUESTS in rows
        else "",
        "owed": one(cursor, OWED) if "appointments_delivery" in rows else 0,
    }


def one(cursor, ask):
    cursor.execute(ask)
    return cursor.fetchone()[0]


def digest(connection, vendor, ask):
    cursor = connection.cursor("contents") if vendor == "postgresql" else connection.cursor()  # not all rows at once
    cursor.execute(ask)
    hashed = hashlib.sha256()
    for row in cursor:
        hashed.update(repr(tuple(row)).encode())
    cursor.close()
    return hashed.hexdigest()


def difference(before, after):
    """Where a restored database differs, in words; empty when it does not."""
    for table, number in before["rows"].items():
        if after["rows"].get(table) != number:
            return f"{table} has {after['rows'].get(table, 'no')} rows and not {number}"
    for table, content in before["contents"].items():
        if after["contents"].get(table) != content:
            return f"the rows of {table} are not the same"
    return ""
