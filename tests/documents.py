"""The fenced blocks of Markdown pages, and what the tests do with each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent

REASONS = {
    "needs a network",
    "needs a camera",
    "needs a device",
    "needs PostgreSQL",
    "needs Spark, Ray or Dask",
    "needs perf or valgrind",
    "takes minutes",
}
"""Why a block may not run: `<!-- not run: needs a network -->` on the line before it, and nothing else counts."""

_FENCE = re.compile(
    r"^(?:<!-- not run: (?P<reason>.+) -->\n)?"
    r"(?P<indent> *)```(?P<language>\w+)?.*\n(?P<text>(?:.*\n)*?)(?P=indent)```$",
    re.MULTILINE,
)


class Block(NamedTuple):
    """A fenced block."""

    page: str  # path below the repository
    line: int  # of its first line of code
    language: str
    text: str
    reason: str | None  # why it is not run

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every page whose code is held to the rules."""
    return [
        path
        for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "benches" / "README.md")
        if path.exists()
    ]


def blocks(page: Path, root: Path = ROOT) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    source = page.read_text(encoding="utf-8")
    for match in _FENCE.finditer(source):
        line = source.count("\n", 0, match.start("text")) + 1
        text = re.sub(rf"^{match['indent']}", "", match["text"], flags=re.MULTILINE)
        yield Block(str(page.relative_to(root)), line, match["language"] or "", text, match["reason"])
