"""Live frames: how soon a code is read, and what a frame costs, with and without `Tracker`, beside zxing-cpp.

    python benches/bench_live.py                      # every cause, in a quarter of an hour
    python benches/bench_live.py --causes noise --seeds 2 --json out.json
    python benches/bench_live.py --check              # and exits with 1 where Tracker falls short of what is asked

A sequence has 300 frames of a code in a hand-held camera's view (sequences.py). Each cause runs over levels of rising
severity, each level over some sequences: other paths, other codes. Frame by frame is `Decoder(effort="fast")`, and
`Tracker` has the same effort. CPU time is that of this process, on one thread; the readers take turns frame by frame.

A level is at the edge where frame by frame reads less than 10 % of its frames and some reader reads one. Over all such
levels, `Tracker` must read at least three times as many sequences as frame by frame: a sequence is read when one of its
frames gave the right text. A wrong text, or one of a reader that is not in the picture, is never right.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import zxingcpp

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import qrcore
from benches import sequences
from benches.decoders import ZXING_NAMES
from benches.scene import Code, code

EDGE = 0.10  # share of single frames that read
LEAST_GAIN = 3.0
FORMATS = tuple(getattr(zxingcpp.BarcodeFormat, name) for name in ZXING_NAMES)
CODES: tuple[Code, ...] = (
    code("https://example.com/live", version=2, error="M"),
    code("https://example.com/live/" + "0123456789" * 4, version=6, error="Q"),
    code("WIFI:T:WPA;S:guests;P:correct horse battery;;", version=4, error="L"),
)
# What each level of a cause sets, the mild ones first.
CAUSES: dict[str, list[dict[str, float]]] = {
    "noise": [{"noise": n} for n in (10, 72, 86, 103, 124)],
    "defocus": [{"defocus": r, "breath": 0.3, "noise": 10} for r in (0.3, 1.03, 1.24, 1.49)],
    "motion": [{"pace": p, "sway": 60, "shutter": 0.8, "noise": 20} for p in (1, 3, 4.5, 6.7)],
    "distance": [{"module_px": m, "noise": 15} for m in (2.0, 1.2, 1.0, 0.83)],
    "together": [
        {"noise": n, "defocus": 0.6, "sway": 60, "shutter": 0.5, "module_px": 3} for n in (10, 60, 72, 86, 103)
    ],
}


@dataclass
class Reader:
    """What one reader made of one sequence."""

    decode: Callable[[Any], Iterable[Any]]
    read: int = 0  # frames
    first: int | None = None
    wrong: int = 0
    seconds: float = 0

    def see(self, k: int, frame: sequences.Pixels, text: str) -> None:
        start = time.process_time()
        texts = [symbol.text for symbol in self.decode(frame)]
        self.seconds += time.process_time() - start
        self.wrong += any(each != text for each in texts)
        if text in texts:
            self.read += 1
            self.first = k if self.first is None else self.first


def readers() -> dict[str, Reader]:
    return {
        "frame by frame": Reader(qrcore.Decoder(effort="fast").decode),
        "Tracker": Reader(qrcore.Tracker(effort="fast").decode),
        "zxing-cpp": Reader(lambda frame: zxingcpp.read_barcodes(frame, formats=FORMATS)),
    }


@dataclass
class Row:
    """One reader at one level of a cause."""

    cause: str
    level: dict[str, float]
    reader: str
    sequences: int = 0
    frames: int = 0
    sequences_read: int = 0
    frames_read: int = 0
    wrong: int = 0
    cpu_ms: float = 0  # a frame
    firsts: list[int] = field(default_factory=list)  # of the sequences that were read

    def add(self, reader: Reader, frames: int) -> None:
        total = self.cpu_ms * self.frames + 1e3 * reader.seconds
        self.sequences += 1
        self.frames += frames
        self.cpu_ms = total / self.frames
        self.sequences_read += reader.first is not None
        self.frames_read += reader.read
        self.wrong += reader.wrong
        self.firsts += [] if reader.first is None else [reader.first + 1]

    def __str__(self) -> str:
        first = f"{statistics.median(self.firsts):.0f}" if self.firsts else "-"
        level = ", ".join(f"{name} {value:g}" for name, value in self.level.items())
        return (
            f"| {self.cause} | {level} | {self.reader} | {self.sequences_read} of {self.sequences} | {first} "
            f"| {100 * self.frames_read / self.frames:.1f} | {self.cpu_ms:.2f} |"
        )


def run(cause: str, level: dict[str, float], seeds: int, frames: int) -> list[Row]:
    """The rows of one level."""
    rows = {name: Row(cause, level, name) for name in readers()}
    for seed in range(seeds):
        made = CODES[seed % len(CODES)]
        of = readers()
        for k, frame in enumerate(sequences.Sequence(made, seed=seed, frames=frames, **level)):  # type: ignore[arg-type]
            for reader in of.values():
                reader.see(k, frame, made.text)
        for name, reader in of.items():
            rows[name].add(reader, frames)
    return list(rows.values())


def edge(rows: Sequence[Row]) -> list[Row]:
    """The rows of the levels at the edge."""
    levels: dict[str, list[Row]] = {}
    for row in rows:
        levels.setdefault(f"{row.cause} {row.level}", []).append(row)
    return [
        row
        for of in levels.values()
        if of[0].frames_read < EDGE * of[0].frames and any(each.frames_read for each in of)
        for row in of
    ]


def summary(rows: Sequence[Row]) -> tuple[str, float]:
    """How many sequences each reader read at the edge, and the gain of Tracker."""
    read: dict[str, int] = {}
    for row in edge(rows):
        read[row.reader] = read.get(row.reader, 0) + row.sequences_read
    alone, tracked = read.get("frame by frame", 0), read.get("Tracker", 0)
    gain = tracked / alone if alone else float("inf") if tracked else 0.0
    number = sum(row.sequences for row in edge(rows) if row.reader == "Tracker")
    counts = ", ".join(f"{name} {count}" for name, count in read.items())
    return f"at the edge, of {number} sequences: {counts}; Tracker {gain:.1f} x frame by frame", gain


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--causes", default=",".join(CAUSES), help="default: %(default)s")
    parser.add_argument("--seeds", type=int, default=3, help="sequences a level (default: %(default)s)")
    parser.add_argument("--frames", type=int, default=300, help="of a sequence (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    parser.add_argument("--check", action="store_true", help="fail where Tracker falls short")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    print("| cause | level | reader | sequences read | first read, frame | frames read, % | CPU ms a frame |")
    print("|---|---|---|--:|--:|--:|--:|")
    rows: list[Row] = []
    for cause in options.causes.split(","):
        for level in CAUSES[cause]:
            rows += run(cause, level, options.seeds, options.frames)
            print(*rows[-3:], sep="\n", flush=True)
            if not any(row.frames_read for row in rows[-3:]):
                break  # harder ones are no better
    text, gain = summary(rows)
    print(f"\n{text}; wrong texts: {sum(row.wrong for row in rows if row.reader != 'zxing-cpp')}")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    wrong = any(row.wrong for row in rows if row.reader != "zxing-cpp")
    return int(options.check and (wrong or gain < LEAST_GAIN))


if __name__ == "__main__":
    sys.exit(main())
