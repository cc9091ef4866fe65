"""Runs on the device: the work of qrcore_bench, frame by frame and core by core, done by zxing-cpp; prints JSON.

python3 zxing.py QRCORE.json FRAME.pgm..., where QRCORE.json is what qrcore_bench printed. Needs zxing-cpp alone.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import statistics
import sys
import time

import zxingcpp

NAMES = ("QRCode", "MicroQRCode", "RMQRCode")
FORMATS = tuple(getattr(zxingcpp.BarcodeFormat, name) for name in NAMES if hasattr(zxingcpp.BarcodeFormat, name))


def read(path: str) -> memoryview:
    """A PGM without comments, as qrcore_bench reads it."""
    with open(path, "rb") as file:
        data = file.read()
    width, height = map(int, data[:64].split(maxsplit=3)[1:3])
    return memoryview(data)[-width * height :].cast("B", (height, width))


def measure(frame: memoryview, calls: int, rounds: int) -> dict[str, float]:
    """Times of one frame, after a round that does not count."""
    ms, cpu = [], 0.0
    for round_ in range(rounds + 1):
        start, cpu_start = time.perf_counter(), time.process_time()
        for _ in range(calls):
            found = zxingcpp.read_barcodes(frame, formats=FORMATS)
        if round_:
            ms.append(1e3 * (time.perf_counter() - start) / calls)
            cpu += time.process_time() - cpu_start
    median = statistics.median(ms)
    times = {"ms": median, "least_ms": min(ms), "cpu_ms": 1e3 * cpu / calls / rounds, "fps": 1e3 / median}
    return {"symbols": len(found), "calls": calls, **times}


def main() -> None:
    """See the top."""
    with open(sys.argv[1]) as file:
        ours = json.load(file)
    frames = {os.path.basename(path).rsplit(".", 1)[0]: read(path) for path in sys.argv[2:]}
    cores = []
    for kind in ours["cores"]:
        if kind["pinned"]:
            os.sched_setaffinity(0, {kind["cpu"]})
        calls = {row["frame"]: row["calls"] for row in kind["frames"]}
        rows = [{"frame": name, **measure(frames[name], n, ours["rounds"])} for name, n in calls.items()]
        cores.append({"name": kind["name"], "cpu": kind["cpu"], "frames": rows})
    print(json.dumps({"reader": "zxing-cpp", "version": importlib.metadata.version("zxing-cpp"), "cores": cores}))


if __name__ == "__main__":
    main()
