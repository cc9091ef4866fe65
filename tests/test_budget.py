"""Deadlines, work limits and Ctrl-C: a decode ends when it is told to, wherever it is."""

from __future__ import annotations

import io
import signal
import statistics
import threading
import time
from collections.abc import Callable

import pytest
from pictures import Pixels, busy, encoded, noise, row_of

import qrcore
from qrcore import Status

SLACK_MS = 2.0  # a deadline holds within this anywhere


def overrun(decode: Callable[[], object], deadline_ms: float, runs: int = 7) -> float:
    """Milliseconds over the deadline, the median of several runs.

    Where other processes hold the cores, the time that this thread had counts instead of the time that passed.
    """
    times = []
    for _ in range(runs):
        start, cpu = time.perf_counter(), time.thread_time()
        decode()
        times.append(1000 * min(time.perf_counter() - start, time.thread_time() - cpu) - deadline_ms)
    return statistics.median(times)


@pytest.mark.timing
@pytest.mark.parametrize("effort", ["fast", "balanced", "thorough"])
@pytest.mark.parametrize("deadline", [1, 5, 20])
@pytest.mark.parametrize("name", ["noise", "busy"])
def test_a_deadline_holds(name: str, deadline: float, effort: str, headroom: int) -> None:
    picture = noise(1500, 2000) if name == "noise" else busy()
    decoder = qrcore.Decoder(effort=effort, deadline_ms=deadline)
    decoder.decode(picture)  # the first decode allocates
    assert overrun(lambda: decoder.decode(picture), deadline) < headroom * SLACK_MS


def test_a_deadline_counts_loading(hello: Pixels) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            time.sleep(0.2)
            return super().read(size)

    data = encoded(hello)
    assert qrcore.decode(Slow(data), deadline_ms=100) == []
    assert [s.text for s in qrcore.decode(Slow(data), deadline_ms=600_000)] == ["hello world"]


def test_a_generous_deadline_changes_nothing(hello: Pixels) -> None:
    assert qrcore.decode(hello, deadline_ms=60_000) == qrcore.decode(hello)


def test_a_deadline_of_nothing_finds_nothing() -> None:
    assert qrcore.decode(busy(), deadline_ms=0) == []


def test_a_work_limit_stops_at_the_same_place_every_time(hello: Pixels) -> None:
    page = row_of(*[hello] * 8)
    counts = []
    for units in (1, 1_000, 3_000, 10_000, 10**9):
        results = [qrcore.Decoder(_work_units=units).decode(page) for _ in range(3)]
        assert results[0] == results[1] == results[2]
        counts.append(len(results[0]))
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] == 8


def test_what_was_found_before_the_end_is_returned(hello: Pixels) -> None:
    page = row_of(*[hello] * 8)
    low, high = 1, 10**7  # the least work that finds all
    while high - low > max(1, low // 50):
        middle = (low + high) // 2
        if len(qrcore.decode(page, _work_units=middle)) == 8:
            high = middle
        else:
            low = middle
    some = qrcore.decode(page, _work_units=low)
    assert 0 < len(some) < 8
    assert {s.text for s in some} == {"hello world"}


def test_an_unfinished_candidate_says_so(hello: Pixels) -> None:
    page = row_of(*[hello] * 8)
    statuses = {
        symbol.status
        for units in range(500, 20_000, 500)
        for symbol in qrcore.decode(page, _work_units=units, return_failures=True)
    }
    assert Status.ok in statuses
    assert Status.budget in statuses


@pytest.fixture
def slow() -> Callable[[], object]:
    """A decode that takes many times 100 ms."""
    picture = busy(6000, 8000)
    return lambda: qrcore.decode(picture, effort="thorough", deadline_ms=20_000)


@pytest.mark.timing
def test_ctrl_c_ends_a_long_decode_within_100_ms_of_its_work(slow: Callable[[], object], headroom: int) -> None:
    sent = []

    def interrupt() -> None:
        sent.append(time.process_time())
        signal.raise_signal(signal.SIGINT)

    timer = threading.Timer(0.2, interrupt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            slow()
        assert time.process_time() - sent[0] < headroom * 0.1
    finally:
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX timers")
def test_a_signal_handler_runs_during_a_decode_and_may_raise(hello: Pixels) -> None:
    class Alarm(Exception):
        pass

    seen = []

    def handler(*_: object) -> None:
        seen.append(1)
        if len(seen) == 3:
            raise Alarm

    decoder = qrcore.Decoder(effort="thorough", deadline_ms=20_000)
    picture = busy(6000, 8000)
    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1, 0.05)
        with pytest.raises(Alarm):
            decoder.decode(picture)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(seen) == 3
    assert [s.text for s in decoder.decode(hello)] == ["hello world"]
