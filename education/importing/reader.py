"""The process that reads one document: `python -m education.importing.reader NAME < document`. Writes its answer as JSON.

It may take little time and memory, may not reach the network, write a file or start a program. Whatever goes wrong in
here is a refusal out there.
"""

import json
import sys

from .report import Refused, Report

PROCESSOR_SECONDS = 10
MEMORY = 768 * 1024 * 1024
FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "urllib.")
OPEN_TO_WRITE = 0o1 | 0o2  # os.O_WRONLY | os.O_RDWR


def main(name):
    from .kinds import read_document  # all imports come before the limits

    limit()
    report = Report()
    try:
        kind, data = read_document(sys.stdin.buffer.read(), name, report)
        answer = {"kind": kind, "data": data, "report": report.as_list(), "pictures": report.found.pictures}
    except Refused as refused:
        answer = {"refused": str(refused)}
    sys.stdout.write(json.dumps(answer))


def limit():
    try:
        import resource
    except ImportError:  # not on Windows; the clock outside holds there too
        pass
    else:
        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(refuse)


def refuse(event, arguments):
    if event.startswith(FORBIDDEN) or (event == "open" and arguments[2] and arguments[2] & OPEN_TO_WRITE):
        raise PermissionError(event)


if __name__ == "__main__":
    name = sys.argv[1]
    main("" if name == "-" else bytes.fromhex(name).decode("utf-8", "replace"))
