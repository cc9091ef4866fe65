"""A thread that reads, threads that decode, and a window of bytes between the first of them and the caller."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from .contents import Content
from .documents import pages
from .failures import Failure
from .films import Appearances, frames
from .gate import Gate
from .item import Item
from .settings import Settings
from .unit import Unit
from .worker import Sink, Task, Worker

__all__ = ["Result", "run", "run_one"]

_OVERHEAD = 4096  # bytes that a task takes whatever it holds; bounds the number of them
_PIXEL_BYTES = 64 << 20  # of decoded pixels a worker, for all of them together


class Result(NamedTuple):
    """What became of a task."""

    unit: Unit
    number: int  # of the unit, from 0
    items: list[Item]
    last: bool  # the unit is done
    pictures: int  # that were decoded; of a film every frame counts


class _Done(NamedTuple):
    position: int
    task: Task
    items: list[Item]


class _End(NamedTuple):
    tasks: int
    crash: BaseException | None  # out of the caller's own iterator of sources


def run(
    units: Iterator[Unit],
    settings: Settings,
    *,
    workers: int,
    ordered: bool,
    queue_bytes: int,
    sink: Sink | None = None,
    first: int = 0,
) -> Iterator[Result]:
    """Decodes units as they come.

    Args:
        workers: threads that load and decode.
        ordered: in the order of `units`; else as they are done, with the frames of a film in order.
        queue_bytes: what is read but not taken by the caller, results that wait for a slow one before them
            included. A picture that is larger goes through alone.
        sink: is shown each picture, in a worker's thread.
        first: number of the first unit.

    Results are made ahead of the caller as far as the queue allows. Closing the iterator ends all threads.
    """
    threads = _Threads(units, settings, workers, queue_bytes, sink, first)
    try:
        yield from threads.results(_Ordered() if ordered else _AsDone())
    finally:
        threads.stop()


def run_one(settings: Settings) -> Callable[[Unit, bytes], list[Item]]:
    """Decodes one picture at a time, in the calling thread: the unit that names it and its bytes to its items."""
    worker = Worker(settings, Gate(_PIXEL_BYTES))
    return lambda unit, data: worker.items(Task(unit, 0, data=data))


class _Threads:
    """The reader and the workers of one run."""

    def __init__(
        self,
        units: Iterator[Unit],
        settings: Settings,
        workers: int,
        queue_bytes: int,
        sink: Sink | None,
        first: int,
    ) -> None:
        self._settings = settings
        self._first = first
        self._window = Gate(max(1, queue_bytes))
        self._pixels = Gate(max(256 << 20, workers * _PIXEL_BYTES))
        self._todo: queue.SimpleQueue[tuple[int, Task] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[_Done | _End] = queue.SimpleQueue()
        self._stopped = False
        made = [Worker(settings, self._pixels, sink) for _ in range(workers)]
        self._threads = [_thread(f"worker-{i}", self._work, worker) for i, worker in enumerate(made)]
        self._threads.append(_thread("reader", self._read, units))
        for thread in self._threads:
            thread.start()

    def results(self, order: _Ordered | _AsDone) -> Iterator[Result]:
        films: dict[int, Appearances] = {}
        taken, end = 0, None
        while end is None or taken < end.tasks:
            done = self._done.get()
            if isinstance(done, _End):
                end = done
                continue
            for due in order.add(done):
                taken += 1
                task = due.task
                pictures = sum(item.error is None for item in due.items)
                yield Result(task.unit, task.number, _merged(films, task, due.items), task.last, pictures)
                self._window.leave(task.cost)
        if end.crash is not None:
            raise end.crash

    def stop(self) -> None:
        """Ends the threads; waits for the pictures in their hands, not for a source that hangs."""
        self._stopped = True
        self._window.close()
        self._pixels.close()
        for thread in self._threads:
            thread.join(5)

    # ------------------------------------------------------------------------------------ in the threads

    def _work(self, worker: Worker) -> None:
        while job := self._todo.get():
            position, task = job
            if not self._stopped:
                items = worker.items(task)
                task.data = task.picture = None
                self._done.put(_Done(position, task, items))

    def _read(self, units: Iterator[Unit]) -> None:
        position, crash = 0, None
        try:
            for number, unit in enumerate(units, self._first):
                for task in self._tasks(number, unit):
                    if not self._admit(task):
                        return
                    self._todo.put((position, task))
                    position += 1
        except BaseException as error:
            crash = error
        finally:
            for _ in self._threads[:-1]:
                self._todo.put(None)
            self._done.put(_End(position, crash))

    def _admit(self, task: Task) -> bool:
        """Waits for room in the window; what passes is read then."""
        if not self._window.enter(task.cost) or self._stopped:
            return False
        if task.unit.passing and task.step is None and task.failure is None:
            try:
                task.data = task.unit.read()
                task.unit = replace(task.unit, open=None)  # lets go of the archive, or of a table's rows
            except Failure as failure:
                task.failure = failure
        return True

    def _tasks(self, number: int, unit: Unit) -> Iterator[Task]:
        if unit.failure is not None:
            yield Task(unit, number, cost=_OVERHEAD, failure=unit.failure)
        elif unit.content is Content.PDF or unit.content is Content.FILM:
            yield from _steps(number, unit, self._settings)
        else:
            yield Task(unit, number, cost=_OVERHEAD + unit.size)


def _thread(name: str, target: object, argument: object) -> threading.Thread:
    return threading.Thread(target=target, args=(argument,), name=f"qrcore-{name}", daemon=True)  # type: ignore


def _steps(number: int, unit: Unit, settings: Settings) -> Iterator[Task]:
    """The pages or frames of a unit, a failure where they stop early, and an empty last task."""
    step = 0
    try:
        with unit.seekable() as file:
            if unit.content is Content.PDF:
                for page in pages(file, unit.name, dpi=settings.dpi, max_pixels=settings.max_pixels):
                    if isinstance(page, Failure):
                        yield Task(unit, number, step, last=False, cost=_OVERHEAD, failure=page)
                    else:
                        yield Task(unit, number, step, False, _OVERHEAD + page.image.nbytes, picture=page)
                    step += 1
            else:
                for frame in frames(file, unit.name, every=settings.every, max_pixels=settings.max_pixels):
                    yield Task(unit, number, step, False, _OVERHEAD + frame.pixels.nbytes, frame=frame)
                    step += 1
    except Failure as failure:
        yield Task(unit, number, step, last=False, cost=_OVERHEAD, failure=failure)
        step += 1
    yield Task(unit, number, step, cost=_OVERHEAD)


def _merged(films: dict[int, Appearances], task: Task, items: list[Item]) -> list[Item]:
    """The items of a task, those of a film's frames put together."""
    if task.unit.content is not Content.FILM or task.step is None:
        return items
    film = films.setdefault(task.number, Appearances())
    time = task.frame.time if task.frame else 0.0
    made = [ready for item in items for ready in film.add(item, time)]
    if task.last:
        made += films.pop(task.number).end()
    return made


class _Ordered:
    """Holds back what is done until all before it is."""

    def __init__(self) -> None:
        self._next = 0
        self._waiting: dict[int, _Done] = {}

    def add(self, done: _Done) -> Iterator[_Done]:
        """What is due now."""
        return self.add_at(done.position, done)

    def add_at(self, position: int, done: _Done) -> Iterator[_Done]:
        """The same where another position than that in the run counts."""
        self._waiting[position] = done
        while due := self._waiting.pop(self._next, None):
            self._next += 1
            yield due


class _AsDone:
    """Lets everything pass; only the steps of one unit wait for each other."""

    def __init__(self) -> None:
        self._units: dict[int, _Ordered] = {}

    def add(self, done: _Done) -> Iterator[_Done]:
        """What is due now."""
        if done.task.step is None:
            yield done
            return
        for due in self._units.setdefault(done.task.number, _Ordered()).add_at(done.task.step, done):
            if due.task.last:
                del self._units[due.task.number]
            yield due
