"""Threads and forks: results do not depend on them, and no state is shared by accident."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pictures import Pixels, busy, mixed, noise, row_of

import qrcore
from qrcore import UsageError, api


@pytest.mark.parametrize("threads", [1, 8])
def test_results_are_equal_from_any_number_of_threads(threads: int) -> None:
    pictures = mixed()
    expected = [qrcore.decode(picture, return_failures=True) for picture in pictures]
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(3):
            assert list(pool.map(lambda p: qrcore.decode(p, return_failures=True), pictures)) == expected


def test_a_second_thread_in_one_decoder_gets_a_usage_error(hello: Pixels) -> None:
    decoder = qrcore.Decoder(effort="thorough", deadline_ms=500)
    inside, refused = threading.Event(), []

    class Slow:
        """A file object that is read while the decoder is already taken."""

        def read(self, size: int) -> bytes:
            inside.set()
            time.sleep(0.2)
            return b""

    def first() -> None:
        with pytest.raises(qrcore.ImageError, match="empty"):
            decoder.decode(Slow())

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait()
    for call in (decoder.decode, decoder.decode_one):
        with pytest.raises(UsageError, match="give each thread a Decoder of its own") as caught:
            call(hello)
        refused.append(caught.value)
    thread.join()
    assert all(isinstance(error, RuntimeError) for error in refused)
    assert [s.text for s in decoder.decode(hello)] == ["hello world"]


def test_threads_that_fight_for_one_decoder_get_a_result_or_a_usage_error(hello: Pixels) -> None:
    decoder = qrcore.Decoder()
    expected = decoder.decode(hello)

    def work(_: int) -> str:
        try:
            assert decoder.decode(hello) == expected
        except UsageError:
            return "refused"
        return "decoded"

    with ThreadPoolExecutor(8) as pool:
        outcomes = set(pool.map(work, range(2000)))
    assert "decoded" in outcomes


def test_other_threads_run_while_one_decodes() -> None:
    decoder = qrcore.Decoder(effort="thorough", deadline_ms=400)
    picture = busy(3000, 4000)
    thread = threading.Thread(target=decoder.decode, args=(picture,))
    switch = sys.getswitchinterval()
    sys.setswitchinterval(5)  # without release of the lock nobody gets it before the decode ends
    try:
        thread.start()
        steps = 0
        while thread.is_alive():
            time.sleep(0.001)
            steps += 1
    finally:
        sys.setswitchinterval(switch)
        thread.join()
    assert steps > 2  # some hundred where nothing else runs


def test_pixels_that_change_during_a_decode_do_no_harm(hello: Pixels) -> None:
    page = row_of(*[hello] * 6)
    picture = np.concatenate([page] * 4)
    stop = threading.Event()

    def change() -> None:
        random = np.random.default_rng(5)
        while not stop.is_set():
            place = random.integers(0, picture.shape[0] - 40)
            picture[place : place + 40] = random.integers(0, 256, (40, picture.shape[1]), np.uint8)
            picture[: page.shape[0]] = page

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for effort in ("fast", "balanced", "thorough") * 6:
            for symbol in qrcore.decode(picture, effort=effort):
                assert symbol.text == "hello world"
    finally:
        stop.set()
        thread.join()


def test_the_pool_is_bounded_and_reused(hello: Pixels) -> None:
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda _: qrcore.decode(hello), range(200)))
    assert 0 < len(api._pool._idle) <= api._Pool.LIMIT
    engines = {id(engine) for engine in api._pool._idle}
    qrcore.decode(hello)
    assert {id(engine) for engine in api._pool._idle} == engines


def test_a_huge_picture_leaves_no_huge_workspace_in_the_pool() -> None:
    qrcore.decode(noise(6000, 9000), effort="fast", deadline_ms=3000)
    assert all(engine.memory() <= 1.1 * api._Pool.KEEP for engine in api._pool._idle)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_decode_survives_a_fork_while_threads_decode() -> None:
    program = """
import os, threading, numpy, qrcore, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # fork of a process with threads, on purpose
stop = False
def work():
    while not stop:
        qrcore.decode(numpy.zeros((400, 400), numpy.uint8))
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for _ in range(20):
    child = os.fork()
    if child == 0:
        assert qrcore.api._pool._idle == []
        found = qrcore.decode(numpy.zeros((400, 400), numpy.uint8))
        found += qrcore.Decoder().decode(numpy.zeros((400, 400), numpy.uint8))
        os._exit(0 if found == [] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
stop = True
for thread in threads: thread.join()
print("survived")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "survived\n"), done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_ctrl_c_works_in_a_child_that_a_thread_forked() -> None:
    program = """
import os, signal, sys, threading, numpy, qrcore, warnings
warnings.simplefilter("ignore", DeprecationWarning)
def fork():
    child = os.fork()
    if child == 0:  # this thread is the main thread now
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            qrcore.decode(picture, effort="thorough", deadline_ms=20000)
        except KeyboardInterrupt:
            os._exit(0)
        os._exit(1)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
codes = []
picture = numpy.load(sys.argv[1])
thread = threading.Thread(target=fork)
thread.start()
thread.join()
sys.exit(codes[0])
"""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/busy.npy", busy(6000, 8000))
        done = subprocess.run(
            [sys.executable, "-c", program, f"{folder}/busy.npy"],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
