"""Scores decoders side by side on a folder of labelled pictures, and prints a Markdown table.

    python benches/accuracy.py PICTURES
    python benches/accuracy.py PICTURES --decoders qrcore-balanced,zxing-cpp,opencv --repeat 3

Beside each picture lies a `.txt`. Either it holds the corners of every code in the picture, eight numbers a
line, and `PICTURES/texts.json` says what they hold: {"folder/name.jpg": ["text", ...]}, where null is a code
that nobody could read and false one of another kind; neither counts. Or it holds the text of the one code in
the picture. `texts.json` may also stand alone. A picture without any label holds no code. The folder of a
picture is its category.

READ    a result with the label's text and an IoU of at least 0.5 with its corners, if there are corners
WRONG   a result on a label, with another text
FALSE   a result on no label, and each second result on one

CPU time is that of decoding alone, of a picture in memory, on one thread; the decoders take turns picture by
picture, so that their ratio holds on a busy machine too. Take the least of --repeat 3 before you quote it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches.decoders import DECODERS, Decode, Found, Pixels, Quad, make_decoders

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
SAME_PLACE = 0.5  # IoU
LABELLED_TWICE = 0.7  # IoU of two labels that mean one code


# ---- Labels


@dataclass(frozen=True)
class Label:
    """A code in a picture."""

    text: str | None  # None: not known
    quad: Quad | None = None  # None: no one says where
    counts: bool = True  # towards the reading rate


@dataclass(frozen=True)
class Sample:
    """A labelled picture, turned anticlockwise by so many quarters."""

    category: str
    path: Path
    labels: tuple[Label, ...]
    quarters: int = 0

    def load(self, colour: bool) -> Pixels:
        """Its pixels as stored: the EXIF orientation is ignored, as the labels are of those."""
        how = (cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE) | cv2.IMREAD_IGNORE_ORIENTATION
        image: Any = cv2.imread(str(self.path), how)
        if image is None:  # what OpenCV does not open
            image = np.asarray(Image.open(self.path).convert("RGB" if colour else "L"))
        elif colour:
            image = image[..., ::-1]  # from BGR
        return np.ascontiguousarray(np.rot90(image, self.quarters), np.uint8)


def _numbers(path: Path) -> Quad | None:
    """The n x 4 x 2 corners in a label file; None if it holds something else."""
    try:
        lines = path.read_text("utf-8").splitlines()
        values = " ".join(line for line in lines if not line.startswith(("#", "SETS"))).split()
        return np.array(values, float).reshape(-1, 4, 2)
    except ValueError:
        return None


def read_folder(root: Path, rotate: bool = False) -> Iterator[Sample]:
    """The labelled pictures below a folder; with `rotate`, those without corners also at 90, 180 and 270."""
    said = json.loads((root / "texts.json").read_text("utf-8")) if (root / "texts.json").exists() else None
    pictures = sorted(p for p in root.rglob("*") if p.suffix.lower() in SUFFIXES)
    corners = {p: _numbers(p.with_suffix(".txt")) for p in pictures if p.with_suffix(".txt").exists()}
    with_corners = bool(corners) and all(quads is not None for quads in corners.values())
    for path in pictures:
        name = path.relative_to(root).as_posix()
        texts = said.get(name) if said is not None else None
        labels: list[Label] = []
        if with_corners:
            quads = corners.get(path)
            for k, quad in enumerate([] if quads is None else quads):
                text = texts[k] if texts is not None else None
                labels.append(Label(text or None, quad, said is None or isinstance(text, str)))
        elif texts is not None:
            labels = [Label(text or None, counts=isinstance(text, str)) for text in texts]
        elif path in corners:
            labels = [Label(path.with_suffix(".txt").read_bytes().decode("utf-8"))]
        category = path.parent.relative_to(root).as_posix()
        for quarters in range(4 if rotate and not with_corners else 1):
            yield Sample(root.name if category == "." else category, path, tuple(labels), quarters)


# ---- Scores


@dataclass
class Score:
    """What one decoder did on one picture."""

    truth: int = 0
    read: int = 0
    wrong: int = 0
    false: int = 0
    errors: int = 0
    corner_errors: list[float] = field(default_factory=list)  # as shares of the side
    cpu_ms: float = 0


def iou(a: Quad, b: Quad) -> float:
    """Intersection over union of the convex hulls of two quadrilaterals; 0 where one has no area."""
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return 0.0
    hulls = [cv2.convexHull(q.astype(np.float32).reshape(-1, 1, 2)) for q in (a, b)]
    areas = [cv2.contourArea(hull) for hull in hulls]
    if min(areas) < 1:
        return 0.0
    shared = cv2.intersectConvexConvex(hulls[0], hulls[1])[0]
    return max(0.0, float(shared / (sum(areas) - shared)))


def corner_error(quad: Quad, truth: Quad) -> float:
    """Mean distance of the corners as a share of the mean side, whichever corner is called the first."""
    side = np.linalg.norm(truth - np.roll(truth, 1, 0), axis=1).mean()
    orders = [np.roll(q, k, 0) for q in (quad, quad[::-1]) for k in range(4)]
    return float(min(np.linalg.norm(q - truth, axis=1).mean() for q in orders) / side)


def score(labels: Sequence[Label], found: Sequence[Found]) -> Score:
    """Compares results with labels, one to one."""
    placed: list[tuple[Quad, Label]] = []
    for label in labels:
        if label.quad is None:
            return _score_texts(labels, found)
        if all(iou(label.quad, other) <= LABELLED_TWICE for other, _ in placed):
            placed.append((label.quad, label))
    result = Score(truth=sum(label.counts for _, label in placed))
    overlaps = [(iou(q, p), r, n) for r, (_, q) in enumerate(found) for n, (p, _) in enumerate(placed)]
    free_results, free_labels = set(range(len(found))), set(range(len(placed)))
    for overlap, r, n in sorted(overlaps, reverse=True):
        if overlap < SAME_PLACE or r not in free_results or n not in free_labels:
            continue
        free_results.remove(r)
        free_labels.remove(n)
        (text, quad), (truth, label) = found[r], placed[n]
        if label.counts and label.text in (None, text):
            result.read += 1
            if len(quad) == 4:
                result.corner_errors.append(corner_error(quad, truth))
        elif label.counts:
            result.wrong += 1
    result.false = len(free_results)
    return result


def _score_texts(labels: Sequence[Label], found: Sequence[Found]) -> Score:
    """The same where nobody says where the codes are."""
    left = [label.text for label in labels if label.counts]
    known, result = set(left), Score(truth=len(left))
    for text, _ in found:
        if text in left:
            left.remove(text)
            result.read += 1
        elif text in known:
            result.false += 1
        elif all(label.counts for label in labels):  # else it may be the one that is not known
            result.wrong += 1
    return result


def measure(decode: Decode, image: Pixels, labels: Sequence[Label], repeat: int = 1) -> Score:
    """Runs a decoder on a picture; an exception is an error, and nothing read."""
    found: list[Found] = []
    times, failed = [], False
    for _ in range(repeat):
        start = time.process_time()
        try:
            found = decode(image)
        except Exception as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            found, failed = [], True
        times.append(1e3 * (time.process_time() - start))
    result = score(labels, found)
    result.errors, result.cpu_ms = int(failed), min(times)
    return result


def rate(scores: Sequence[Score]) -> float | None:
    """Per cent of codes read, if there are any."""
    truth = sum(s.truth for s in scores)
    return 100 * sum(s.read for s in scores) / truth if truth else None


def table(results: dict[str, dict[str, list[Score]]]) -> str:
    """Markdown: a column for each decoder, a row for each category that holds codes, and the sums. The ratio
    of CPU times is to the last decoder."""
    pooled = {name: [s for scores in by.values() for s in scores] for name, by in results.items()}
    categories = sorted({category for by in results.values() for category in by})
    rates = {name: {c: rate(by[c]) for c in categories} for name, by in results.items()}
    means = [_mean([r for r in by.values() if r is not None]) for by in rates.values()]
    corners = [[100 * e for s in scores for e in s.corner_errors] for scores in pooled.values()]
    cpu = [[s.cpu_ms for s in scores] for scores in pooled.values()]
    last, base = list(results)[-1], max(sum(cpu[-1]), 1e-9)

    rows: list[tuple[str, Sequence[float | None], int]] = []
    rows += [(c, [by[c] for by in rates.values()], 1) for c in categories]
    rows = [row for row in rows if any(cell is not None for cell in row[1])]
    rows += [
        ("**mean of categories**", means, 1),
        ("all codes", [rate(scores) for scores in pooled.values()], 1),
        ("wrong texts", [sum(s.wrong for s in scores) for scores in pooled.values()], 0),
        ("false results", [sum(s.false for s in scores) for scores in pooled.values()], 0),
        ("errors", [sum(s.errors for s in scores) for scores in pooled.values()], 0),
        ("corner error, % of the side", [statistics.median(c) if c else None for c in corners], 2),
        ("CPU ms, mean", [_mean(c) for c in cpu], 2),
        ("CPU ms, median", [statistics.median(c) for c in cpu], 2),
        (f"CPU, {last} = 1", [sum(c) / base for c in cpu], 2),
    ]
    lines = [f"| rate, % | {' | '.join(results)} |", "|---" + "|--:" * len(results) + "|"]
    for title, cells, digits in rows:
        shown = ("" if cell is None else f"{cell:.{digits}f}" for cell in cells)
        lines.append(f"| {title} | {' | '.join(shown)} |")
    return "\n".join(lines)


def _mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None


def main() -> None:
    """The command."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    default = "qrcore-fast,qrcore-balanced,qrcore-thorough,zxing-cpp"
    parser.add_argument("folder", type=Path)
    parser.add_argument("--decoders", default=default, help=f"of {', '.join(DECODERS)}; default: {default}")
    parser.add_argument("--category", action="append", help="only this one; may be given again")
    parser.add_argument("--limit", type=int, help="only so many pictures, spread over all")
    parser.add_argument("--rotate", action="store_true", help="also turned, where only texts are known")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each picture; the fastest counts")
    parser.add_argument("--colour", action="store_true", help="decode in RGB instead of gray")
    args = parser.parse_args()
    decoders = make_decoders(args.decoders.split(","))
    samples = list(read_folder(args.folder, args.rotate))
    if args.category:
        samples = [s for s in samples if s.category in args.category]
    if args.limit:
        samples = samples[:: max(1, len(samples) // args.limit)][: args.limit]
    if not samples:
        sys.exit(f"no pictures in {args.folder}")
    results: dict[str, dict[str, list[Score]]] = {name: defaultdict(list) for name in decoders}
    for n, sample in enumerate(samples):
        image = sample.load(args.colour)
        for name, decode in decoders.items():
            result = measure(decode, image, sample.labels, args.repeat)
            results[name][sample.category].append(result)
        if sys.stderr.isatty():
            print(f"\r{n + 1}/{len(samples)}", end="", file=sys.stderr)
    print(f"{len(samples)} pictures, {sum(len(s.labels) for s in samples)} labels\n\n{table(results)}")


if __name__ == "__main__":
    main()
