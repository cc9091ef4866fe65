"""Pictures made to be dear: what the worst of them cost.

    python benches/hostile.py                      # the table of docs/hostile.md: CPU, memory, symbols, deadlines
    python benches/hostile.py --only finders       # those whose name holds "finders"

Each picture aims at one stage: thousands of finders, of candidates, of alignment patterns, of symbols that are all but
readable. All are gray and of `SIDE` x `SIDE` pixels where the name says nothing else, and the same on each run.
tests/test_hostile.py holds each to a bound. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import functools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import segno

import qrcore

Pixels = npt.NDArray[np.uint8]

SIDE = 2000  # pixels: 4 megapixels

EFFORTS = ("fast", "balanced", "thorough")

SYMBOL_MS = 0.02  # that Python takes to make an object of a symbol


# ---- Parts


def finder(module: int, quiet: int = 1) -> Pixels:
    """One finder pattern with a quiet zone of so many modules."""
    rings = np.zeros((7, 7), np.uint8)
    rings[1:6, 1:6] = 255
    rings[2:5, 2:5] = 0
    return enlarged(np.pad(rings, quiet, constant_values=255), module)


def enlarged(picture: Pixels, scale: int) -> Pixels:
    return np.kron(picture, np.ones((scale, scale), np.uint8))


def tiled(tile: Pixels, height: int = SIDE, width: int = SIDE) -> Pixels:
    rows, columns = -(-height // tile.shape[0]), -(-width // tile.shape[1])
    return np.tile(tile, (rows, columns))[:height, :width]


def modules(version: int, *, damaged: float = 0.0, micro: bool = False, seed: int = 1) -> Pixels:
    """The modules of a symbol with its quiet zone; a share of those outside finders and timing patterns is random."""
    made = segno.make(SAID, version=f"M{version}" if micro else version, micro=micro, boost_error=False)
    symbol = np.array([list(row) for row in made.matrix], np.uint8) ^ 1
    random = np.random.default_rng(seed)
    inside = np.ones(symbol.shape, bool)
    line = 0 if micro else 6
    inside[line] = inside[:, line] = inside[:9, :9] = False
    if not micro:
        inside[:9, -8:] = inside[-8:, :9] = False
    hit = inside & (random.random(symbol.shape) < damaged)
    symbol[hit] = random.integers(0, 2, int(hit.sum()))
    return 255 * np.pad(symbol, 4, constant_values=1)


def fractal(height: int, width: int, seed: int = 1, slope: float = 1.0) -> Pixels:
    """Noise with as much in each octave: edges of every size."""
    random = np.random.default_rng(seed)
    spectrum = np.fft.rfft2(random.standard_normal((height, width)))
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    spectrum /= np.maximum(np.hypot(fy, fx), 1 / max(height, width)) ** slope
    values = np.fft.irfft2(spectrum, (height, width))
    return np.clip(128 + 60 * values / values.std(), 0, 255).astype(np.uint8)


def grids() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    y, x = np.mgrid[:SIDE, :SIDE]
    return y, x


# ---- Pictures


def finders_10_000() -> Pixels:
    """100 x 100 finder patterns of 2 pixels a module: every triple may be a symbol."""
    return tiled(np.pad(finder(2), ((0, 2), (0, 2)), constant_values=255))


def finders_jittered() -> Pixels:
    """10,000 of them off the grid, of three sizes and in all grays."""
    random = np.random.default_rng(3)
    page = np.full((SIDE, SIDE), 255, np.uint8)
    for row in range(0, SIDE - 20, 20):
        for column in range(0, SIDE - 20, 20):
            one = finder(int(random.integers(1, 3)), quiet=0)
            dark = random.integers(0, 120)
            y, x = row + random.integers(0, 6), column + random.integers(0, 6)
            page[y : y + len(one), x : x + len(one)] = np.maximum(one, dark)
    return page


def finders_of_version_1() -> Pixels:
    """Finders of 3 pixels a module, 14 modules from centre to centre with timing patterns between: each four of them
    are a symbol of version 1 with random data, and each belongs to four."""
    random = np.random.default_rng(4)
    tile = np.where(random.random((14, 14)) < 0.5, 0, 255).astype(np.uint8)
    tile[:8, :8] = finder(1, quiet=1)[1:, 1:]
    tile[6, 8:] = tile[8:, 6] = 255 * (np.arange(6) % 2)
    return tiled(enlarged(tile, 3))


def symbols_small() -> Pixels:
    """1,600 symbols of version 1 whose data are beyond mending: each asks for every step of the ladder."""
    return _symbols(1, 2)


def symbols_medium() -> Pixels:
    """Version 7 beyond mending, 289 of them, with alignment patterns and version information."""
    return _symbols(7, 2)


def symbols_large() -> Pixels:
    """25 symbols of version 40 beyond mending, 2 pixels a module."""
    return _symbols(40, 2)


def symbols_micro() -> Pixels:
    """Micro QR beyond mending: lone finders, each with four turns and four sizes."""
    return _symbols(4, 3, micro=True)


def symbols_readable() -> Pixels:
    """1,156 symbols of version 1, 2 pixels a module, that can all be read."""
    return tiled(enlarged(modules(1), 2))


def symbols_tiny() -> Pixels:
    """5,776 of them at 1 pixel a module, which is too small."""
    return tiled(modules(1)[1:-1, 1:-1])


def _symbols(version: int, scale: int, micro: bool = False) -> Pixels:
    size = len(modules(version, micro=micro)) * scale
    rows = -(-SIDE // size)
    made = [enlarged(modules(version, damaged=0.9, micro=micro, seed=k), scale) for k in range(min(rows * rows, 40))]
    lines = [np.concatenate([made[(r * 7 + c) % len(made)] for c in range(rows)], axis=1) for r in range(rows)]
    return np.concatenate(lines)[:SIDE, :SIDE]


def alignment_field() -> Pixels:
    """Alignment patterns side by side over the whole picture, with three finders in its corners."""
    ring = np.zeros((6, 6), np.uint8)
    ring[1:4, 1:4] = 255
    ring[2, 2] = 0
    ring[5] = ring[:, 5] = 255
    page = tiled(enlarged(ring, 5))
    corner = finder(10)
    n = len(corner)
    page[:n, :n] = page[:n, -n:] = page[-n:, :n] = corner
    return page


def alignment_symbols() -> Pixels:
    """A symbol of version 40 as large as the picture, its data replaced by alignment patterns."""
    symbol = modules(40)[4:-4, 4:-4]
    ring = np.zeros((5, 5), np.uint8)
    ring[1:4, 1:4] = 255
    ring[2, 2] = 0
    field = tiled(np.pad(ring, ((0, 1), (0, 1)), constant_values=255), 168, 168)
    symbol[9:, 9:] = field[:, :]
    return enlarged(np.pad(symbol, 2, constant_values=255), 11)


def codes_in_codes() -> Pixels:
    """A symbol whose light modules hold symbols, whose light modules hold symbols."""
    small = modules(1)[3:-3, 3:-3]  # 23 modules
    middle = np.kron(modules(1)[3:-3, 3:-3] // 255, np.ones_like(small)) * tiled(small, 23 * 23, 23 * 23)
    middle[np.kron(small, np.ones_like(small)) == 0] = 0
    return tiled(enlarged(middle, 3))


def moire_rings() -> Pixels:
    """Rings that get narrower until they alias: all sizes of everything round."""
    y, x = grids()
    return (127.5 + 127.5 * np.cos((x - SIDE / 2) ** 2 / 600 + (y - SIDE / 2) ** 2 / 600)).astype(np.uint8)


def moire_grid() -> Pixels:
    """Two line screens a little out of step and turned: periodic, with beats of all lengths."""
    y, x = grids()
    first = np.sin(x * 2.05) * np.sin(y * 2.05)
    second = np.sin((x * 0.998 + y * 0.063) * 2) * np.sin((y * 0.998 - x * 0.063) * 2)
    return np.clip(128 + 200 * first * second, 0, 255).astype(np.uint8)


def squares_nested() -> Pixels:
    """Squares in squares down to a pixel: rings everywhere, with every ratio of areas."""
    y, x = grids()
    distance = np.maximum(np.abs(x % 100 - 50), np.abs(y % 100 - 50))
    return np.where(distance % 4 < 2, 0, 255).astype(np.uint8)


def stripes_of_timing() -> Pixels:
    """A checkerboard of 3 pixels with finders in it: a timing pattern along every line."""
    page = tiled(enlarged(np.array([[0, 255], [255, 0]], np.uint8), 3))
    one = finder(3)
    n = len(one)
    for row in range(6, SIDE - n, 96):
        for column in range(6, SIDE - n, 96):
            page[row : row + n, column : column + n] = one
    return page


def sierpinski() -> Pixels:
    """A carpet of squares that hold squares."""
    carpet = np.ones((1, 1), np.uint8)
    for _ in range(7):
        rim = np.concatenate([carpet, carpet, carpet], axis=1)
        carpet = np.concatenate([rim, np.concatenate([carpet, 0 * carpet, carpet], axis=1), rim])
    return 255 * carpet[:SIDE, :SIDE]


def noise_uniform() -> Pixels:
    return np.random.default_rng(1).integers(0, 256, (SIDE, SIDE), np.uint8)


def noise_fractal() -> Pixels:
    return fractal(SIDE, SIDE)


def noise_fractal_steep() -> Pixels:
    """Softer, as clouds: fewer edges, larger blobs; black and white."""
    return np.where(fractal(SIDE, SIDE, 2, 1.5) < 128, 0, 255).astype(np.uint8)


def noise_modules() -> Pixels:
    """Random black and white modules of 3 pixels: a symbol without its patterns."""
    return enlarged(np.random.default_rng(2).choice(np.array([0, 255], np.uint8), (SIDE // 3 + 1,) * 2), 3)[
        :SIDE, :SIDE
    ]


def line_1_x_65535() -> Pixels:
    """The run lengths of a finder again and again on one line."""
    return np.resize(enlarged(finder(2)[8:9], 1), (1, 65535))


def column_65535_x_1() -> Pixels:
    return line_1_x_65535().T


def strip_61_x_65535() -> Pixels:
    """4 megapixels, long and narrow, full of finders."""
    return tiled(finder(2), 61, 65535)


def one_row_again() -> Pixels:
    """A view of one line with a row stride of 0."""
    return np.broadcast_to(line_1_x_65535()[0, :SIDE], (SIDE, SIDE))


SAID = "1234"
"""What the symbols say, where one can be read."""

PICTURES: dict[str, Callable[[], Pixels]] = {
    make.__name__: make
    for make in (
        finders_10_000, finders_jittered, finders_of_version_1, symbols_small, symbols_medium, symbols_large,
        symbols_micro, symbols_readable, symbols_tiny, alignment_field, alignment_symbols, codes_in_codes, moire_rings,
        moire_grid, squares_nested, stripes_of_timing, sierpinski, noise_uniform, noise_fractal, noise_fractal_steep,
        noise_modules, line_1_x_65535, column_65535_x_1, strip_61_x_65535, one_row_again,
    )
}  # fmt: skip


@functools.lru_cache(maxsize=2)
def picture(name: str) -> Pixels:
    """A picture by its name; read-only."""
    made = PICTURES[name]()
    made.flags.writeable = False
    return made


# ---- Measuring


class Cost(NamedTuple):
    """What a decode took."""

    seconds: float  # of CPU
    memory: int  # bytes at the peak, beside the picture
    symbols: int
    texts: frozenset[str]


def measure(name: str, effort: str) -> Cost:
    """Decodes the picture in a process of its own, after a blank one."""
    here = Path(__file__).resolve()
    done = subprocess.run(
        [sys.executable, "-c", "from benches.hostile import _one; _one()", name, effort],
        cwd=here.parent.parent, capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds, memory, texts = json.loads(done.stdout)
    return Cost(seconds, memory, len(texts), frozenset(texts))


def _one() -> None:
    name, effort = sys.argv[1:]
    pixels = picture(name)
    decoder = qrcore.Decoder(effort=effort)
    decoder.decode(np.zeros((64, 64), np.uint8))
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak that making the picture had
    before = _peak()
    start = time.thread_time()
    symbols = decoder.decode(pixels)
    seconds = time.thread_time() - start
    print(json.dumps([seconds, _peak() - before, [symbol.text for symbol in symbols]]))


def over(pixels: Pixels, effort: str, deadline: float, runs: int = 12) -> float:
    """Milliseconds over a deadline, less those in which Python makes objects of the symbols.

    The median of three quiet runs, in which this thread had its core; without them, that of the CPU time: on a busy
    machine the deadline passes while others run.
    """
    decoder = qrcore.Decoder(effort=effort, deadline_ms=deadline)
    granted = deadline + SYMBOL_MS * len(decoder.decode(pixels))  # this run allocates
    quiet: list[float] = []
    busy: list[float] = []
    for _ in range(runs):
        start, cpu = time.perf_counter(), time.thread_time()
        decoder.decode(pixels)
        wall, used = time.perf_counter() - start, time.thread_time() - cpu
        busy.append(1000 * used - granted)
        if wall - used < 0.0005:
            quiet.append(1000 * wall - granted)
        if len(quiet) == 3:
            break
    return float(np.median(quiet if len(quiet) == 3 else busy))


def worst_over(name: str) -> float:
    """The most over a deadline, of deadlines all over the first 400 ms."""
    return max(0.0, *(over(picture(name), "thorough", deadline) for deadline in np.geomspace(2, 400, 16)))


def _peak() -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def rows(names: list[str]) -> Iterator[str]:
    yield "| picture | " + " | ".join(f"{e} ms" for e in EFFORTS) + " | memory MB | symbols | over a deadline ms |"
    yield "|---|" + "--:|" * (len(EFFORTS) + 3)
    for name in names:
        costs = [measure(name, effort) for effort in EFFORTS]
        times = " | ".join(f"{1000 * cost.seconds:,.0f}" for cost in costs)
        memory, symbols = max(cost.memory for cost in costs) / 1e6, costs[-1].symbols
        yield f"| {name} | {times} | {memory:.1f} | {symbols} | {worst_over(name):.1f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="pictures whose name holds this")
    options = parser.parse_args()
    for row in rows([name for name in PICTURES if options.only in name]):
        print(row, flush=True)


if __name__ == "__main__":
    main()
