"""Export and import as JSON Lines: a full copy moves between SQLite and PostgreSQL.

The first line names the format and the revision of the tables; then a line a row, tables in the order of their
references; bytes are base64. The last line counts the rows, so that a torn file is noticed. Hashes of API keys and the
tenants' secrets are in it: keep it as you keep the store.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from qrcore.errors import UsageError

from .._extra import needs
from ..errors import WriteError
from . import migrations, schema
from .engine import Database

with needs():
    import sqlalchemy as sa
    from sqlalchemy.engine import Connection

__all__ = ["export", "import_"]

_FORMAT = "qrcore-store/1"
_BATCH = 1000


def export(database: Database) -> Iterator[str]:
    """The lines of a full copy, as of one moment."""
    yield _line({"format": _FORMAT, "revision": migrations.newest()})
    total = 0
    with database.snapshot() as connection:
        for table in schema.TABLES:
            for row in database.stream(sa.select(table).order_by(*table.primary_key), connection):
                yield _line({"table": table.name, **{name: _plain(value) for name, value in row.items()}})
                total += 1
    yield _line({"end": total})


def import_(database: Database, lines: Iterable[str]) -> int:
    """Fills an empty store with a full copy, all or nothing. Gives the number of rows."""
    source = iter(lines)
    try:
        head = json.loads(next(source, "{}"))
        if head.get("format") != _FORMAT or head.get("revision") != migrations.newest():
            raise WriteError("write.invalid", "not a copy of a store of this version")
        return database.write(lambda connection: _fill(connection, source), once=True)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WriteError("write.invalid", f"a line that is none of a copy: {type(error).__name__}") from None


def _fill(connection: Connection, source: Iterator[str]) -> int:
    for table in schema.TABLES:
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).one_or_none():
            raise UsageError("the store is not empty: a copy goes into a new one")
    total = 0
    while batch := list(islice(source, _BATCH)):
        groups: dict[str, list[dict[str, Any]]] = {}
        for i, line in enumerate(batch, 1):
            row = json.loads(line)
            if "end" in row:
                count = total + sum(map(len, groups.values()))
                if row["end"] != count or i < len(batch) or next(source, None) is not None:
                    raise WriteError("write.invalid", "the copy is not complete")
                _insert(connection, groups)
                return count
            table = schema.metadata.tables[row.pop("table")]
            binary = {c.name for c in table.columns if isinstance(c.type, sa.LargeBinary)}
            groups.setdefault(table.name, []).append(
                {n: base64.b64decode(v, validate=True) if n in binary and v is not None else v for n, v in row.items()}
            )
        total += _insert(connection, groups)
    raise WriteError("write.invalid", "the copy is not complete")


def _insert(connection: Connection, groups: dict[str, list[dict[str, Any]]]) -> int:
    for name, rows in groups.items():
        connection.execute(sa.insert(schema.metadata.tables[name]), rows)
    return sum(map(len, groups.values()))


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
