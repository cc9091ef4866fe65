"""How CPU time grows with the size of the picture and with the number of codes, beside other readers.

    python benches/plot_scaling.py                # writes docs/scaling/*.png and the tables of docs/speed.md
    python benches/plot_scaling.py --most 12      # only up to 12 megapixels, quicker

zxing-cpp runs with its default options and its three QR formats, OpenCV as QRCodeDetector.detectAndDecodeMulti, ZBar
through pyzbar, asked for QR codes alone; who is not installed is left out. One process, one thread, gray pictures in
memory, in turns; the least CPU time of all turns counts. A reader that took more than SLOW on a picture does not get
the larger ones, and none gets more turns than it needs to fill ENOUGH.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches.bench_frames import readers, versions
from benches.frames import MANY, Pixels, camera, foliage, many

Measured = dict[str, dict[float, tuple[float, float]]]  # by reader and place on the axis: ms, share of the codes read

DOCS = Path(__file__).resolve().parents[1] / "docs"
SIZES = {
    0.3: (640, 480),
    2: (1920, 1080),
    5: (2592, 1944),
    12: (4000, 3000),
    25: (5776, 4336),
    50: (8160, 6120),
    100: (11552, 8664),
}  # by megapixels
COUNTS = (1, 2, 5, 10, 20, 40, MANY)
SLOW, ENOUGH, TURNS = 2.0, 1.0, 5  # seconds, seconds, turns
COLOURS = {
    "qrcore fast": "tab:cyan",
    "qrcore balanced": "tab:blue",
    "zxing-cpp": "tab:orange",
    "OpenCV": "tab:green",
    "ZBar": "tab:red",
}


def all_readers() -> dict[str, Callable[[Pixels], Sequence[Any]]]:
    """Those that are installed."""
    cv2.setNumThreads(1)
    detector = cv2.QRCodeDetector()
    made = {name if name == "zxing-cpp" else f"qrcore {name}": read for name, read in readers().items()}
    made["OpenCV"] = lambda frame: [text for text in detector.detectAndDecodeMulti(frame)[1] if text]
    try:
        from pyzbar import pyzbar
    except ImportError as error:
        print(f"ZBar is left out: {error}", file=sys.stderr)
    else:
        only = [pyzbar.ZBarSymbol.QRCODE]
        made["ZBar"] = lambda frame: pyzbar.decode(frame, symbols=only)
    return made


def measure(pictures: Iterator[tuple[float, int, Pixels]]) -> Measured:
    """Of pictures in growing order: where on the axis, how many codes it holds, its pixels."""
    made = all_readers()
    out: Measured = {name: {} for name in made}
    for place, codes, frame in pictures:
        left = dict(made)
        spent, least, found = dict.fromkeys(made, 0.0), dict.fromkeys(made, float("inf")), dict.fromkeys(made, 0)
        for _ in range(TURNS):
            for name, read in list(left.items()):
                start = time.process_time()
                found[name] = len(read(frame))
                taken = time.process_time() - start
                least[name], spent[name] = min(least[name], taken), spent[name] + taken
                if spent[name] > ENOUGH:
                    del left[name]
        for name in list(made):
            out[name][place] = 1e3 * least[name], found[name] / codes if codes else 1.0
            if least[name] > SLOW:
                del made[name]
        print(f"{place:g}: " + ", ".join(f"{name} {1e3 * least[name]:.1f}" for name in least), file=sys.stderr)
    return out


# ---- Pictures


def by_size(draw: Callable[[int, int, int], Pixels], codes: int, most: float) -> Iterator[tuple[float, int, Pixels]]:
    """The same kind of frame in growing sizes."""
    for megapixels, (width, height) in SIZES.items():
        if megapixels <= most:
            yield megapixels, codes, draw(width, height, 0)


def leaves(width: int, height: int, variant: int) -> Pixels:
    """Foliage of any size: beyond 12 megapixels it repeats, mirrored."""
    tile = foliage(min(width, 4000), min(height, 3000), variant)
    whole = np.pad(tile, ((0, height - tile.shape[0]), (0, width - tile.shape[1])), mode="symmetric")
    return np.ascontiguousarray(whole)


def by_count() -> Iterator[tuple[float, int, Pixels]]:
    """More and more codes in 12 megapixels."""
    for count in COUNTS:
        yield count, count, many(4000, 3000, 0, count)


# ---- What is written


def plot(measured: Measured, label: str, title: str, path: Path, straight: str) -> None:
    """Both axes logarithmic; a hollow mark is a picture of which the reader did not read every code."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), dpi=110)
    for name, points in measured.items():
        if not points:
            continue
        x, y = list(points), [ms for ms, _ in points.values()]
        axes.plot(x, y, color=COLOURS[name], label=name, linewidth=1.4)
        for place, (ms, share) in points.items():
            full = COLOURS[name] if share == 1 else "white"
            axes.plot(place, ms, "o", color=COLOURS[name], markerfacecolor=full, markersize=5)
    if straight:  # a line of proportional cost, through the first reader's last point
        name = next(iter(measured))
        x = list(measured[name])
        last = measured[name][x[-1]][0]
        axes.plot(x, [last * value / x[-1] for value in x], ":", color="gray", label=straight, linewidth=1)
    axes.set(xscale="log", yscale="log", xlabel=label, ylabel="CPU ms", title=title)
    axes.grid(which="major", alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def table(measured: Measured, label: str) -> str:
    """Markdown: CPU ms by reader; in brackets the codes read, where not all were."""
    names = list(measured)
    places = list(next(iter(measured.values())))
    lines = [f"| {label} | {' | '.join(names)} |", "|--:" + "|--:" * len(names) + "|"]
    for place in places:
        cells = []
        for name in names:
            if place not in measured[name]:
                cells.append("")
                continue
            ms, share = measured[name][place]
            shown = f"{ms:.{0 if ms >= 100 else 1 if ms >= 10 else 2}f}"
            cells.append(shown if share == 1 else f"{shown} ({100 * share:.0f} %)")
        lines.append(f"| {place:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def fill(page: str, name: str, text: str) -> str:
    """The page with the text between the marks of that name."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, rest = page.split(begin, 1)
    return f"{before}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}"


def main() -> None:
    """The command."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--most", type=float, default=100, help="megapixels of the largest picture")
    parser.add_argument("--out", type=Path, default=DOCS, help="folder of speed.md and scaling/")
    options = parser.parse_args()
    page = (options.out / "speed.md").read_text("utf-8")
    figures = {
        "empty": ("megapixels", "Foliage-like texture without a code", by_size(leaves, 0, options.most)),
        "one": ("megapixels", "One code, camera-like", by_size(camera, 1, options.most)),
        "codes": ("codes", "Codes in 12 megapixels", by_count()),
    }
    for name, (label, title, pictures) in figures.items():
        measured = measure(pictures)
        straight = "cost proportional to pixels" if label == "megapixels" else ""
        plot(measured, label, title, options.out / "scaling" / f"{name}.png", straight)
        page = fill(page, name, table(measured, label))
    named = ", ".join(f"{key} {value}" for key, value in versions().items() if value)
    page = fill(page, "machine", f"Measured with {named} on Python {platform.python_version()}, {platform.machine()}.")
    (options.out / "speed.md").write_text(page, "utf-8")


if __name__ == "__main__":
    main()
