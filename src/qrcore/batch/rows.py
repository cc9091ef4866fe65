"""The table that a batch writes: one row a symbol, and one for each error. docs/batch.md says what each column holds.

A picture without a code has no row, unless rows for all pictures are asked for. Where records are asked for, each row
goes on with `RECORD_COLUMNS`; all of them are null in rows without a symbol. In JSON and CSV `data` is base64 and
`corners` are four pairs.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

from ..types import Status, Symbol
from .failures import extra
from .item import Item

__all__ = ["COLUMNS", "RECORD_COLUMNS", "Format", "Row", "Table", "rows", "schema", "well_formed"]

Format = Literal["parquet", "jsonl", "csv"]
Row = dict[str, Any]

COLUMNS = {
    "source": "string",
    "member": "string",
    "page": "int32",
    "frame": "int64",
    "start": "double",
    "end": "double",
    "width": "int32",
    "height": "int32",
    "symbology": "string",
    "text": "string",
    "data": "binary",
    "corners": "list",
    "version": "int32",
    "level": "string",
    "margin": "double",
    "error": "string",
}


RECORD_COLUMNS = {
    "authority": "string",
    "ref": "string",
    "record_version": "int64",
    "title": "string",
    "href": "string",
    "record": "string",
    "resolve_error": "string",
}


@cache
def schema(records: bool = False) -> Any:
    """The Arrow schema. Raises MissingExtraError's Failure where pyarrow is not installed."""
    arrow = extra("pyarrow")
    types = {"list": arrow.list_(arrow.float64()), "double": arrow.float64()}
    columns = {**COLUMNS, **(RECORD_COLUMNS if records else {})}
    return arrow.schema([(name, types.get(kind) or getattr(arrow, kind)()) for name, kind in columns.items()])


def rows(item: Item, every_picture: bool = False, records: Iterator[Row] | None = None) -> Iterator[Row]:
    """One a symbol, or one for the error; one without either if `every_picture` asks for it.

    Args:
        records: `RECORD_COLUMNS` of each symbol that was read, where they are asked for; as many are taken.
    """
    row: Row = dict.fromkeys(COLUMNS if records is None else (*COLUMNS, *RECORD_COLUMNS))
    row.update(source=well_formed(item.source), page=item.page, frame=item.frame)
    row.update(member=None if item.member is None else well_formed(item.member))
    row.update(width=item.width, height=item.height)
    if item.span is not None:
        row.update(start=item.span[0], end=item.span[1])
    if item.error is not None:
        yield {**row, "error": well_formed(f"{type(item.error).__name__}: {item.error}")}
        return
    symbols = [s for s in item.symbols if s.status is Status.ok]
    for symbol in symbols:
        yield {**row, **_of_symbol(symbol), **({} if records is None else next(records))}
    if every_picture and not symbols:
        yield row


def _of_symbol(symbol: Symbol) -> Row:
    return {
        "symbology": symbol.symbology.value,
        "text": well_formed(symbol.text),
        "data": symbol.data,
        "corners": [round(float(c), 3) for point in symbol.corners for c in point],
        "version": symbol.version,
        "level": symbol.error_level.value if symbol.error_level else None,
        "margin": round(float(symbol.margin), 6),
    }


def well_formed(text: str) -> str:
    """File names may hold bytes that are no UTF-8; they are escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class Table:
    """How rows become bytes.

    Args:
        csv_safe: cells that a spreadsheet would take for a formula get an apostrophe before them.
        records: rows have `RECORD_COLUMNS` too.
    """

    def __init__(self, form: Format, *, csv_safe: bool = False, records: bool = False) -> None:
        self.form = form
        self._csv_safe, self._records = csv_safe, records
        if form == "parquet":
            self.schema()  # says early that pyarrow is missing

    def schema(self) -> Any:
        """Of Parquet."""
        return schema(self._records)

    def header(self) -> bytes:
        """What comes before the first row: the first line of a CSV file."""
        names = (*COLUMNS, *(RECORD_COLUMNS if self._records else ()))
        return (",".join(names) + "\r\n").encode("ascii") if self.form == "csv" else b""

    def encode(self, table: list[Row]) -> bytes:
        """A Parquet file, or lines of JSON or CSV without a header."""
        if self.form == "parquet":
            arrow, sink = extra("pyarrow"), io.BytesIO()
            made = arrow.Table.from_pylist(table, self.schema())
            extra("pyarrow.parquet").write_table(made, sink, compression="zstd")
            return sink.getvalue()
        if self.form == "jsonl":
            return "".join(json.dumps(_plain(row)) + "\n" for row in table).encode("ascii")
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        for row in table:
            writer.writerow(_cell(value, self._csv_safe) for value in _plain(row).values())
        return text.getvalue().encode("utf-8")


def _plain(row: Row) -> Row:
    """The same in what JSON knows."""
    if row["symbology"] is None:
        return row
    corners = row["corners"]
    return {
        **row,
        "data": base64.b64encode(row["data"]).decode("ascii"),
        "corners": [corners[i : i + 2] for i in range(0, 8, 2)],
    }


def _cell(value: Any, safe: bool) -> Any:
    if isinstance(value, list):
        return json.dumps(value)
    if safe and isinstance(value, str) and value.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n")):
        return "'" + value
    return value
