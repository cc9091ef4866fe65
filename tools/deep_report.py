"""Writes docs/deep.md from what pytest recorded of the deep tests.

    make deep-tests          # or: pytest -m deep --junitxml=build/deep/NAME.xml -o junit_suite_name=COMMIT \
                             #         -o junit_logging=system-out
    python tools/deep_report.py build/deep/*.xml > docs/deep.md

A section a file, named by it; the suite's name is the commit. What a test prints is its figures.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

INTRODUCTION = """# Deep tests

What takes too long for each change: kills, contention, servers, engines, long searches. `make deep-tests` runs them and
writes this page anew (`tools/deep_report.py`); `make deep` also runs everything under sanitizers and fuzzes for hours.
"""


def main(paths: Sequence[str]) -> int:
    """Prints the page; 1 where a test failed."""
    print(INTRODUCTION)
    failed = False
    for path in map(Path, paths):
        for suite in ElementTree.parse(path).getroot().iter("testsuite"):
            if int(suite.get("tests", 0)):
                print(section(path.stem, suite))
            failed |= int(suite.get("failures", 0)) + int(suite.get("errors", 0)) > 0
    return int(failed)


def section(name: str, suite: ElementTree.Element) -> str:
    """A heading, when and of what commit, and a row a test."""
    day = suite.get("timestamp", "")[:10]
    total, seconds = int(suite.get("tests", 0)), float(suite.get("time", 0))
    lines = [f"## {name}", "", f"{day}, commit {suite.get('name')}: {total} tests in {duration(seconds)}.", ""]
    lines += ["| test | outcome | time | figures |", "|---|---|--:|---|"]
    for case in suite.iter("testcase"):
        figures = "; ".join(printed(case)) or "-"
        cells = (test_name(case), outcome(case), duration(float(case.get("time", 0))), figures)
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join([*lines, ""])


def test_name(case: ElementTree.Element) -> str:
    """`test_deep`: killed at twenty random moments [csv]."""
    file = case.get("classname", "").rpartition(".")[2]
    words, bracket, parameters = case.get("name", "").partition("[")
    return f"`{file}`: {words.removeprefix('test_').replace('_', ' ')}" + (f" [{parameters}" if bracket else "")


def outcome(case: ElementTree.Element) -> str:
    """passed, or failed or skipped with the first line of why."""
    for kind, word in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        found = case.find(kind)
        if found is not None:
            why = (found.get("message") or "").strip().splitlines()
            return f"**{word}**: {why[0][:200]}" if why else f"**{word}**"
    return "passed"


def printed(case: ElementTree.Element) -> Iterator[str]:
    """The lines that the test wrote to standard output."""
    found = case.find("system-out")
    for line in (found.text or "").splitlines() if found is not None else ():
        line = line.strip()
        if line and not line.startswith("---"):
            yield line


def duration(seconds: float) -> str:
    """1.2 s, 3 min."""
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
