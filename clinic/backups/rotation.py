"""Which backups stay: pure. A backup keeps what has been removed from the site since, so none is kept for long."""

from datetime import UTC, datetime, timedelta

NAME = "clinic-{:%Y%m%dT%H%M%SZ}.tar.age"
PATTERN = "clinic-%Y%m%dT%H%M%SZ.tar.age"
ALL_FOR = timedelta(days=2)
EACH_DAYS_FOR = timedelta(days=14)
NEVER_FEWER = 3


def name_at(moment):
    return NAME.format(moment.astimezone(UTC))


def moment_of(name):
    """When the backup of that name was begun, or None: the file is none of ours."""
    try:
        return datetime.strptime(name, PATTERN).replace(tzinfo=UTC)
    except ValueError:
        return None


def superfluous(names, now, keep_days):
    """Of two days all stay, of two weeks the last of each day, until `keep_days` the last of each week.

    The three newest stay whatever the clock says, and so does what it says is of the future.
    """
    dated = sorted(((moment_of(name), name) for name in names if moment_of(name)), reverse=True)
    stay, periods = {name for _, name in dated[:NEVER_FEWER]}, set()
    for moment, name in dated:
        age = now - moment
        if age <= ALL_FOR:
            stay.add(name)
        elif age <= timedelta(days=keep_days):
            period = moment.date() if age <= EACH_DAYS_FOR else moment.isocalendar()[:2]
            if period not in periods:
                stay.add(name)
            periods.add(period)
    return [name for _, name in dated if name not in stay]
