"""qrcore inside an engine that spreads work over machines: Arrow record batches in, Arrow record batches out.

There is no scheduler here. `decode_arrow` is a pure function of an iterator, as Spark's `mapInArrow` wants it, and
`BatchDecoder` a picklable callable for actors and tasks, as Ray Data and Dask want it. The rows are those of
`qrcore batch` (docs/batch.md says what each column holds), with the columns of `output_schema()`;
`examples/distributed` shows all three engines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .batch.archives import column_cells, picture_column
from .batch.engine import run_one
from .batch.failures import Failure, extra
from .batch.item import ErrorKind, Item
from .batch.rows import rows, schema
from .batch.settings import Scale, Settings
from .batch.unit import Unit
from .errors import OptionError

if TYPE_CHECKING:
    import pyarrow

__all__ = ["BatchDecoder", "decode_arrow", "output_schema"]


def output_schema() -> pyarrow.Schema:
    """The columns of the result.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    try:
        return schema()
    except Failure as failure:
        raise failure.error from None


def decode_arrow(
    batches: Iterable[pyarrow.RecordBatch],
    /,
    *,
    column: str | None = None,
    source: str | None = None,
    member: str | None = None,
    every_picture: bool = False,
    scale: Scale = "auto",
    retry: bool = True,
    **options: Any,
) -> Iterator[pyarrow.RecordBatch]:
    """Decodes the pictures in a column, in the calling thread: the engine has one task a core.

    Args:
        batches: record batches, one row a picture, PDF not included.
        column: that holds the bytes of image files; "image.bytes" for a field of a struct; None where only one can.
        source: column of text that goes into `source`; None for "#0", "#1", ... by row.
        member: column of text that goes into `member`.
        every_picture: a row also for pictures without a code.
        scale: as of `decode_many`; so are `retry` and `options`.

    Returns:
        A record batch for each that came in, in order; a row a symbol, or one for an error.

    Raises:
        OptionError: an option has a value that it cannot have, or a column is not there.
        MissingExtraError: pyarrow is not installed.
    """
    decoder = BatchDecoder(
        column=column,
        source=source,
        member=member,
        every_picture=every_picture,
        scale=scale,
        retry=retry,
        **options,
    )
    for batch in batches:
        yield decoder.decode(batch)


class BatchDecoder:
    """The same for one batch at a time, with memory that is kept between them: `decoder(batch)`.

    Takes the options of `decode_arrow`. Is pickled as its options. One thread at a time.
    """

    def __init__(
        self,
        *,
        column: str | None = None,
        source: str | None = None,
        member: str | None = None,
        every_picture: bool = False,
        scale: Scale = "auto",
        retry: bool = True,
        **options: Any,
    ) -> None:
        self._schema = output_schema()
        self._column, self._source, self._member = column, source, member
        self._every_picture = every_picture
        self._settings = Settings(scale, retry, options=options)
        self._decode = run_one(self._settings)
        self._rows = 0

    def __reduce__(self) -> Any:
        settings = self._settings
        named: dict[str, Any] = {"column": self._column, "source": self._source, "member": self._member}
        named |= {"every_picture": self._every_picture, "scale": settings.scale, "retry": settings.retry}
        return _made, ({**named, **settings.options},)

    def __call__(self, batch: pyarrow.RecordBatch | pyarrow.Table) -> pyarrow.Table:
        """The rows of a record batch or table, as a table."""
        arrow = extra("pyarrow")
        if not isinstance(batch, arrow.Table):
            return arrow.Table.from_batches([self.decode(batch)])
        decoded = [self.decode(piece) for piece in batch.to_batches()]
        return arrow.Table.from_batches(decoded, self._schema)

    def decode(self, batch: pyarrow.RecordBatch) -> pyarrow.RecordBatch:
        """The rows of a record batch, as a record batch."""
        arrow = extra("pyarrow")
        found = [row for item in self._items(batch) for row in rows(item, self._every_picture)]
        return arrow.RecordBatch.from_pylist(found, self._schema)

    def _items(self, batch: Any) -> Iterator[Item]:
        sources, members = (self._texts(batch, name) for name in (self._source, self._member))
        for row, cell in enumerate(self._cells(batch)):
            source = f"#{self._rows + row}" if sources is None else str(sources[row])
            member = None if members is None or members[row] is None else str(members[row])
            if cell.is_valid:
                yield from self._decode(Unit(source, member), cell.as_buffer().to_pybytes())
            else:
                failure = Failure.image(ErrorKind.UNREADABLE, source, "holds no picture: the cell is null")
                yield Item(source, member, error=failure.error, kind=failure.kind)
        self._rows += batch.num_rows

    def _cells(self, batch: Any) -> Any:
        try:
            return column_cells(batch, picture_column(batch.schema, self._column, "the batch"))
        except Failure as failure:
            raise OptionError(str(failure)) from None

    @staticmethod
    def _texts(batch: Any, name: str | None) -> list[Any] | None:
        if name is None:
            return None
        if name not in batch.schema.names:
            raise OptionError(f"there is no column {name!r}; there are {', '.join(batch.schema.names)}")
        texts: list[Any] = batch.column(name).to_pylist()
        return texts


def _made(options: dict[str, Any]) -> BatchDecoder:
    return BatchDecoder(**options)
