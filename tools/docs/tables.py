"""Writes the tables of docs/formats.md from the code, between their comments.

python tools/docs/tables.py            # a test compares what is committed with what this would write
"""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import qrcore
from qrcore import cli
from qrcore.records import errors as records

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"


def main() -> None:
    """Rewrites the page."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def filled(page: str) -> str:
    """The page with its tables as the code has them now."""
    for name, rows in (
        ("status", status()),
        ("errors", errors()),
        ("kinds", kinds()),
        ("record errors", record_errors()),
        ("exit codes", exit_codes()),
        ("symbologies", symbologies()),
    ):
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        if page.count(begin) != 1 or page.count(end) != 1:
            raise SystemExit(f"{PAGE.name}: where does the table go? It wants {begin} and {end}")
        before, rest = page.split(begin)
        page = before + begin + "\n" + "\n".join(rows) + "\n" + end + rest.split(end)[1]
    return page


def table(*heads: str, rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Lines of Markdown."""
    for row in (heads, ("---",) * len(heads), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def status() -> Iterator[str]:
    """`Status`, in the order of the pipeline."""
    return table("status", "meaning", rows=((f"`{each.value}`", each.message) for each in qrcore.Status))


def errors() -> Iterator[str]:
    """Every exception that `import qrcore` shows, and `RecordError` as one."""
    shown = [getattr(qrcore, name) for name in qrcore.__all__]
    found = [each for each in shown if isinstance(each, type) and issubclass(each, Exception)]
    found.sort(
        key=lambda kind: [base.__name__ for base in reversed(kind.__mro__) if issubclass(base, qrcore.QRCoreError)]
    )
    return table(
        "exception",
        "is also",
        "when",
        rows=(
            (f"`{kind.__name__}`", ", ".join(f"`{base.__name__}`" for base in kind.__bases__), _first_line(kind))
            for kind in [*found, records.RecordError]
        ),
    )


def kinds() -> Iterator[str]:
    """`ErrorKind`, for archives."""
    return table("kind", "name", rows=((f"`{kind.value}`", f"`ErrorKind.{kind.name}`") for kind in qrcore.ErrorKind))


def record_errors() -> Iterator[str]:
    """Codes of records, their classes and HTTP statuses."""
    return table(
        "code",
        "exception",
        "HTTP",
        rows=(
            (f"`{code}`", f"`{type(records.error_for(code)).__name__}`", str(number))
            for code, number in records.STATUS.items()
        ),
    )


def exit_codes() -> Iterator[str]:
    """What each command says of its exit code in its own help."""
    return table("command", "exit code", rows=_exit_codes("qrcore", cli._parser()))


def _exit_codes(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    told = re.search(r"Exit code: ((?:[0-9]+ .+?)(?:\.|$))", (parser.epilog or "").replace("\n", " "))
    if told:
        yield f"`{name}`", told[1].rstrip(".")
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command, inner in action.choices.items():
                yield from _exit_codes(f"{name} {command}", inner)


def symbologies() -> Iterator[str]:
    """`Symbology`, as it is written in options and tables."""
    names = (f"`{each.value}`" for each in qrcore.Symbology)
    return iter([", ".join(names) + "."])


def _first_line(kind: type) -> str:
    return (inspect.getdoc(kind) or "").splitlines()[0]


if __name__ == "__main__":
    main()
