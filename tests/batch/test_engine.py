"""Order, overlap, and what bounds them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from batch.archives_of import film, png, pngs, shown, tar
from pictures import code

from qrcore.batch import Item, cores, decode_many, worker
from qrcore.batch.gate import Gate


def numbers(items: Iterator[Item]) -> list[int]:
    return [int(item.symbols[0].text) for item in items]


def counted(count: int) -> list[Any]:
    return [code(str(i)) for i in range(count)]


@pytest.fixture
def slow_first(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """The first picture is not done before this event."""
    event = threading.Event()
    items = worker.Worker.items

    def delayed(self: worker.Worker, task: worker.Task) -> list[Item]:
        if task.number == 0:
            assert event.wait(30)
        return items(self, task)

    monkeypatch.setattr(worker.Worker, "items", delayed)
    return event


def test_items_come_in_the_order_of_the_sources_whatever_the_threads_do() -> None:
    sizes = np.random.default_rng(1).integers(1, 12, 60)
    pictures = [code(str(i), scale=int(scale)) for i, scale in enumerate(sizes)]
    assert numbers(decode_many(pictures, workers=4)) == list(range(60))


def test_without_order_a_slow_picture_holds_no_one_back(slow_first: threading.Event) -> None:
    items = decode_many(counted(20), workers=2, ordered=False)
    before = [next(items) for _ in range(19)]
    slow_first.set()
    assert sorted(numbers(iter(before))) == list(range(1, 20))
    assert numbers(items) == [0]


def test_in_order_a_slow_picture_lets_the_others_go_on_until_the_queue_is_full(slow_first: threading.Event) -> None:
    taken: list[int] = []

    def sources() -> Iterator[Any]:
        for i, picture in enumerate(counted(40)):
            taken.append(i)
            yield picture

    size = code("1").nbytes + 4096
    items = decode_many(sources(), workers=2, queue_bytes=10 * size)
    threading.Timer(0.5, slow_first.set).start()
    first = next(items)
    assert first.symbols[0].text == "0"
    assert 10 <= len(taken) <= 24  # the queue, and what followed while the first item was on its way
    assert numbers(items) == list(range(1, 40))


def test_reading_stops_when_the_queue_is_full_and_no_one_takes_items() -> None:
    taken = itertools.count()
    size = code("1").nbytes + 4096
    items = decode_many((code(str(next(taken))) for _ in range(1000)), workers=2, queue_bytes=5 * size)
    next(items)
    time.sleep(0.3)
    assert next(taken) < 12
    items.close()  # type: ignore[attr-defined]


def test_a_picture_larger_than_the_queue_goes_through() -> None:
    assert numbers(decode_many(counted(5), queue_bytes=1)) == list(range(5))


def test_endless_sources_can_be_read_until_one_has_enough() -> None:
    items = decode_many(code(str(i)) for i in itertools.count())
    assert numbers(itertools.islice(items, 30)) == list(range(30))


def test_closing_the_iterator_ends_its_threads(tmp_path: Path) -> None:
    def ours() -> list[str]:
        return [t.name for t in threading.enumerate() if t.name.startswith("qrcore")]

    items = decode_many([tar(pngs(50), tmp_path / "x.tar")] * 20, workers=3)
    next(items)
    assert len(ours()) == 4
    items.close()  # type: ignore[attr-defined]
    assert ours() == []
    for _ in decode_many([png("x")]):
        pass
    assert ours() == []


def test_an_exception_of_the_callers_sources_reaches_the_caller() -> None:
    def sources() -> Iterator[Any]:
        yield code("0")
        raise KeyError("theirs")

    items = decode_many(sources())
    assert next(items).symbols[0].text == "0"
    with pytest.raises(KeyError, match="theirs"):
        next(items)


def test_several_runs_at_once_do_not_touch_each_other(tmp_path: Path) -> None:
    path = tar(pngs(20), tmp_path / "x.tar")
    runs = [decode_many([path], workers=2) for _ in range(4)]
    for turn in zip(*runs, strict=True):
        assert len({item.symbols[0].text for item in turn}) == 1


def test_frames_of_a_film_stay_in_order_without_order(tmp_path: Path) -> None:
    path = film([*[shown("a")] * 20, *[shown(None)] * 20, *[shown("b")] * 20], tmp_path / "x.mp4")
    items = list(decode_many([path, *counted(10)], workers=4, ordered=False))
    assert [item.span for item in items if item.span] == [pytest.approx((0, 1.9)), pytest.approx((4, 5.9))]
    assert len(items) == 12


def test_an_unexpected_exception_is_an_item(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("out of cheese")

    monkeypatch.setattr(worker.Worker, "_symbols", broken)
    (item,) = decode_many([png("x")])
    assert "out of cheese" in str(item.error)
    assert "#0" in str(item.error)


def test_huge_pictures_do_not_leave_their_memory_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_HUGE", 10_000)
    made = []
    monkeypatch.setattr(worker.Settings, "decoder", lambda self: made.append(self) or worker_decoder(self))
    list(decode_many([png("x")] * 3, workers=1))
    assert len(made) >= 4


def worker_decoder(settings: Any) -> Any:
    from qrcore import Decoder

    return Decoder(**settings.options)


def test_a_gate_lets_in_as_much_as_fits_and_one_that_does_not_alone() -> None:
    gate = Gate(10)
    assert gate.enter(6)
    waiting = threading.Thread(target=gate.enter, args=(50,))
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    gate.leave(6)
    waiting.join(5)
    assert not waiting.is_alive()
    gate.close()
    assert not gate.enter(1)


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "150000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"}, 64),
        (
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/x\n",
                "sys/fs/cgroup/cpu/x/cpu.cfs_quota_us": "300000",
                "sys/fs/cgroup/cpu/x/cpu.cfs_period_us": "100000",
            },
            3,
        ),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "1000 100000"}, 1),
        ({}, 64),
    ],
)
def test_cores_are_those_of_affinity_and_of_the_control_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], count: int
) -> None:
    monkeypatch.setattr(cores, "_affinity", lambda: 64)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert cores.usable_cores(tmp_path) == count
