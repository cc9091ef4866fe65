"""One picture: loading, decoding, and the item for whatever becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from .. import images
from ..errors import ImageError, OptionError, QRCoreError, UsageError
from ..reduction import decode_reduced
from ..types import Symbol
from .failures import Failure
from .films import Frame
from .gate import Gate
from .item import ErrorKind, Item
from .pictures import MemoryPicture, Picture, pictures
from .settings import Settings
from .unit import Unit

__all__ = ["Sink", "Task", "Worker"]

_HUGE = 50_000_000
"""Pixels from which a picture's decoder is not kept: what it holds would never be given back."""

Sink = Callable[["Task", Item, Picture], None]
"""Is shown each picture that was decoded, in the worker's thread."""


@dataclass(slots=True)
class Task:
    """What a worker does in one go: a unit, or a page or frame of one."""

    unit: Unit
    number: int  # of the unit
    step: int | None = None  # page or frame of a unit that is done step by step, from 0
    last: bool = True  # nothing of the unit follows
    cost: int = 0  # bytes that it holds until its items are taken
    data: bytes | None = None
    picture: MemoryPicture | None = None
    frame: Frame | None = None
    failure: Failure | None = None

    def failed(self, failure: Failure) -> Item:
        """The item of an error."""
        return Item(self.unit.source, self.unit.member, error=failure.error, kind=failure.kind, page=failure.page)


class Worker:
    """Turns tasks into items with a decoder of its own; for one thread."""

    def __init__(self, settings: Settings, gate: Gate, sink: Sink | None = None) -> None:
        self._settings = settings
        self._gate = gate
        self._sink = sink
        self._decoder = settings.decoder()

    def items(self, task: Task) -> list[Item]:
        """Never raises: what goes wrong is an item."""
        made: list[Item] = []
        try:
            for picture in self._pictures(task):
                made.append(task.failed(picture) if isinstance(picture, Failure) else self._item(task, picture))
        except Exception as error:
            made.append(task.failed(_explained(task.unit.name, error)))
        return made

    def _pictures(self, task: Task) -> Iterator[Picture | Failure]:
        if task.failure is not None:
            yield task.failure
        elif task.frame is not None:
            pixels = task.frame.pixels
            yield MemoryPicture(pixels, pixels.shape[1], pixels.shape[0])
        elif task.picture is not None:
            yield task.picture
        elif task.step is not None:
            return  # the end of a film
        elif task.unit.image is not None and not isinstance(task.unit.image, bytes):
            yield self._in_memory(task.unit)
        else:
            data = task.unit.image or task.data
            data = task.unit.read() if data is None else data
            yield from pictures(data, task.unit.name, max_pixels=self._settings.max_pixels)

    def _in_memory(self, unit: Unit) -> Picture:
        try:
            loaded = images.load(unit.image, colour=self._settings.colour, max_pixels=self._settings.max_pixels)
            pixels = np.asarray(loaded)
        except ImageError as error:
            raise Failure.image(ErrorKind.BROKEN, unit.name, error) from error
        height, width = pixels.shape[:2] if pixels.ndim >= 2 else (0, 0)
        return MemoryPicture(pixels, width, height)

    def _item(self, task: Task, picture: Picture) -> Item:
        item = Item(
            task.unit.source,
            task.unit.member,
            width=picture.width,
            height=picture.height,
            page=picture.page,
            frame=task.frame.number if task.frame else None,
        )
        try:
            item = replace(item, symbols=tuple(self._symbols(picture)))
            if self._sink is not None:
                self._sink(task, item, picture)
        except Exception as error:
            failure = _explained(item.name, error)
            return replace(item, error=failure.error, kind=failure.kind)
        return item

    def _symbols(self, picture: Picture) -> list[Symbol]:
        factor = self._settings.factor(picture.width, picture.height) if picture.scalable else 1
        found = decode_reduced(factor, partial(self._decoded, picture), retry=self._settings.retry)
        if picture.width * picture.height > _HUGE:
            self._decoder = self._settings.decoder()
        return found

    def _decoded(self, picture: Picture, factor: int) -> list[Symbol]:
        colour = self._settings.colour
        with self._gate.hold(picture.cost(factor, colour)):
            return self._decoder.decode(picture.pixels(factor, colour))


def _explained(name: str, error: Exception) -> Failure:
    if isinstance(error, Failure):
        return error
    if isinstance(error, (ImageError, OptionError, UsageError)):
        return Failure.image(ErrorKind.BROKEN, name, error)
    if isinstance(error, QRCoreError):
        return Failure(ErrorKind.UNREADABLE, error)
    failure = Failure.image(ErrorKind.BROKEN, name, f"{type(error).__name__}: {error}")
    failure.error.__cause__ = error
    return failure
