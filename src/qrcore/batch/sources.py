"""From what the caller names to units, in an order that is the same every time."""

from __future__ import annotations

import glob
import io
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, cast

from ..errors import MissingSourceError
from . import remote
from .archives import members
from .contents import ARCHIVES, HEAD, Content, by_content, by_name, is_hidden
from .failures import Failure, unreadable
from .item import ErrorKind
from .unit import Meter, Unit

__all__ = ["Walk"]


@dataclass(frozen=True, slots=True)
class Walk:
    """Goes through sources: files, folders, globs, archives, URLs, "-", and pictures in memory."""

    meter: Meter
    column: str | None = None

    def units(self, sources: Iterable[Any]) -> Iterator[Unit]:
        """Every unit of every source; what cannot be opened gives a unit with a failure."""
        for position, source in enumerate(sources):
            if isinstance(source, os.PathLike):
                source = os.fspath(source)
                source = os.fsdecode(source) if isinstance(source, bytes) else source
            if not isinstance(source, str):
                yield Unit(f"#{position}", image=source, size=_size(source))
            elif source == "-":
                for path in _listed():
                    yield from self._named(path)
            else:
                yield from self._named(source)

    def _named(self, source: str) -> Iterator[Unit]:
        try:
            if "://" in source:
                yield from self._remote(source)
            elif os.path.isdir(source):
                yield from self._folder(source)
            elif os.path.lexists(source):
                yield from self._file(source)
            elif glob.has_magic(source):
                yield from self._glob(source)
            else:
                raise FileNotFoundError(2, os.strerror(2))
        except (OSError, ValueError, Failure) as error:
            yield Unit(source, failure=unreadable(source, error, ErrorKind.UNOPENED))

    # -------------------------------------------------------------------------------------------- local

    def _file(self, path: str) -> Iterator[Unit]:
        """A file that the caller named: its content decides what it is."""
        with open(path, "rb") as file:
            head = file.read(HEAD)
            file.seek(0)
            content = by_content(head) or by_name(path) or Content.PICTURE
            size = os.fstat(file.fileno()).st_size
            if content in ARCHIVES:
                yield from self._archive(content, file, path, size, ErrorKind.UNOPENED)
                return
        yield self._plain(path, content, size)

    def _plain(self, path: str, content: Content, size: int) -> Unit:
        self.meter.bytes += size
        return Unit(path, None, content, size, cast(Any, partial(open, path, "rb")))

    def _archive(self, content: Content, file: BinaryIO, name: str, size: int, kind: ErrorKind) -> Iterator[Unit]:
        begin = self.meter.bytes
        yield from members(content, file, name, self.column, self.meter, kind)
        if size:
            self.meter.bytes = begin + size

    def _folder(self, path: str) -> Iterator[Unit]:
        """Everything below a folder, by name; symbolic links to folders are not followed."""
        for name in sorted(os.listdir(path)):
            yield from self._entry(os.path.join(path, name))

    def _entry(self, path: str) -> Iterator[Unit]:
        try:
            if os.path.isdir(path):
                if not os.path.islink(path):
                    yield from self._folder(path)
                return
            info = os.stat(path)
            if not stat.S_ISREG(info.st_mode) or is_hidden(path.replace(os.sep, "/")):
                self.meter.skipped += 1
                return
            content = by_name(path) or self._sniffed(path)
            if content in ARCHIVES:
                with open(path, "rb") as file:
                    yield from self._archive(content, file, path, info.st_size, ErrorKind.UNREADABLE)
            elif content is None:
                self.meter.skipped += 1
            else:
                yield self._plain(path, content, info.st_size)
        except OSError as error:
            yield Unit(path, failure=unreadable(path, error))

    @staticmethod
    def _sniffed(path: str) -> Content | None:
        """What a file in a folder is whose name does not say; archives are known by their names alone."""
        with open(path, "rb") as file:
            content = by_content(file.read(HEAD))
        return None if content in ARCHIVES else content

    def _glob(self, pattern: str) -> Iterator[Unit]:
        found = sorted(glob.glob(pattern, recursive=True))
        if not found:
            raise MissingSourceError(2, "nothing matches this pattern", pattern)
        for path in found:
            if not (pattern.endswith("**") and os.path.isdir(path)):  # whose files are in the list themselves
                yield from self._entry(path)

    # -------------------------------------------------------------------------------------------- URLs

    def _remote(self, url: str) -> Iterator[Unit]:
        for found in remote.find(url):
            kind = ErrorKind.UNOPENED if found.named else ErrorKind.UNREADABLE
            try:
                yield from self._remote_file(found, kind)
            except Exception as error:
                yield Unit(found.url, failure=unreadable(found.url, error, kind))

    def _remote_file(self, found: remote.Found, kind: ErrorKind) -> Iterator[Unit]:
        content = None if is_hidden(found.url) else by_name(found.url)
        if content is None or found.named or content in ARCHIVES:
            with found.open() as file:
                peeked = remote.Peeked(file, HEAD)
                content = by_content(peeked.head) if found.named else content
                content = content or by_name(found.url) or by_content(peeked.head)
                if content in ARCHIVES:
                    rewound = cast(BinaryIO, peeked.rewound())
                    yield from self._archive(content, rewound, found.url, found.size, kind)
                    return
        if content is None and not found.named:
            self.meter.skipped += 1
            return
        self.meter.bytes += found.size
        yield Unit(found.url, None, content or Content.PICTURE, found.size, found.open_whole)


def _listed() -> Iterator[str]:
    """The paths on standard input, one a line; empty lines are none, and bytes that are no text stay in a name."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")
    return filter(None, (line.rstrip("\r\n") for line in sys.stdin))


def _size(image: Any) -> int:
    """Bytes of a picture in memory, as far as it tells."""
    size = getattr(image, "nbytes", None)
    return size if isinstance(size, int) else len(image) if isinstance(image, (bytes, bytearray)) else 0
