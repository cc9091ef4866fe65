"""Archives of photos: pictures a CPU second against the loop that users write today, threads, memory, tiny members.

    python benches/bench_archive.py loop --data ../shared/data/boofcv
    python benches/bench_archive.py threads memory tiny

loop     a tar of all photos; qrcore.decode_many with one worker against tarfile, cv2.imdecode and
         zxingcpp.read_barcodes, told to look for QR codes only, and as it comes (all kinds of codes). CPU time of
         the process, run in turns; the ratio is that of the medians.
threads  pictures a second of decode_many with two workers against two processes with one worker and half of the
         photos each, in turns, start-up not counted.
memory   peak resident memory of a process that reads a tar of 12-megapixel photos.
tiny     100,000 members of about 100 bytes: members a second in each tenth of the archive.

The machine should have two free cores; the ratio of CPU times holds on a busy one too.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("QRCORE_DATA") or ROOT.parent / "shared" / "data") / "boofcv"
SUFFIXES = (".jpg", ".jpeg", ".png")
MEGAPIXELS = 12


def photos(data: Path) -> list[Path]:
    """All photos below a folder, in order."""
    return sorted(path for path in data.rglob("*") if path.suffix.lower() in SUFFIXES)


def write_tar(paths: list[Path], out: Path) -> Path:
    """A tar of these files, their names numbered."""
    with tarfile.open(out, "w") as archive:
        for number, path in enumerate(paths):
            archive.add(path, f"{number:06d}{path.suffix}")
    return out


# ------------------------------------------------------------------------------------------------ loop


def todays_loop(path: Path, everything: bool) -> int:
    """The codes that the usual loop finds."""
    import cv2
    import numpy as np
    import zxingcpp

    options = {} if everything else {"formats": [zxingcpp.BarcodeFormat.QRCode]}
    codes = 0
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            data = np.frombuffer(file.read() if file else b"", np.uint8)
            image = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
            codes += len(zxingcpp.read_barcodes(image, **options))
    return codes


def ours(path: Path, **options: Any) -> int:
    """The codes that qrcore finds."""
    from qrcore.batch import decode_many

    return sum(len(item.symbols) for item in decode_many([path], workers=1, **options))


def bench_loop(data: Path, folder: Path, rounds: int) -> None:
    paths = photos(data)
    path = write_tar(paths, folder / "photos.tar")
    runs: dict[str, Callable[[], int]] = {
        "loop, QR codes only": lambda: todays_loop(path, everything=False),
        "loop, all formats": lambda: todays_loop(path, everything=True),
        "qrcore": lambda: ours(path),
        "qrcore, full size": lambda: ours(path, scale="full"),
        "qrcore, fast": lambda: ours(path, effort="fast"),
        "qrcore, fast, no retry": lambda: ours(path, effort="fast", retry=False),
        "qrcore, fast, at most a quarter, no retry": lambda: ours(path, effort="fast", scale=4, retry=False),
        "the same, QR codes only": lambda: ours(path, effort="fast", scale=4, retry=False, symbologies="qr"),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    codes: dict[str, int] = {}
    for turn in range(rounds):
        for name, run in runs.items():
            if turn and name == "loop, all formats":
                continue  # takes ten times as long
            begin = time.process_time()
            codes[name] = run()
            times[name].append(time.process_time() - begin)
    rates = {name: len(paths) / statistics.median(each) for name, each in times.items()}
    print(f"\n{len(paths)} photos, {path.stat().st_size / 1e6:.0f} MB, medians of {rounds} turns\n")
    print("| | codes | ms CPU a picture | pictures a CPU second | x loop, QR only | x loop, all |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, rate in rates.items():
        against = (rate / rates["loop, QR codes only"], rate / rates["loop, all formats"])
        print(f"| {name} | {codes[name]} | {1e3 / rate:.2f} | {rate:.1f} | {against[0]:.2f} | {against[1]:.2f} |")


# ------------------------------------------------------------------------------------------------ threads


def _process(path: Path, ready: Any, go: Any) -> None:
    from qrcore.batch import decode_many

    ready.release()
    go.wait()
    for _ in decode_many([path], workers=1):
        pass


def _two_processes(halves: list[Path]) -> float:
    context = multiprocessing.get_context("spawn")
    ready, go = context.Semaphore(0), context.Event()
    processes = [context.Process(target=_process, args=(half, ready, go)) for half in halves]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    begin = time.perf_counter()
    go.set()
    for process in processes:
        process.join()
    return time.perf_counter() - begin


def _two_threads(path: Path) -> float:
    from qrcore.batch import decode_many

    begin = time.perf_counter()
    for _ in decode_many([path], workers=2):
        pass
    return time.perf_counter() - begin


def bench_threads(data: Path, folder: Path, rounds: int) -> None:
    paths = photos(data)
    whole = write_tar(paths, folder / "whole.tar")
    halves = [write_tar(paths[i::2], folder / f"half{i}.tar") for i in range(2)]
    threads, processes = [], []
    for _ in range(rounds):
        threads.append(_two_threads(whole))
        processes.append(_two_processes(halves))
    pair = statistics.median(threads), statistics.median(processes)
    ratio = statistics.median(p / t for t, p in zip(threads, processes, strict=True))
    print(f"\n2 workers {len(paths) / pair[0]:.1f} pictures/s, 2 processes {len(paths) / pair[1]:.1f} pictures/s,")
    print(f"median of the ratios {ratio:.3f} ({rounds} turns)")


# ------------------------------------------------------------------------------------------------ memory

_PEAK = """
import sys
from qrcore.batch import decode_many
items = list(decode_many([sys.argv[1]], workers=int(sys.argv[2])))
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(len(items), sum(len(i.symbols) for i in items), peak)
"""


def bench_memory(data: Path, folder: Path, count: int = 150) -> None:
    import PIL.Image

    large = []
    for path in photos(data):
        with PIL.Image.open(path) as image:
            if image.width * image.height >= 0.98e6 * MEGAPIXELS:
                large.append(path)
    path = write_tar((large * (count // len(large) + 1))[:count], folder / "large.tar")
    print(f"\n{count} photos of {MEGAPIXELS} megapixels, {path.stat().st_size / 1e6:.0f} MB")
    for workers in (1, 2, 4):
        line = [sys.executable, "-c", _PEAK, str(path), str(workers)]
        items, codes, peak = map(int, subprocess.run(line, check=True, capture_output=True, text=True).stdout.split())
        print(f"{workers} workers: {items} items, {codes} codes, peak {peak / 1024:.0f} MiB")


# ------------------------------------------------------------------------------------------------ tiny


def tiny_tar(out: Path, count: int) -> Path:
    """A tar of tiny pictures, each with a code."""
    import PIL.Image
    import segno

    file = io.BytesIO()
    segno.make_micro("1").save(file, "png", scale=2)
    picture = io.BytesIO()
    PIL.Image.open(file).convert("1").save(picture, "PNG")
    with tarfile.open(out, "w") as archive:
        for number in range(count):
            info = tarfile.TarInfo(f"{number:06d}.png")
            info.size = len(picture.getvalue())
            archive.addfile(info, io.BytesIO(picture.getvalue()))
    return out


def tenths(items: Iterator[Any], count: int) -> list[float]:
    """Items a second in each tenth."""
    rates, last = [], time.perf_counter()
    for number, _ in enumerate(items, 1):
        if number % (count // 10) == 0:
            now = time.perf_counter()
            rates.append(count / 10 / (now - last))
            last = now
    return rates


def bench_tiny(folder: Path, count: int) -> None:
    from qrcore.batch import decode_many

    path = tiny_tar(folder / "tiny.tar", count)
    begin = time.process_time()
    rates = tenths(decode_many([path]), count)
    spent = time.process_time() - begin
    print(f"\n{count} tiny members: {1e6 * spent / count:.0f} us CPU each; a second, by tenths:")
    print(" ".join(f"{rate:.0f}" for rate in rates))


def main() -> None:
    """The command."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("what", nargs="*", choices=["loop", "threads", "memory", "tiny", []], help="default: all")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of photos (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--members", type=int, default=100_000, help="of tiny")
    args = parser.parse_args()
    what = args.what or ["loop", "threads", "memory", "tiny"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "loop" in what:
            bench_loop(args.data, folder, args.rounds)
        if "threads" in what:
            bench_threads(args.data, folder, args.rounds)
        if "memory" in what:
            bench_memory(args.data, folder)
        if "tiny" in what:
            bench_tiny(folder, args.members)


if __name__ == "__main__":
    main()
