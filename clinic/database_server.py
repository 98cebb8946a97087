"""PostgreSQL beside its tables: whether its own log, or the line to it, tells others what patients typed.

The driver writes each value into the SQL, so a server that logs a statement logs what somebody typed.
"""

from django.conf import settings
from django.db import connection

from .backups.health import OK, WARNING
from .network import THIS_COMPUTER

# {setting: values with which no statement and no row gets into the log}. One that a server does not know is well.
QUIET = {
    "log_min_error_statement": ("panic",),
    "log_error_verbosity": ("terse",),  # else “Failing row contains (…)”, “Failed process was running: …”
    "log_statement": ("none", "ddl"),
    "log_min_duration_statement": ("-1",),
    "log_min_duration_sample": ("-1",),
    "log_transaction_sample_rate": ("0",),
    "auto_explain.log_min_duration": ("-1",),
}
LOOKS_AT_THE_CERTIFICATE = ("verify-ca", "verify-full")


def findings():
    """[(name, level, what is so, what to do, whether the desk shows it)], of a site for real patients."""
    if connection.vendor == "postgresql" and settings.PRODUCTION:
        with connection.cursor() as cursor:
            yield of_its_log(talkative(cursor))
        yield from of_the_line(connection.settings_dict["HOST"], connection.settings_dict["OPTIONS"].get("sslmode", ""))


def talkative(cursor):
    """{setting: value} of those with which what somebody typed gets into the log of this session."""
    cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s) ORDER BY name", [list(QUIET)])
    return {name: value for name, value in cursor.fetchall() if value not in QUIET[name]}


def of_its_log(loud):
    if not loud:
        return "database_log", OK, "PostgreSQL’s own log tells of errors without what patients typed.", "", False
    found = ", ".join(f"{name} is {value}" for name, value in loud.items())
    mend = "".join(f" -c \"ALTER SYSTEM SET {name} = '{QUIET[name][0]}'\"" for name in loud)
    return (
        "database_log",
        WARNING,
        f"PostgreSQL’s own log gets what patients typed when something fails there: {found}.",
        f'Let its owner (postgres) type: psql{mend} -c "SELECT pg_reload_conf()". See docs/operator.md.',
        False,
    )


def of_the_line(host, sslmode):
    if not host or host.startswith("/") or host in THIS_COMPUTER:
        return
    if sslmode in LOOKS_AT_THE_CERTIFICATE:
        yield (
            "database_line",
            OK,
            f"The line to PostgreSQL is encrypted, and its certificate is good ({host}).",
            "",
            False,
        )
    elif sslmode == "disable":
        yield "database_line", OK, f"The line to PostgreSQL is not encrypted, as DATABASE_URL says ({host}).", "", False
    else:
        yield (
            "database_line",
            WARNING,
            f"What patients write travels to another computer, and nobody looks whether it is PostgreSQL ({host}).",
            "Write ?sslmode=verify-full at the end of DATABASE_URL, or ?sslmode=disable where nobody else is on that line. "
            "See docs/operator.md, “Several hosts”.",
            False,
        )
