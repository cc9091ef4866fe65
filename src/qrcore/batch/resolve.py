"""`qrcore batch --resolve`: from the codes of pictures to their records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..types import Status, Symbol
from .engine import Result
from .rows import RECORD_COLUMNS, Row, well_formed

if TYPE_CHECKING:
    from ..records import Failure, Resolution

__all__ = ["Records"]


class _Scanned(NamedTuple):
    """A result as a resolver wants it."""

    result: Result
    symbols: tuple[Symbol, ...]


class Records:
    """Resolves what pictures show, at the authorities of a trust file and nowhere else.

    Raises:
        MissingExtraError: the extra `[records]` is not installed.
        OptionError, TrustError, OSError: the trust file cannot be used.
    """

    def __init__(self, trust: str) -> None:
        from ..records import HttpSource, Resolver, Trust

        self._source = HttpSource()
        self._resolver = Resolver(Trust.load(trust), self._source)

    def close(self) -> None:
        """Closes the connections."""
        self._source.close()

    def stream(self, results: Iterable[Result]) -> Iterator[tuple[Result, Iterator[Row]]]:
        """Each result with the record columns of its symbols, in their order; a round trip for about a thousand."""
        scanned = (_Scanned(result, _read(result)) for result in results)
        for each, found in self._resolver.resolve_stream(scanned):
            yield each.result, map(_row, found)


def _read(result: Result) -> tuple[Symbol, ...]:
    return tuple(s for item in result.items if item.error is None for s in item.symbols if s.status is Status.ok)


def _row(found: Resolution | Failure) -> Row:
    from ..records import Failure, RecordError

    row: Row = dict.fromkeys(RECORD_COLUMNS)
    if isinstance(found, Failure):
        return {**row, "resolve_error": found.code}
    try:
        chosen = found.chosen
        return {
            **row,
            "authority": found.authority,
            "ref": found.path or found.ref or None,
            "record_version": found.version,
            "title": well_formed(found.title),
            "href": None if chosen is None else well_formed(chosen.href),
            "record": well_formed(json.dumps(found.body.to_json(), ensure_ascii=False)),
        }
    except RecordError as error:  # a body is read when it is looked at
        return {**row, "resolve_error": error.code}
