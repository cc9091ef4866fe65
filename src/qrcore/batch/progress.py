"""How far a run is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import glob
import os
import threading
import time
from collections.abc import Iterable
from typing import Any, Protocol, TextIO

from . import remote
from .failures import extra, optional
from .output import Counts
from .unit import Meter

__all__ = ["Progress", "Total", "progress", "summary"]

_EVERY = 10.0  # seconds between plain lines
_REDRAW = 0.2  # seconds between drawings of the bar


class Total:
    """Bytes of all sources, added up in a thread of its own."""

    def __init__(self, sources: Iterable[str]) -> None:
        self.bytes: int | None = None  # None: not known yet, or never
        threading.Thread(target=self._add_up, args=(list(sources),), name="qrcore-total", daemon=True).start()

    def _add_up(self, sources: list[str]) -> None:
        try:
            self.bytes = sum(_bytes_of(source) for source in sources)
        except Exception:  # a total is a courtesy; what is wrong with a source is said elsewhere
            self.bytes = None


def _bytes_of(source: str) -> int:
    if source == "-":
        raise ValueError("no one knows")
    if "://" in source:
        return sum(found.size for found in remote.find(source))
    if os.path.isdir(source):
        return sum(_size(os.path.join(at, name)) for at, _, names in os.walk(source) for name in names)
    if glob.has_magic(source) and not os.path.exists(source):
        return sum(_size(path) for path in glob.iglob(source, recursive=True))
    return _size(source)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


class Progress(Protocol):
    """What a run tells about itself."""

    def update(self, counts: Counts, meter: Meter) -> None:
        """Shows the state, where it is time to."""

    def close(self) -> None:
        """Takes the bar away."""


def progress(stream: TextIO, quiet: bool, total: Total | None) -> Progress:
    """The one that fits the stream."""
    if quiet or total is None:
        return _Silent()
    rich = optional("rich.progress") if stream.isatty() else None
    return _Lines(stream, total) if rich is None else _Bar(rich, stream, total)


class _Silent:
    def update(self, counts: Counts, meter: Meter) -> None:
        pass

    def close(self) -> None:
        pass


class _Lines:
    def __init__(self, stream: TextIO, total: Total) -> None:
        self._stream, self._total = stream, total
        self._began = self._told = time.monotonic()
        self._before: int | None = None  # pictures of an earlier run

    def update(self, counts: Counts, meter: Meter) -> None:
        now = time.monotonic()
        if self._before is None:
            self._before = counts.pictures
        if now - self._told < _EVERY:
            return
        self._told = now
        seconds = now - self._began
        pieces = [_counted(counts), f"{(counts.pictures - self._before) / seconds:,.0f} pictures/s"]
        if self._total.bytes:
            done = min(1.0, meter.bytes / self._total.bytes)
            pieces.append(f"{done:.0%}")
            if done > 0:
                pieces.append(f"{_duration(seconds * (1 - done) / done)} left")
        print(", ".join(pieces), file=self._stream, flush=True)

    def close(self) -> None:
        pass


class _Bar:
    def __init__(self, rich: Any, stream: TextIO, total: Total) -> None:
        columns = (
            rich.BarColumn(),
            rich.TaskProgressColumn(),
            rich.TextColumn("{task.fields[counted]}"),
            rich.TransferSpeedColumn(),
            rich.TimeElapsedColumn(),
            rich.TimeRemainingColumn(),
        )
        self._total = total
        console = extra("rich.console").Console(file=stream)
        self._bar = rich.Progress(*columns, console=console, transient=True)
        self._task = self._bar.add_task("", total=None, counted="")
        self._began = self._drawn = time.monotonic()
        self._before: int | None = None
        self._bar.start()

    def update(self, counts: Counts, meter: Meter) -> None:
        now = time.monotonic()
        if self._before is None:
            self._before = counts.pictures
        if now - self._drawn < _REDRAW:
            return
        self._drawn = now
        rate = (counts.pictures - self._before) / (now - self._began)
        self._bar.update(
            self._task,
            completed=meter.bytes,
            total=self._total.bytes and max(self._total.bytes, meter.bytes),
            counted=f"{_counted(counts)}, {rate:,.0f}/s",
        )

    def close(self) -> None:
        self._bar.stop()


def summary(counts: Counts) -> str:
    """Several lines: pictures, codes, errors by kind, and how fast."""
    seconds = max(counts.seconds, 1e-3)
    lines = [
        f"{_counted(counts)} in {_duration(seconds)}: "
        f"{counts.pictures / seconds:,.1f} pictures/s, {counts.bytes / seconds / 1e6:,.1f} MB/s"
    ]
    lines += [f"  {number:,} {kind}" for kind, number in sorted(counts.errors.items())]
    if counts.records or counts.unresolved:
        lines.append(f"  {counts.records:,} with a record")
        lines += [f"  {number:,} without: {code}" for code, number in sorted(counts.unresolved.items())]
    if counts.skipped:
        lines.append(f"  {counts.skipped:,} other files passed over")
    return "\n".join(lines)


def _counted(counts: Counts) -> str:
    errors = sum(counts.errors.values())
    texts = [(counts.pictures, "picture"), (counts.codes, "code"), (errors, "error")]
    return ", ".join(f"{number:,} {what}{'' if number == 1 else 's'}" for number, what in texts)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"
