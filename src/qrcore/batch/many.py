"""`decode_many`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, Union

from ..images import Image
from .cores import usable_cores
from .engine import Result, run
from .item import Item
from .settings import QUEUE_BYTES, Scale, Settings, count
from .sources import Walk
from .unit import Meter

__all__ = ["Source", "decode_many"]

Source = Union[str, "os.PathLike[str]", Image]


def decode_many(
    sources: Source | Iterable[Source],
    /,
    *,
    workers: int | None = None,
    ordered: bool = True,
    scale: Scale = "auto",
    retry: bool = True,
    dpi: float = 150,
    every: int = 1,
    column: str | None = None,
    queue_bytes: int = QUEUE_BYTES,
    **options: Any,
) -> Iterator[Item]:
    """Decodes everything in the sources and gives an `Item` for each picture, page and film appearance.

    What cannot be read or decoded is an item with an error; the others follow. Archives are streamed, memory does
    not depend on their size. Reading and decoding go on in threads while the caller works on the items; closing
    the iterator, or leaving it to the garbage collector, ends them.

    Args:
        sources: one or several, also an endless iterator (used from another thread): files, folders (recursive),
            globs, "-" (paths on standard input), URLs that fsspec knows; among them tar (also compressed), zip,
            Parquet, Arrow, PDF and films; and pictures in memory, as `decode` takes them.
        workers: decoding threads; None for the cores that this process may use.
        ordered: give items in the order of the sources. A slow picture lets the others go on until the queue is
            full. Else as they are done.
        scale: of JPEGs while they are decompressed: "full", or at most 2, 4 or 8 times smaller, but none smaller
            than 640 x 480; "auto" is 2, and "full" where barcodes are asked for. Corners and sizes stay those of the
            whole picture.
        retry: decode again at full size where nothing was found in a smaller one.
        dpi: of PDF pages, 1 .. 2400.
        every: of films only each n-th frame.
        column: of tables, the one that holds the pictures, where several could; "image.bytes" for a field.
        queue_bytes: bound on what is read ahead.
        options: those of `Decoder`. `deadline_ms` is for each picture, from when its pixels are there.

    Raises:
        OptionError: at once, for an option with a value that it cannot have.
    """
    settings = Settings(scale, retry, dpi, every, options)
    workers = usable_cores() if workers is None else count("workers", workers)
    units = Walk(Meter(), column).units(listed(sources))
    queue_bytes = count("queue_bytes", queue_bytes)
    return _items(run(units, settings, workers=workers, ordered=ordered, queue_bytes=queue_bytes))


def listed(sources: Any) -> Iterable[Any]:
    """The sources where one may stand for a list of one."""
    one = isinstance(sources, (str, os.PathLike, bytes, bytearray, memoryview)) or hasattr(sources, "shape")
    return [sources] if one or hasattr(sources, "read") or hasattr(sources, "getbands") else sources


def _items(results: Iterator[Result]) -> Iterator[Item]:
    try:
        for result in results:
            yield from result.items
    finally:
        results.close()  # type: ignore[attr-defined]
