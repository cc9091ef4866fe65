"""Adds up what wrong_reads printed: python report.py modules.txt... pictures.txt... (the name says which)."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

GROUPS = ("QR 1-9", "QR 10-26", "QR 27-40", "M1", "M2-M4", "rMQR", "Model 1")
DAMAGES = ("flips", "burst", "occlusion", "format", "all")

Counts = Counter[tuple[str, str]]  # by name and right, none, wrong


def upper_bound(wrong: int, symbols: int) -> float:
    """The rate that 95 % of such counts would have exceeded (Poisson, one-sided)."""
    low, high = 0.0, 10.0 + 3 * wrong
    for _ in range(60):
        mean = (low + high) / 2
        at_most = sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(wrong + 1))
        low, high = (mean, high) if at_most > 0.05 else (low, mean)
    return high / symbols


def read(files: Iterable[Path]) -> tuple[Counts, Counts, Counts]:
    """By group, by group and level, and by kind of damage."""
    groups, levels, damages = Counts(), Counts(), Counts()
    for file in files:
        for line in file.read_text().splitlines():
            if not line.startswith("row\t"):
                continue
            _, group, level, damage, *counts = line.split("\t")
            for what, n in zip(("right", "none", "wrong"), map(int, counts), strict=True):
                groups[group, what] += n
                levels[f"{group}, {level}", what] += n
                damages[damage, what] += n
    return groups, levels, damages


def rows(counts: Counts, names: Iterable[str]) -> Iterable[str]:
    for name in names:
        right, none, wrong = (counts[name, what] for what in ("right", "none", "wrong"))
        if total := right + none + wrong:
            yield f"| {name} | {total:,} | {right:,} | {none:,} | {wrong} | {upper_bound(wrong, total):.1e} |"


def main() -> None:
    for kind in ("modules", "pictures"):
        files = [Path(name) for name in sys.argv[1:] if kind in Path(name).name]
        if not files:
            continue
        groups, levels, damages = read(files)
        total = Counts({("in all", what): sum(groups[g, what] for g in GROUPS) for what in ("right", "none", "wrong")})
        print(f"\n**{kind.capitalize()}**\n\n| | symbols | right | none | wrong | rate below (95 %) |")
        print("|---|--:|--:|--:|--:|--:|")
        print(*rows(groups, GROUPS), *rows(levels, sorted({name for name, _ in levels})), sep="\n")
        print(*rows(damages, DAMAGES), *rows(total, ["in all"]), sep="\n")


if __name__ == "__main__":
    main()
