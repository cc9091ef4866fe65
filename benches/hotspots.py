"""Where the time goes: the share of each function of the core, by `perf`, as a Markdown table.

    python benches/hotspots.py --photos PICTURES           # the table of benches/README.md
    python benches/hotspots.py text:1080p --effort fast    # one kind of frame
    python benches/hotspots.py text:1080p --loop           # decodes and no more, for a profiler of your own

Shares are of the samples that fell into the core, so neither start-up nor other work on the machine counts. What the
compiler inlined counts for the function that it went into.
"""

from __future__ import annotations

import argparse
import itertools
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import qrcore
from benches.accuracy import SUFFIXES
from benches.frames import SIZES, frames
from qrcore import _core
from qrcore.images import load

USUAL = ("blank:1080p", "noise:1080p", "text:1080p", "foliage:1080p", "camera:VGA", "many:12 MP")
LEAST = 3.0  # per cent that a function must have


def main() -> None:
    """Prints the table, or decodes for a while."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("frames", nargs="*", metavar="KIND:SIZE", help=", ".join(USUAL))
    parser.add_argument("--photos", type=Path, metavar="FOLDER", help="also every fourth picture below it")
    parser.add_argument("--effort", default="balanced", choices=[each.value for each in qrcore.Effort])
    parser.add_argument("--seconds", type=float, default=8, help="of CPU time for each (%(default)s)")
    parser.add_argument("--loop", action="store_true", help="decode so long, without perf")
    given = parser.parse_args()
    chosen = given.frames or ([] if given.photos and given.loop else USUAL)
    if given.loop:
        for each in chosen:
            loop(frames(each.partition(":")[0], SIZES[each.partition(":")[2]]), given.effort, given.seconds)
        if given.photos:
            loop(photos(given.photos), given.effort, given.seconds)
        return
    common = ["--effort", given.effort, "--seconds", str(given.seconds), "--loop"]
    asked = {"photos": ["--photos", str(given.photos), *common]} if given.photos else {}
    asked |= {each.replace(":", " "): [each, *common] for each in chosen}
    show({name: shares(arguments) for name, arguments in asked.items()})


def photos(folder: Path) -> list[np.ndarray]:
    """Every fourth picture below a folder, in gray."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return [load(path) for path in paths[::4]]


def loop(pictures: list[np.ndarray], effort: str, seconds: float) -> None:
    """Decodes one after the other, again and again."""
    decoder, end = qrcore.Decoder(effort=effort), time.process_time() + seconds
    for picture in itertools.cycle(pictures):
        decoder.decode(picture)
        if time.process_time() > end:
            return


def shares(arguments: list[str]) -> list[tuple[str, float]]:
    """The functions in which a run of this script spends its time, with per cent, the dearest first."""
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/perf.data"
        run = [sys.executable, __file__, *arguments]
        subprocess.run(["perf", "record", "-q", "-F", "997", "-o", data, *run], check=True)
        report = ["perf", "report", "-i", data, "--stdio", "--no-children", "-F", "overhead,symbol"]
        report += ["--dso", Path(_core.__file__).name, "--percentage", "relative"]
        lines = subprocess.run(report, check=True, capture_output=True, text=True).stdout.splitlines()
    found: Counter[str] = Counter()
    for line in lines:
        if match := re.match(r"\s*([\d.]+)%\s+\[\.\]\s+(.*)", line):
            found[plain(match[2])] += float(match[1])
    return [(name, share) for name, share in found.most_common() if share >= LEAST]


def plain(symbol: str) -> str:
    """The function's own name: without name spaces, arguments and what it is a template or a lambda of."""
    symbol = symbol.replace("(anonymous namespace)::", "").partition("::{lambda")[0]
    return re.sub(r"[<(].*", "", symbol).rpartition("::")[2]


def show(found: dict[str, list[tuple[str, float]]]) -> None:
    """Prints a pair of columns for each."""
    print("| " + " | | ".join(found) + " | |\n|" + "---|--:|" * len(found))
    for row in itertools.zip_longest(*found.values(), fillvalue=("", 0.0)):
        print("| " + " | ".join(f"{name} | {f'{share:.1f}' if name else ''}" for name, share in row) + " |")


if __name__ == "__main__":
    main()
