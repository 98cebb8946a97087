"""The file `.env` beside the code, as `manage.py setup` writes it: readable by its owner alone, whole or not at all."""

import os
import re
from pathlib import Path

NAME = re.compile(r"\s*(?:export\s+)?(\w+)\s*=")


def written(text, values):
    """`text` of such a file with these values in it: in the place of older ones, or at the end."""
    left, lines = dict(values), []
    for line in text.splitlines():
        name = (known := NAME.match(line)) and known[1]
        if name in values:
            if name in left:  # a name that stands twice is kept once
                lines.append(f"{name}={quoted(left.pop(name))}")
        else:
            lines.append(line)
    lines += [f"{name}={quoted(value)}" for name, value in left.items()]
    return "\n".join(lines) + "\n"


def quoted(value):
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def write(path, values):
    """Where `path` is a link, into the file that it names."""
    path = Path(os.path.realpath(path))
    text = written(path.read_text() if path.exists() else "", values)
    half = path.with_name(path.name + ".half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
