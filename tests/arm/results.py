"""Decodes picture files and prints all that was found as JSON; run by this Python and by one for aarch64."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import qrcore
from qrcore import _core


def plain(symbol: qrcore.Symbol) -> dict[str, object]:
    """All of its fields."""
    return {field.name: getattr(symbol, field.name) for field in dataclasses.fields(symbol)}


def main() -> None:
    """Every picture at every effort, with the candidates that failed."""
    found = {
        f"{Path(path).name}, {effort}": [plain(s) for s in qrcore.decode(path, effort=effort, return_failures=True)]
        for path in sys.argv[1:]
        for effort in ("fast", "balanced", "thorough")
    }
    print(json.dumps({"kernels": _core.kernel_names(), "found": found}, default=str))


if __name__ == "__main__":
    main()
