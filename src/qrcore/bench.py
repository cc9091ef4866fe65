"""`qrcore bench`: how many frames a second this machine decodes.

Frames are drawn here, so it needs nothing that is not installed with qrcore. Where zxing-cpp or OpenCV are installed
they are measured beside it, in turns and on one thread each, so that the ratios hold on a busy machine too.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import json
import math
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import _core, api, request
from .images import Pixels
from .types import Effort

__all__ = ["Row", "add_parser", "report", "run", "version_of"]

SIZES = {"VGA": (640, 480), "1080p": (1920, 1080), "12 MP": (4000, 3000)}
KINDS = ("empty", "busy", "code")
VARIANTS = 2  # of each frame, so that a decoder gains little from what it saw last
TEXT = "https://example.com/qrcore-bench"
# The code of version 3-M that says so: 29 rows of 29 modules, the leftmost in the highest bit, 1 is dark.
MATRIX = """
    1fdfec7f 105aef41 175ac05d 174d685d 175ca65d 104ec141 1fd5557f 00044300 13f4fb97 0fb642b6 00ef4494 00ba6f49
    15e4d161 14a5057f 1def7335 0937d055 04442728 17941716 1fdefa79 1d82808c 1e7399fe 0018a518 1fddb758 105ebf11
    1750b3fb 1751f421 174472b7 1049a0bd 1fdd03d0
"""

Decode = Callable[[Pixels], Sequence[Any]]
# CPU time where the clock is fine enough.
clock = time.perf_counter if sys.platform == "win32" else time.process_time
BLOCK = 0.01  # seconds to measure at a time


# ---- Frames


def frames(kind: str, width: int, height: int) -> list[Pixels]:
    """The variants of a kind: a wall in soft light; leaves or gravel; a code as a camera sees it."""
    return [_DRAW[kind](width, height, np.random.default_rng(seed)) for seed in range(VARIANTS)]


def _empty(width: int, height: int, rng: np.random.Generator) -> Pixels:
    return _lit(np.full((height, width), 210, np.uint8), rng)


def _busy(width: int, height: int, rng: np.random.Generator) -> Pixels:
    from PIL import Image

    light = np.zeros((height, width), np.float32)
    for cell in (2, 7, 24):  # blobs of several sizes, coarse ones stronger
        grain = rng.integers(0, 256, (height // cell + 1, width // cell + 1), np.uint8)
        blobs = Image.fromarray(grain).resize((width, height), Image.Resampling.BICUBIC)
        light += (np.asarray(blobs, np.float32) - 128) * cell**0.25
    return _lit(_bytes(120 + 0.4 * light), rng)


def _code(width: int, height: int, rng: np.random.Generator) -> Pixels:
    from PIL import Image, ImageFilter

    bits = np.array([[int(row, 16) >> k & 1 for k in range(28, -1, -1)] for row in MATRIX.split()], np.uint8)
    drawn = np.kron(np.pad(230 - 200 * bits, 4, constant_values=230), np.ones((8, 8), np.uint8))
    side, module = len(drawn), max(3.0, height / 200)
    angle, scale = math.radians(rng.uniform(8, 25)), 8 / module
    c, s = scale * math.cos(angle), scale * math.sin(angle)
    x, y = width / 2 + rng.uniform(-9, 9), height / 2 + rng.uniform(-9, 9)
    tilt = 0.25 / height  # how much farther the code's far side is, over the height of the picture
    # Where a pixel lies on the drawing, as Pillow wants it: (a x + b y + c) / (g x + h y + 1), the same with d, e, f.
    g, h = tilt * rng.uniform(-1, 1), tilt
    norm = 1 - g * x - h * y  # it is 1 at the centre of the code
    half = side / 2
    a, b, d, e = c + half * g, s + half * h, -s + half * g, c + half * h
    rows = ((a, b, half - a * x - b * y), (d, e, half - d * x - e * y), (g, h))
    data = [value / norm for row in rows for value in row]
    paper = Image.fromarray(drawn).transform(
        (width, height), Image.Transform.PERSPECTIVE, data, Image.Resampling.BILINEAR, fillcolor=230
    )
    return _lit(np.asarray(paper.filter(ImageFilter.GaussianBlur(0.3 * module))), rng)


def _lit(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Light that falls off to one side, and the noise of a sensor."""
    height, width = pixels.shape
    fall = np.linspace(1, 0.8, width, dtype=np.float32) * np.linspace(1, 0.9, height, dtype=np.float32)[:, None]
    return _bytes(pixels * fall + 3 * rng.standard_normal((height, width), np.float32))


def _bytes(light: Any) -> Pixels:
    clipped: Pixels = np.clip(light, 0, 255).astype(np.uint8)
    return clipped


_DRAW: dict[str, Callable[[int, int, np.random.Generator], Pixels]] = {"empty": _empty, "busy": _busy, "code": _code}


# ---- Readers


def version_of(package: str) -> str | None:
    """Of an installed package; None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _zxing() -> Decode:
    zxing = importlib.import_module("zxingcpp")
    names = ("QRCode", "MicroQRCode", "RMQRCode")
    formats = tuple(getattr(zxing.BarcodeFormat, name) for name in names if hasattr(zxing.BarcodeFormat, name))
    if len(formats) < 2:
        raise ImportError("too old")

    def decode(frame: Pixels) -> Sequence[Any]:
        found: Sequence[Any] = zxing.read_barcodes(frame, formats=formats)
        return found

    return decode


def _opencv() -> Decode:
    opencv = importlib.import_module("cv2")
    opencv.setNumThreads(1)
    detector = opencv.QRCodeDetector()

    def decode(frame: Pixels) -> Sequence[Any]:
        return [text for text in detector.detectAndDecodeMulti(frame)[1] if text]

    return decode


PEERS = {"zxing-cpp": _zxing, "OpenCV": _opencv}


def _readers() -> dict[str, Decode]:
    readers: dict[str, Decode] = {effort.value: api.Decoder(effort=effort).decode for effort in Effort}
    for name, make in PEERS.items():
        try:
            readers[name] = make()
        except (ImportError, AttributeError):  # not installed, or too old
            continue
    return readers


# ---- Measuring


@dataclass
class Row:
    """What was measured on one kind of frame."""

    frame: str
    size: str
    width: int
    height: int
    ms: dict[str, float] = field(default_factory=dict)  # of a frame, by reader; the others had no time
    missed: list[str] = field(default_factory=list)  # who did not read every code

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        efforts = [effort.value for effort in Effort if effort.value in self.ms]
        return {
            "frame": self.frame,
            "size": self.size,
            "width": self.width,
            "height": self.height,
            "fps": {name: round(1e3 / ms, 2) for name, ms in self.ms.items()},
            "cpu_ms": {name: round(ms, 4) for name, ms in self.ms.items()},
            "ratio": {
                peer: {effort: round(self.ms[effort] / self.ms[peer], 4) for effort in efforts}
                for peer in PEERS
                if peer in self.ms
            },
            "missed": self.missed,
        }


def run(seconds: float) -> Iterator[Row]:
    """The rows, in about so many seconds; what would take too long on this machine is left out."""
    readers = _readers()
    share = seconds / (len(SIZES) * len(KINDS))
    per_pixel: dict[tuple[str, str], float] = {}  # seconds, on the frame before
    for size, (width, height) in SIZES.items():
        for kind in KINDS:
            expected = {name: per_pixel.get((kind, name), 0) * width * height for name in readers}
            if size != "VGA" and sum(expected[effort.value] for effort in Effort) > share:
                continue
            row = Row(kind, size, width, height)
            _measure(row, {name: readers[name] for name in readers if expected[name] <= share / 3}, share)
            per_pixel |= {(kind, name): ms / 1e3 / (width * height) for name, ms in row.ms.items()}
            yield row


def _measure(row: Row, readers: dict[str, Decode], seconds: float) -> None:
    """In turns: the least time of each reader on each variant, summed."""
    begin = time.perf_counter()
    variants = frames(row.frame, row.width, row.height)
    repeat, least = dict.fromkeys(readers, 1), {name: [math.inf] * len(variants) for name in readers}
    turn = 0
    while turn == 0 or time.perf_counter() - begin < seconds:
        for name, decode in readers.items():
            for k, frame in enumerate(variants):
                start = clock()
                for _ in range(repeat[name]):
                    found = decode(frame)
                taken = (clock() - start) / repeat[name]
                least[name][k] = min(least[name][k], taken)
                if turn == 0 and row.frame == "code" and not found and name not in row.missed:
                    row.missed.append(name)
            if turn == 0:
                repeat[name] = max(1, math.ceil(BLOCK / max(taken, 1e-6)))
        turn += 1
    row.ms = {name: 1e3 * max(sum(times), 1e-9) / len(variants) for name, times in least.items()}


# ---- The command


def about() -> dict[str, Any]:
    """The machine and what is installed on it."""
    return {
        "qrcore": version_of("qrcore"),
        "simd": request.KERNELS or _core.kernel_names()[0],
        "simd_targets": _core.kernel_names(),
        "machine": platform.machine(),
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "clock": "wall" if clock is time.perf_counter else "cpu",
        "peers": {"zxing-cpp": version_of("zxing-cpp"), "OpenCV": _opencv_version()},
    }


def _opencv_version() -> str | None:
    return importlib.import_module("cv2").__version__ if importlib.util.find_spec("cv2") else None


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Hardware"))]
    except OSError:
        names = []
    return names[0] if names else platform.processor()


def add_parser(commands: Any) -> None:
    """Adds `bench` to the commands of `qrcore`."""
    parser = commands.add_parser(
        "bench",
        help="measure how many frames a second this machine decodes",
        description="Prints frames a second by size and effort, of one thread, and the SIMD target in use; where "
        "zxing-cpp or OpenCV are installed, also theirs, and how many times as fast qrcore is.",
    )
    parser.add_argument("--seconds", type=_seconds, default=60, help="about how long (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object, to compare machines")
    parser.set_defaults(run=_bench)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e5:
        raise argparse.ArgumentTypeError("it must be more than 0")
    return value


def _bench(options: argparse.Namespace) -> int:
    machine = about()
    if options.json:
        print(json.dumps({**machine, "rows": [row.as_json() for row in run(options.seconds)]}))
    else:
        for line in report(machine, run(options.seconds)):
            print(line, flush=True)
    return 0


def report(machine: dict[str, Any], rows: Iterator[Row]) -> Iterator[str]:
    """What the command prints, line by line."""
    installed = ", ".join(f"{name} {version}" for name, version in machine["peers"].items() if version)
    yield f"qrcore {machine['qrcore'] or ''}, SIMD {machine['simd']} (of {', '.join(machine['simd_targets'])})"
    yield f"{machine['processor']}, {machine['machine']}, {machine['system']}, Python {machine['python']}"
    yield f"beside {installed}" if installed else "neither zxing-cpp nor OpenCV is installed: nothing to compare with"
    yield ""
    yield f"frames a second, one thread, by {'wall' if machine['clock'] == 'wall' else 'CPU'} time"
    names = [effort.value for effort in Effort] + [name for name, version in machine["peers"].items() if version]
    yield _aligned("size", "frame", names)
    done: list[Row] = []
    for row in rows:
        done.append(row)
        yield _aligned(row.size, row.frame, [_fps(row, name) for name in names])
    if any(row.missed for row in done):
        yield "* did not read the code"
    for peer in PEERS:
        if any(peer in row.ms for row in done):
            yield ""
            yield f"times as fast as {peer}"
            yield from (
                _aligned(row.size, row.frame, [_times(row, effort.value, peer) for effort in Effort])
                for row in done
                if peer in row.ms
            )


def _aligned(size: str, frame: str, cells: Sequence[str]) -> str:
    return f"{size:8}{frame:8}" + "".join(f"{cell:>12}" for cell in cells)


def _fps(row: Row, name: str) -> str:
    if name not in row.ms:
        return "-"
    fps = 1e3 / row.ms[name]
    return f"{fps:.{0 if fps >= 100 else 1}f}" + ("*" if name in row.missed else "")


def _times(row: Row, effort: str, peer: str) -> str:
    return f"{row.ms[peer] / row.ms[effort]:.1f}" if effort in row.ms else "-"
