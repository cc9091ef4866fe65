"""The types are part of the interface: mypy must reveal what tests/typing/examples.py says, line by line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "tests" / "typing" / "examples.py"


def expected() -> dict[int, str]:
    """What the comment at the end of a line promises: a type, or "error: code"."""
    promises = {}
    for number, line in enumerate(EXAMPLES.read_text().splitlines(), 1):
        if match := re.search(r"  # (error: [\w-]+|\S.*)$", line):
            promises[number] = match[1]
    return promises


def test_mypy_reveals_the_promised_types_and_errors() -> None:
    pytest.importorskip("mypy")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), str(EXAMPLES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[int, str] = {}
    for line in done.stdout.splitlines():
        if match := re.match(r'tests/typing/examples\.py:(\d+): note: Revealed type is "(.*)"', line):
            shown = match[2].replace("builtins.", "")
            found[int(match[1])] = re.sub(r"^Union\[(.*), None\]$", r"\1 | None", shown)  # mypy before 2
        elif match := re.match(r"tests/typing/examples\.py:(\d+): error: .* \[([\w-]+)\]", line):
            found[int(match[1])] = f"error: {match[2]}"
    assert found == expected(), done.stdout + done.stderr
    assert len(found) > 20
