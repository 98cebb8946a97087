"""Whether a library that we pin has a fault that is publicly known: by a list that is kept here, and online where one can.

`make known-faults` asks both. `python -m clinic.known_faults --offline` asks the list alone, so its answer changes with a
commit and not overnight: that is what the checks run. `--renew` writes the list anew from the public advisories.
"""

import json
import re
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path

from . import pins

LIST = Path(__file__).parent / "known_faults.json"
ADVISORIES = "https://api.osv.dev/v1/query"  # open, without an account; it gathers what the makers of libraries publish
PATIENCE = 20  # seconds for one answer
YEARS_KEPT = 3  # what is older was mended in versions that nobody has any more
LOCKS = [pins.lock_of(name).name for name in pins.LISTS]


class NotOnline(Exception):
    """The advisories could not be asked: then nothing is known of what came out since the list was made."""


@dataclass(frozen=True, order=True)
class Fault:
    library: str
    id: str  # CVE-2026-1287, or the advisory's own number
    introduced: str  # the first version that has it; 0 is all from the beginning
    fixed: str  # the first that has it no more; empty while there is none
    published: str

    def touches(self, version):
        return number(self.introduced) <= number(version) and (not self.fixed or number(version) < number(self.fixed))


def number(version):
    """1.10 is more than 1.9, and 2.0rc1 is less than 2.0."""
    parts = [int(part) for part in re.match(r"v?([\d.]*)", version)[1].split(".") if part]
    while parts and parts[-1] == 0:
        parts.pop()
    is_final = not re.search(r"(a|b|rc|dev|alpha|beta)\d*", version)
    return parts, is_final


# The list --------------------------------------------------------------------------------------------------------------


def kept():
    """(the faults of the list, the day on which it was made, how it was made)"""
    data = json.loads(LIST.read_text())
    return [Fault(**row) for row in data["faults"]], date.fromisoformat(data["made_on"]), data["made"]


def keep(faults, day):
    rows = [asdict(fault) for fault in sorted(set(faults))]
    LIST.write_text(
        json.dumps({"made_on": day.isoformat(), "made": "from all public advisories", "faults": rows}, indent=1) + "\n"
    )


def touched(versions, faults):
    """[(fault, the version that has it)]"""
    return [
        (fault, versions[fault.library])
        for fault in sorted(faults)
        if fault.library in versions and fault.touches(versions[fault.library])
    ]


def locked():
    return {library: version for lock in LOCKS for library, version in pins.pinned(lock).items()}


def installed(libraries):
    """The versions of these that run here: they may be older than the lock."""
    versions = {}
    for library in libraries:
        with suppress(metadata.PackageNotFoundError):
            versions[library] = metadata.version(library)
    return versions


# Online ----------------------------------------------------------------------------------------------------------------


def published_for(library, since):
    """All faults of a library that the public advisories know and that were published since."""
    asked = {"package": {"name": library, "ecosystem": "PyPI"}}
    faults = []
    while True:
        answer = ask(asked)
        for advisory in answer.get("vulns", []):
            if not advisory.get("withdrawn") and advisory.get("published", "")[:10] >= since.isoformat():
                faults += ranges_of(advisory, library)
        if not answer.get("next_page_token"):
            return faults
        asked["page_token"] = answer["next_page_token"]


def ask(question):
    request = urllib.request.Request(ADVISORIES, json.dumps(question).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            data = json.load(answer)
    except (urllib.error.URLError, TimeoutError, OSError, ValueError) as error:
        raise NotOnline(f"{type(error).__name__}: {getattr(error, 'reason', error)}") from error
    if not isinstance(data, dict):
        raise NotOnline("the answer is none")
    return data


def ranges_of(advisory, library):
    """An advisory in its public form, as one Fault for each range of versions."""
    names = [advisory["id"], *advisory.get("aliases", [])]
    name = next((name for name in names if name.startswith("CVE-")), advisory["id"])
    for affected in advisory.get("affected", []):
        if pins.canonical(affected.get("package", {}).get("name", "")) != library:
            continue
        for versions in affected.get("ranges", []):
            if versions.get("type") != "ECOSYSTEM":
                continue
            introduced = "0"
            ends = False
            for event in versions.get("events", []):
                if "introduced" in event:
                    introduced, ends = event["introduced"], False
                elif "fixed" in event:
                    yield Fault(library, name, introduced, event["fixed"], advisory["published"][:10])
                    ends = True
                elif "last_affected" in event:  # a version that does not exist, between it and whatever comes next
                    yield Fault(
                        library, name, introduced, f"{event['last_affected']}.0.0.1", advisory["published"][:10]
                    )
                    ends = True
            if not ends:
                yield Fault(library, name, introduced, "", advisory["published"][:10])


def look_up(versions, today):
    """What the public advisories say of these libraries today. Raises NotOnline, and never says less than all."""
    since = today.replace(year=today.year - YEARS_KEPT, day=min(today.day, 28))
    return [fault for library in sorted(versions) for fault in published_for(library, since)]


# For people ------------------------------------------------------------------------------------------------------------


def sentence(fault, version):
    mend = f"it is mended in {fault.fixed}" if fault.fixed else "nobody has mended it yet"
    return f"{fault.library} {version} has the known fault {fault.id}: {mend}."


def age(day, today):
    days = max((today - day).days, 0)
    return "made today" if not days else f"{days} day{'s' if days > 1 else ''} old"


def main(arguments, today=None):
    today = today or datetime.now(UTC).date()
    versions, (faults, made_on, made) = locked(), kept()
    the_list = f"the list alone, {made}, {age(made_on, today)}"
    if "--offline" in arguments:
        print(f"Not asked online. Compared {len(versions)} libraries with {the_list}.")
    else:
        try:
            published = look_up(versions, today)
        except NotOnline as reason:
            print(f"NOT ONLINE ({reason}). Compared {len(versions)} libraries with {the_list}.")
            if "--renew" in arguments:
                print("The list is as it was.")
                return 2
        else:
            print(f"Online: compared {len(versions)} libraries with the public advisories of today, {today}.")
            if "--renew" in arguments:
                keep(published, today)
                print(
                    f"{LIST.name}: {len(set(published))} faults of the last {YEARS_KEPT} years, and where each is mended."
                )
            faults = [*faults, *published]
    found = touched(versions, set(faults))
    for fault, version in found:
        print(sentence(fault, version))
    print("Raise them in requirements*.txt, then: make pins." if found else "None has a known fault.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
