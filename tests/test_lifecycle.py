"""Processes that start, stop and are told to stop while they decode; and eight threads for long."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from held import MIB, glibc_only, in_use, resident_in_use
from pictures import Pixels, busy, mixed

import qrcore

MINUTES = float(os.environ.get("QRCORE_THREAD_MINUTES") or 10)


def texts(picture: Pixels) -> list[str]:
    return [symbol.text for symbol in qrcore.decode(picture)]


@pytest.mark.parametrize("start", sorted({"spawn", "forkserver"} & set(multiprocessing.get_all_start_methods())))
def test_child_processes_give_equal_results(start: str) -> None:
    pictures = mixed()[:6]
    qrcore.decode(pictures[0])  # the pool of this process is in use
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(start)) as pool:
        assert list(pool.map(texts, pictures)) == [texts(picture) for picture in pictures]


@pytest.mark.parametrize("ending", ["return", "sys.exit(0)", "raise SystemExit", "gc.collect()"])
def test_an_interpreter_ends_while_threads_decode(ending: str) -> None:
    program = f"""
import gc, sys, threading, time, numpy, qrcore
picture = numpy.random.default_rng(1).integers(0, 256, (1200, 1600), numpy.uint8)
started = threading.Barrier(5)
def work():
    decoder = qrcore.Decoder(effort="thorough")
    started.wait()
    while True:
        decoder.decode(picture)
        qrcore.decode(picture, effort="fast")
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
def main():
    started.wait()
    time.sleep(0.05)
    {ending}
main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.parametrize(("sent", "expected"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, None)])
def test_a_signal_from_outside_ends_a_decode(sent: signal.Signals, expected: type | None, tmp_path: Path) -> None:
    np.save(tmp_path / "busy.npy", busy(6000, 8000))
    program = """
import signal, sys, numpy, qrcore
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
picture = numpy.load(sys.argv[1])
print("ready", flush=True)
while True:
    qrcore.decode(picture, effort="thorough", deadline_ms=30_000)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "busy.npy")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        process.send_signal(sent)
        try:
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == -sent  # Python ends by the signal itself after a KeyboardInterrupt
    assert ("KeyboardInterrupt" in errors) == (expected is KeyboardInterrupt)


@pytest.mark.deep
@glibc_only
def test_eight_threads_give_equal_results_and_grow_nothing_for_long() -> None:
    """QRCORE_THREAD_MINUTES says how long: 10 by default.

    What is allocated must not grow, nor what is in memory once the allocator has given back the rest: its arenas, one a
    thread, fill for long with what engines of the shared pool that other threads made have left free.
    """
    pictures = mixed()
    expected = [qrcore.decode(picture, return_failures=True) for picture in pictures]
    decoders = [qrcore.Decoder(return_failures=True) for _ in range(8)]

    def work(thread: int, until: float) -> int:
        turn = thread
        while time.monotonic() < until or turn - thread < 2 * len(pictures):
            k = turn % len(pictures)
            # Each thread's own decoder, and the pool that all share, in turns of all pictures.
            own = turn // len(pictures) % 2
            found = decoders[thread].decode(pictures[k]) if own else qrcore.decode(pictures[k], return_failures=True)
            assert found == expected[k]
            turn += 1
        return turn - thread

    decodes, held, used = 0, [], []
    with ThreadPoolExecutor(8) as pool:
        for _ in range(4):
            end = time.monotonic() + 60 * MINUTES / 4
            decodes += sum(pool.map(work, range(8), [end] * 8))
            used.append(in_use())
            held.append(resident_in_use())
    print(
        f"\n{decodes} decodes by 8 threads in {MINUTES} minutes; MiB after each quarter: "
        f"{[round(u / MIB, 2) for u in used]} allocated, {[round(h / MIB, 1) for h in held]} resident"
    )
    assert used[-1] - used[0] < MIB // 2
    assert held[-1] - held[0] < 2 * MIB
