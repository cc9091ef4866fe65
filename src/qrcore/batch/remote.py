"""Files behind URLs, through fsspec."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from .failures import extra

__all__ = ["Found", "Peeked", "find"]

_BLOCK = 4 << 20  # bytes that are read ahead of an archive
_WHOLE = 32 << 20  # bytes up to which a file is fetched in one request


@dataclass(frozen=True, slots=True)
class Found:
    """A file on some file system."""

    system: Any
    path: str
    url: str
    size: int  # bytes; 0 where the server does not say
    named: bool  # by the caller, not found in a folder

    def open(self) -> BinaryIO:
        """For reading from front to back."""
        return cast(BinaryIO, self.system.open(self.path, "rb", block_size=_BLOCK, cache_type="readahead"))

    def open_whole(self) -> BinaryIO:
        """A picture is fetched at once, larger files in blocks."""
        if 0 < self.size <= _WHOLE:
            return io.BytesIO(self.system.cat_file(self.path))
        return self.open()


def find(url: str) -> Iterator[Found]:
    """The file of this URL, or those below the folder or matching the pattern, by name.

    Raises:
        Failure: fsspec is not installed. OSError or whatever the file system raises: it cannot be reached.
    """
    core = extra("fsspec").core
    system, path = core.url_to_fs(url)
    web = url.startswith(("http://", "https://"))
    if glob_in(path) and not web:
        found = system.glob(path, detail=True)
    elif not web and system.isdir(path):
        found = system.find(path, detail=True)
    else:
        yield Found(system, path, url, system.info(path).get("size") or 0, named=True)
        return
    if not found:
        raise FileNotFoundError(2, "nothing there")
    for name in sorted(found):
        below = system.find(name, detail=True) if found[name].get("type") == "directory" else {name: found[name]}
        for path in sorted(below):
            yield Found(system, path, system.unstrip_protocol(path), below[path].get("size") or 0, named=False)


def glob_in(path: str) -> bool:
    """Whether a path is a pattern."""
    return any(c in path for c in "*?[")


class Peeked:
    """Looks at a file's beginning, even where the file cannot be sought."""

    def __init__(self, file: Any, size: int) -> None:
        self.head: bytes = file.read(size)
        self._file = file

    def rewound(self) -> Any:
        """The file from its beginning; what it returns can be sought if the file could."""
        if self._file.seekable():
            self._file.seek(0)
            return self._file
        return _Replayed(self.head, self._file)


class _Replayed:
    """The bytes that were read already, then the rest."""

    def __init__(self, head: bytes, file: Any) -> None:
        self.head = head
        self._left = head
        self._file = file
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        if self._left:
            size = len(self._left) if size < 0 else size
            piece, self._left = self._left[:size], self._left[size:]
        else:
            piece = self._file.read(size)
        self._at += len(piece)
        return piece

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        return self._at
