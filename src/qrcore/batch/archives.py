"""Members of archives and cells of tables, one after the other; nothing is unpacked to disk."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO, cast

from .contents import ARCHIVES, HEAD, Content, by_content, by_name, is_hidden
from .failures import Failure, extra, unreadable
from .item import ErrorKind
from .unit import UNIT_BYTES, Meter, Unit

__all__ = ["members"]

_BATCH_BYTES = 4 << 20  # of a Parquet column that are decoded at once
_LARGEST_READ = UNIT_BYTES + (1 << 20)


def members(
    content: Content, file: BinaryIO, source: str, column: str | None, meter: Meter, kind: ErrorKind
) -> Iterator[Unit]:
    """The pictures, documents and films in an archive or table.

    Args:
        file: stands at the beginning; can be sought unless it is a tar.
        column: of a table, the one that holds pictures; None where there is only one that can.
        meter: counts what is passed over; its bytes grow by those of the file.
        kind: of the error if the archive cannot be opened at all.

    An archive that is damaged in the middle gives a last unit that says so.
    """
    begin = meter.bytes
    opened = False
    try:
        for unit in _READERS[content](file, source, column, meter):
            opened = True
            yield unit
    except Exception as error:
        if opened:
            failure = Failure.image(ErrorKind.BROKEN, source, f"cannot be read to its end: {_why(error)}")
            failure.error.__cause__ = error
        elif isinstance(error, Failure):
            failure = error if error.kind is ErrorKind.MISSING_EXTRA else Failure(kind, error.error)
        else:
            failure = unreadable(source, error, kind)
        yield Unit(source, failure=failure)
    meter.bytes = max(meter.bytes, begin)


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def _member(source: str, name: str, size: int, open_: Callable[[], BinaryIO], meter: Meter) -> Unit | None:
    """The unit of an archive's file; None where it is no picture."""
    content = None if is_hidden(name) else by_name(name)
    if content is None and not is_hidden(name) and 0 < size <= UNIT_BYTES:
        # No suffix that we know: its first bytes decide. They cannot be read twice, so all is read now.
        data = Unit(source, name, size=size, open=open_).read()
        content = by_content(data[:HEAD])
        content = None if content in ARCHIVES else content
        open_ = partial(io.BytesIO, data)
    if content is None:
        meter.skipped += 1
        return None
    if content in ARCHIVES:
        why = f"is a {content.value} inside an archive, which is not opened; unpack it or pass it as a source"
        return Unit(source, name, failure=Failure.image(ErrorKind.WRONG_TYPE, f"{name} in {source}", why))
    return Unit(source, name, content, size, open_, passing=True)


# ------------------------------------------------------------------------------------------------ tar


class _Forward:
    """A file as tarfile reads it from front to back: no giant header is read at once, nothing is sought back."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._can_seek = bool(getattr(file, "seekable", bool)())
        self._at = 0

    def read(self, size: int) -> bytes:
        if size > _LARGEST_READ:
            raise tarfile.ReadError(f"a header claims {size} bytes")
        pieces = []
        while size > 0 and (piece := self._file.read(size)):
            pieces.append(piece)
            size -= len(piece)
            self._at += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def seek(self, to: int) -> None:
        if self._can_seek:
            self._at = self._file.seek(to)
            return
        while self._at < to and self.read(min(1 << 20, to - self._at)):
            pass

    def tell(self) -> int:
        return self._at


def _tar(file: BinaryIO, source: str, column: str | None, meter: Meter) -> Iterator[Unit]:
    begin, last = meter.bytes, 0
    archive: Any = tarfile.TarFile(fileobj=cast(Any, _Forward(_decompressed(file))))
    while info := archive.next():
        archive.members.clear()  # or it would keep them all
        last = max(last, _position(file))
        meter.bytes = begin + last
        if not info.isreg():
            meter.skipped += not info.isdir()
            continue
        unit = _member(source, info.name, info.size, partial(archive.extractfile, info), meter)
        if unit is not None:
            yield unit
    meter.bytes = begin + max(last, _position(file))


def _position(file: Any) -> int:
    try:
        return int(file.tell())
    except (OSError, ValueError, AttributeError):
        return 0


def _decompressed(file: Any) -> Any:
    head = _peek(file, 6)
    if head.startswith(b"\x1f\x8b"):
        import gzip

        return gzip.GzipFile(fileobj=file)
    if head.startswith(b"BZh"):
        import bz2

        return bz2.BZ2File(file)
    if head.startswith(b"\xfd7zXZ\0"):
        import lzma

        return lzma.LZMAFile(file)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        arrow = extra("pyarrow")
        return arrow.CompressedInputStream(arrow.PythonFile(file, mode="r"), "zstd")
    return file


def _peek(file: Any, size: int) -> bytes:
    if hasattr(file, "head"):
        return bytes(file.head[:size])
    head = file.read(size)
    file.seek(0)
    return bytes(head)


# ------------------------------------------------------------------------------------------------ zip


def _zip(file: BinaryIO, source: str, column: str | None, meter: Meter) -> Iterator[Unit]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            meter.bytes += info.compress_size
            if info.is_dir():
                continue
            try:
                unit = _member(source, info.filename, info.file_size, cast(Any, partial(archive.open, info)), meter)
            except Failure as failure:
                unit = Unit(source, info.filename, failure=failure)
            if unit is not None:
                yield unit


# ------------------------------------------------------------------------------------------------ tables


def _parquet(file: BinaryIO, source: str, column: str | None, meter: Meter) -> Iterator[Unit]:
    parquet = extra("pyarrow.parquet").ParquetFile(file, buffer_size=1 << 20, pre_buffer=False)
    path = picture_column(parquet.schema_arrow, column, source)
    rows = max(1, parquet.metadata.num_rows)
    size = sum(_column_bytes(parquet.metadata.row_group(i), path) for i in range(parquet.num_row_groups))
    batch_size = min(4096, max(1, _BATCH_BYTES * rows // max(1, size)))
    batches = parquet.iter_batches(batch_size=batch_size, columns=[".".join(path)], use_threads=False)
    return _rows(batches, path, source, meter)


def _column_bytes(row_group: Any, path: list[str]) -> int:
    columns = (row_group.column(i) for i in range(row_group.num_columns))
    return sum(c.total_uncompressed_size for c in columns if c.path_in_schema == ".".join(path))


def _arrow(file: BinaryIO, source: str, column: str | None, meter: Meter) -> Iterator[Unit]:
    ipc = extra("pyarrow.ipc")
    if _peek(file, 6) == b"ARROW1":
        reader = ipc.open_file(file)
        batches = (reader.get_batch(i) for i in range(reader.num_record_batches))
    else:
        reader = ipc.open_stream(file)
        batches = iter(reader)
    return _rows(batches, picture_column(reader.schema, column, source), source, meter)


def _rows(batches: Iterator[Any], path: list[str], source: str, meter: Meter) -> Iterator[Unit]:
    row = 0
    for batch in batches:
        for cell in column_cells(batch, path):
            if cell.is_valid:
                buffer = cell.as_buffer()
                meter.bytes += buffer.size
                yield Unit(source, f"row {row}", size=buffer.size, open=partial(io.BytesIO, buffer), passing=True)
            else:
                meter.skipped += 1
            row += 1


def column_cells(batch: Any, path: list[str]) -> Any:
    """The cells of a column, or of a field of a column of structs, of a record batch."""
    values = batch.column(path[0])
    for field in path[1:]:
        compute = extra("pyarrow.compute")
        values = compute.struct_field(values, field)
    return values


def picture_column(schema: Any, wanted: str | None, source: str) -> list[str]:
    """Where the pictures are: ["content"], or ["image", "bytes"] where columns are structs.

    Raises:
        Failure: there is no such column, or which one is not clear.
    """
    arrow = extra("pyarrow")
    able = []
    for field in schema:
        if _is_binary(arrow, field.type):
            able.append([field.name])
        elif arrow.types.is_struct(field.type):
            able += [[field.name, f.name] for f in field.type if _is_binary(arrow, f.type)]
    if wanted is not None:
        able = [path for path in able if ".".join(path) == wanted or path[0] == wanted]
    if len(able) == 1:
        return able[0]
    names = ", ".join(repr(".".join(path)) for path in able) or "none"
    why = f"no column {wanted!r} that" if wanted is not None else "the column that"
    raise Failure.image(
        ErrorKind.WRONG_TYPE,
        source,
        f"{why} holds pictures is not clear; columns of bytes: {names} (option column)",
    )


def _is_binary(arrow: Any, kind: Any) -> bool:
    types = arrow.types
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


_READERS: dict[Content, Callable[[BinaryIO, str, str | None, Meter], Iterator[Unit]]] = {
    Content.TAR: _tar,
    Content.ZIP: _zip,
    Content.PARQUET: _parquet,
    Content.ARROW: _arrow,
}
