"""Writes `src/qrcore/payload/_gs1_table.py` from the GS1 Barcode Syntax Dictionary.

    python tools/gs1_table.py gs1-syntax-dictionary.txt "revision, date" > src/qrcore/payload/_gs1_table.py

The dictionary is published by GS1 AISBL under the Apache License 2.0, in gs1/gs1-syntax-dictionary and, as the engine
uses it, in gs1/gs1-syntax-engine (`src/c-lib/gs1-syntax-dictionary.txt`). Each entry is kept as one row with single
spaces between its parts, comments and blank lines are dropped, and nothing is reworded.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

_ENTRY = re.compile(r"(\d{2,4})(?:-(\d{2,4}))?\s+([*!?\s]*?)\s*((?:\[?[NXYZ]).*)")

_HEADER = '''\
"""GS1 application identifiers: AIs, flags, specification, attributes, title. By `tools/gs1_table.py`.

Source: GS1 Barcode Syntax Dictionary, {source}.
Copyright (c) 2020-2021 BWIPP project, 2020-2021 Zint project, 2021-2025 GS1 AISBL; Apache License 2.0.
"""

TABLE = """\\
'''


def rows(lines: Iterator[str]) -> Iterator[str]:
    """One row an entry: `AIs flags specification attributes # title`, `-` for no flags."""
    for line in lines:
        body, _, title = line.strip().partition("#")
        if not body.strip():
            continue
        match = _ENTRY.fullmatch(body.strip())
        if not match:
            raise SystemExit(f"not an entry: {line!r}")
        first, last, flags, rest = match.groups()
        span = f"{first}-{last}" if last else first
        parts = [span, "".join(flags.split()) or "-", *rest.split()]
        yield " ".join([*parts, "#", title.strip()] if title.strip() else parts)


def main() -> None:
    """Read the dictionary named first, and print the module."""
    path, source = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        table = list(rows(file))
    sys.stdout.write(_HEADER.format(source=source) + "\n".join(table) + '\n"""\n')


if __name__ == "__main__":
    main()
