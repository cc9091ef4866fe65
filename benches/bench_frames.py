"""CPU time on frames against zxing-cpp, with the ratios that are aimed at beside each.

    python benches/bench_frames.py                          # the table, in some minutes
    python benches/bench_frames.py --sizes VGA --kinds blank,noise --json
    python benches/bench_frames.py --photos FOLDER          # also a folder as accuracy.py reads it
    pytest benches/bench_frames.py --benchmark-only         # each case by pytest-benchmark, to compare two builds

zxing-cpp runs with its default options and its three QR formats. CPU time is that of this process, of a gray picture
in memory, one thread. The decoders take turns frame by frame; of each variant of a frame the least time of all turns
counts, and a ratio is that of the sums over the variants. `call` is a blank frame of 32 x 32, which shows what a call
costs; `file` goes from the path of a 12-megapixel JPEG to texts, against cv2.imread in gray and zxing-cpp. A mark !
says that a decoder did not read all codes.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import zxingcpp

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import qrcore
from benches import accuracy
from benches.decoders import ZXING_NAMES
from benches.frames import CAMERA, SIZES, Pixels, codes_in, frames
from qrcore import _core, bench, request

Decode = Callable[[Any], Sequence[Any]]

EFFORTS = ("fast", "balanced")
PEER = "zxing-cpp"
TARGETS = {  # most CPU time by effort, zxing-cpp = 1
    "blank": (0.15, 0.25),
    "gradient": (0.15, 0.25),
    "noise": (0.25, 0.5),
    "text": (0.25, 0.5),
    "foliage": (0.25, 0.5),
    "clean": (0.25, 0.4),
    "camera": (0.25, 0.4),
    "many": (0.4, 0.6),
    "call": (0.3, 0.3),
    "file": (0.55, 0.6),
    "photos": (0.35, 1.0),
}
LEAST_RATE = {"fast": 78, "balanced": 90}  # per cent of the codes of the photos
CALLS = 200  # of a small frame at a time, as the clock is not that fine
FORMATS = tuple(getattr(zxingcpp.BarcodeFormat, name) for name in ZXING_NAMES)


def zxing(image: Pixels) -> Sequence[Any]:
    """What zxing-cpp reads of a gray picture."""
    return zxingcpp.read_barcodes(image, formats=FORMATS)


def zxing_file(path: str) -> Sequence[Any]:
    """The same from a file."""
    return zxing(np.asarray(cv2.imread(path, cv2.IMREAD_GRAYSCALE), np.uint8))


def readers(kind: str = "") -> dict[str, Decode]:
    """What is compared."""
    ours: dict[str, Decode] = {effort: qrcore.Decoder(effort=effort).decode for effort in EFFORTS}
    return {**ours, PEER: zxing_file if kind == "file" else zxing}


# ---- Cases


@dataclass(frozen=True)
class Case:
    """A row of the table."""

    kind: str
    size: str

    def inputs(self, folder: Path) -> list[Any]:
        """What the decoders are given, one of each variant."""
        if self.kind == "call":
            return [np.full((32, 32), value, np.uint8) for value in range(40, 256, 15)]
        if self.kind == "file":
            return [_write(frame, folder / f"{k}.jpg") for k, frame in enumerate(frames("camera", CAMERA))]
        return list(frames(self.kind, SIZES[self.size]))

    def codes(self) -> int:
        """How many there are to read."""
        return codes_in("camera" if self.kind == "file" else self.kind)

    def turns(self, turns: int) -> int:
        """Small frames get more."""
        return turns if self.size == "12 MP" else 3 * turns

    def __str__(self) -> str:
        return f"{self.kind}, {self.size}"


def cases() -> Iterator[Case]:
    """All rows."""
    kinds = ("blank", "gradient", "noise", "text", "foliage", "clean", "camera")
    yield from (Case(kind, size) for kind in kinds for size in SIZES)
    yield Case("many", "12 MP")
    yield Case("call", "32 x 32")
    yield Case("file", "12 MP")


def _write(frame: Pixels, path: Path) -> str:
    """A JPEG as cameras write them: colour, its chroma at half size."""
    tinted = np.stack([(frame * share).astype(np.uint8) for share in (0.9, 1.0, 0.96)], axis=2)
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    cv2.imwrite(str(path), tinted, [cv2.IMWRITE_JPEG_QUALITY, 90, *sampling])
    return str(path)


# ---- Measuring


@dataclass(frozen=True)
class Row:
    """What was measured of a case."""

    kind: str
    size: str
    cpu_ms: dict[str, float]  # of one frame, by decoder
    ratio: dict[str, float]  # by effort, zxing-cpp = 1
    target: dict[str, float]
    read: dict[str, float]  # share of the codes; 1 where there are none

    def met(self, effort: str) -> bool:
        """Whether the target is reached, and by reading what is there."""
        least = LEAST_RATE[effort] / 100 if self.kind == "photos" else 0
        return self.ratio[effort] <= self.target[effort] and self.read[effort] >= least


def measure(case: Case, turns: int, folder: Path) -> Row:
    """CPU times in turns, in each of which every decoder takes another variant: a frame that one has just seen is in
    the cache of the next."""
    inputs, decoders = case.inputs(folder), readers(case.kind)
    repeat = CALLS if case.kind == "call" else 1
    least = {name: [float("inf")] * len(inputs) for name in decoders}
    read = dict.fromkeys(decoders, 0)
    for turn, first in itertools.product(range(case.turns(turns)), range(len(inputs))):
        for place, (name, decode) in enumerate(decoders.items()):
            k = (first + place) % len(inputs)
            start = time.process_time()
            for _ in range(repeat):
                found = decode(inputs[k])
            least[name][k] = min(least[name][k], (time.process_time() - start) / repeat)
            read[name] += len(found) if turn == 0 else 0
    there = case.codes() * len(inputs)
    return _row(
        case.kind,
        case.size,
        {name: 1e3 * sum(times) / len(inputs) for name, times in least.items()},
        {name: n / there if there else 1.0 for name, n in read.items()},
    )


def measure_photos(folder: Path, turns: int) -> Row:
    """The same over a folder of labelled pictures; the rate is the mean of its categories."""
    names = [f"qrcore-{effort}" for effort in EFFORTS] + [PEER]
    decoders = dict(zip((*EFFORTS, PEER), accuracy.make_decoders(names).values(), strict=True))
    timed = readers()
    scores: dict[str, dict[str, list[accuracy.Score]]] = {name: {} for name in decoders}
    total, pictures = dict.fromkeys(decoders, 0.0), 0
    for sample in accuracy.read_folder(folder):
        image = sample.load(colour=False)
        pictures += 1
        least = dict.fromkeys(decoders, float("inf"))
        for name, decode in decoders.items():
            found = decode(image)
            scores[name].setdefault(sample.category, []).append(accuracy.score(sample.labels, found))
        for _, (name, run) in itertools.product(range(turns), timed.items()):
            start = time.process_time()
            run(image)
            least[name] = min(least[name], time.process_time() - start)
        for name, seconds in least.items():
            total[name] += seconds
    if not pictures:
        sys.exit(f"no pictures in {folder}")
    rates = {}
    for name, categories in scores.items():
        known = [rate for rate in map(accuracy.rate, categories.values()) if rate is not None]
        rates[name] = sum(known) / len(known) / 100 if known else 1.0
    return _row("photos", f"{pictures} files", {name: 1e3 * s / pictures for name, s in total.items()}, rates)


def _row(kind: str, size: str, cpu_ms: dict[str, float], read: dict[str, float]) -> Row:
    ratio = {effort: cpu_ms[effort] / cpu_ms[PEER] for effort in EFFORTS}
    return Row(kind, size, cpu_ms, ratio, dict(zip(EFFORTS, TARGETS[kind], strict=True)), read)


# ---- The table

HEAD = (
    f"| frame | size | fast | aim | balanced | aim | {PEER} ms | fast ms | balanced ms |\n"
    "|---|---|--:|--:|--:|--:|--:|--:|--:|"
)


def line(row: Row) -> str:
    """A row in Markdown; a ratio that misses its target is bold."""
    cells = [row.kind, row.size]
    for effort in EFFORTS:
        shown = f"{row.ratio[effort]:.2f}"
        cells += [shown if row.met(effort) else f"**{shown}**", f"{row.target[effort]:.2f}"]
    for name in (PEER, *EFFORTS):
        short = "" if row.read[name] == 1 else f" ({100 * row.read[name]:.1f} %)" if row.kind == "photos" else " !"
        cells.append(f"{row.cpu_ms[name]:.{4 if row.cpu_ms[name] < 0.1 else 2}f}{short}")
    return f"| {' | '.join(cells)} |"


def summary(rows: Sequence[Row]) -> str:
    """How many targets are met."""
    met = [row.met(effort) for row in rows for effort in EFFORTS]
    return f"{sum(met)} of {len(met)} met; those in bold are not"


def main() -> int:
    """Exit code 0 when every target was met."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--turns", type=int, default=3, help="of a 12 MP frame; smaller ones get 3 times as many")
    parser.add_argument("--sizes", help=f"some of {', '.join(SIZES)}, 32 x 32")
    parser.add_argument("--kinds", help=f"some of {', '.join(TARGETS)}")
    parser.add_argument("--photos", type=Path, help="a folder of labelled pictures")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    chosen = [
        case
        for case in cases()
        if (not options.sizes or case.size in options.sizes.split(","))
        and (not options.kinds or case.kind in options.kinds.split(","))
    ]
    rows: list[Row] = []

    def add(row: Row) -> None:
        rows.append(row)
        if not options.json:
            print(line(row), flush=True)

    if not options.json:
        print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for case in chosen:
            add(measure(case, options.turns, Path(folder)))
    if options.photos:
        add(measure_photos(options.photos, options.turns))
    if options.json:
        print(json.dumps({"versions": versions(), "rows": [asdict(row) for row in rows]}))
    else:
        print(f"\n{summary(rows)}")
    return 0 if all(row.met(effort) for row in rows for effort in EFFORTS) else 1


def versions() -> dict[str, str]:
    """Of what was measured."""
    simd = request.KERNELS or _core.kernel_names()[0]
    return {name: bench.version_of(name) for name in ("qrcore", PEER)} | {"opencv": cv2.__version__, "simd": simd}


# ---- By pytest-benchmark


@functools.lru_cache(maxsize=1)
def _inputs(case: Case, folder: Path) -> list[Any]:
    return case.inputs(folder)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where files are written."""
    return tmp_path_factory.mktemp("frames")


@pytest.mark.parametrize(
    ("case", "name"), [(case, name) for case in cases() for name in (*EFFORTS, PEER)], ids=lambda value: str(value)
)
def test_frames(case: Case, name: str, folder: Path, benchmark: Any) -> None:
    """CPU time of one decoder on one kind of frame, the variants in turn."""
    cv2.setNumThreads(1)
    variants = itertools.cycle(_inputs(case, folder))
    decode = readers(case.kind)[name]
    benchmark.group = str(case)
    rounds = 3 if case.size == "12 MP" else 30
    iterations = CALLS if case.kind == "call" else 1
    benchmark._timer = time.process_time
    benchmark.pedantic(lambda: decode(next(variants)), rounds=rounds, iterations=iterations, warmup_rounds=1)


if __name__ == "__main__":
    sys.exit(main())
