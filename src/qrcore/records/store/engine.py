"""The connection: dialects, transactions, bounded retries, migrations. Nothing here knows what a record is."""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from qrcore.errors import OptionError

from .._extra import needs
from ..errors import StoreError, WriteError

with needs():
    import sqlalchemy as sa
    from sqlalchemy import event as sa_event
    from sqlalchemy.engine import Connection, Engine, make_url
    from sqlalchemy.exc import DBAPIError, IntegrityError, NoSuchModuleError, OperationalError
    from sqlalchemy.pool import StaticPool

__all__ = ["Database"]

T = TypeVar("T")

ATTEMPTS = 12
"""How often a transaction is tried before the store counts as unavailable."""
PATIENCE = 60.0
"""Seconds that a writer of SQLite waits for the file."""
_RETRYABLE = frozenset(("40001", "40P01", "55P03", "57P01", "57P02", "57P03", "08000", "08003", "08006"))
"""SQLSTATE: serialization failure, deadlock, lock not available, shutdown, connection lost."""


class Database:
    """One database. `read` and `write` run a function in a transaction, again where the engine says "try again".

    A function may therefore run several times, and must derive everything from what it reads or was given. If the
    connection breaks while a commit is on its way, nobody knows whether it counted: what `write` is given must either
    notice that it was already done, or be called with `once=True`, which then raises `store.unavailable`.
    """

    def __init__(self, url: str, *, isolation: str | None = None, pool_size: int = 8) -> None:
        try:
            parsed = make_url(url if "://" in url else f"sqlite:///{url}")
        except (sa.exc.ArgumentError, ValueError):
            raise OptionError("not a database URL; write sqlite:///codes.db or postgresql://host/name") from None
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.sqlite = parsed.get_backend_name() == "sqlite"
        self.memory = self.sqlite and parsed.database in (None, "", ":memory:")
        self.path = Path(parsed.database) if self.sqlite and not self.memory and parsed.database else None
        if self.sqlite and isolation is not None:
            raise OptionError("SQLite has one isolation level; it is serializable")
        if self.path is not None:
            _check_place(self.path)
        self._writing: threading.Lock | threading.RLock = threading.RLock()
        self._engine = self._connect(parsed, isolation, pool_size)
        _survive_fork(self)

    def _connect(self, url: sa.URL, isolation: str | None, pool_size: int) -> Engine:
        options: dict[str, Any] = {}
        if self.memory:
            options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        elif self.sqlite:
            options = {
                "pool_size": pool_size,
                "max_overflow": 120,
                "connect_args": {"check_same_thread": False, "timeout": PATIENCE},
            }
        else:
            options = {"pool_size": pool_size, "max_overflow": pool_size, "pool_timeout": PATIENCE}
            if isolation is not None:
                options["isolation_level"] = isolation
        try:
            with needs("records" if self.sqlite else "postgres"):
                engine = sa.create_engine(url, hide_parameters=True, **options)  # no log has what is stored
        except NoSuchModuleError as error:
            raise OptionError(f"no such kind of database: {error}") from None
        if self.sqlite:
            sa_event.listen(engine, "connect", self._prepare_sqlite)
            sa_event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _prepare_sqlite(self, connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver begins no transactions of its own
        cursor = connection.cursor()
        if not self.memory:
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # what was acknowledged survives a loss of power
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten
        cursor.execute("PRAGMA mmap_size=1073741824")  # reads from the system's cache, without a copy
        cursor.execute("PRAGMA cache_size=-16384")  # in KiB
        cursor.close()

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for migrations and for counting statements in tests."""
        return self._engine

    def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, in a transaction that writes nothing."""
        return self._run(work, "read", once=False)

    def write(self, work: Callable[[Connection], T], *, once: bool = False) -> T:
        """What `work` returns, once its transaction is safely committed."""
        return self._run(work, "write", once=once)

    def _run(self, work: Callable[[Connection], T], mode: str, *, once: bool) -> T:
        for attempt in range(ATTEMPTS):
            committing = False
            try:
                with self._turn(mode), self._engine.connect() as plain:
                    connection = plain.execution_options(qrcore_mode=mode)
                    with connection.begin() as transaction:
                        result = work(connection)
                        committing = True
                        transaction.commit()
                    return result
            except IntegrityError as error:
                if attempt > 2:  # a race for a unique key is decided by looking again
                    raise WriteError("write.conflict", "a reference or a key is in use") from error
            except (DBAPIError, sa.exc.TimeoutError) as error:
                if not _is_passing(error) or (committing and once and _is_lost(error)):
                    raise _unavailable(error) from error
            time.sleep(random.uniform(0.0, min(0.002 * 2**attempt, 0.5)))
        raise StoreError("store.unavailable", f"no transaction came through in {ATTEMPTS} attempts", retry_after=1)

    @contextlib.contextmanager
    def _turn(self, mode: str) -> Iterator[None]:
        """SQLite has one writer at a time: the threads of a process queue here, not in the file's busy loop."""
        if self.memory or (self.sqlite and mode == "write"):
            with self._writing:
                yield
        else:
            yield

    def stream(self, statement: sa.Select[Any], connection: Connection) -> Iterator[sa.RowMapping]:
        """The rows of a large result, without holding them all."""
        with connection.execution_options(yield_per=1000).execute(statement) as result:
            yield from result.mappings()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that sees the database as it is now, whatever is committed meanwhile."""
        with self._turn("read"), _told(), self._engine.connect() as plain:
            connection = plain.execution_options(qrcore_mode="read")
            if not self.sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    def migrate(self) -> None:
        """Brings the tables up to date (Alembic)."""
        from .migrations import upgrade

        with self._writing, _told():
            upgrade(self._engine)

    def is_empty(self) -> bool:
        """Whether there is no table yet."""
        with _told():
            return not sa.inspect(self._engine).get_table_names()

    def is_current(self) -> bool:
        """Whether the tables are those of this version."""
        from .migrations import current, newest

        with _told():
            return current(self._engine) == newest()

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()

    def after_fork(self) -> None:
        """In a child process: forget the parent's connections and locks without touching them."""
        self._writing = threading.RLock()
        self._engine.dispose(close=False)

    def __repr__(self) -> str:
        return f"Database({self._engine.url.render_as_string(hide_password=True)})"


def _check_place(path: Path) -> None:
    """Whether a file may be there: said at once, since the driver would not say what is missing."""
    if path.is_dir():
        raise OptionError(f"a store is a file, and {path} is a folder: name a file in it")
    if not path.parent.is_dir():
        raise OptionError(f"there is no folder {path.parent} to keep {path.name} in: make it first")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: a lock that is upgraded later cannot wait, it fails.
    mode = connection.get_execution_options().get("qrcore_mode")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if mode == "write" else "BEGIN")


def _sqlstate(error: Exception) -> str:
    original = getattr(error, "orig", None)
    return getattr(original, "sqlstate", None) or ""


def _is_lost(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and (error.connection_invalidated or _sqlstate(error)[:2] in ("08", "57"))


def _is_passing(error: Exception) -> bool:
    """Whether the same may succeed in a moment."""
    if isinstance(error, sa.exc.TimeoutError) or _sqlstate(error) in _RETRYABLE or _is_lost(error):
        return True
    text = str(getattr(error, "orig", error))
    if "database is locked" in text or "database table is locked" in text:
        return True
    return isinstance(error, OperationalError) and not _sqlstate(error) and "connection" in text.lower()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turns what the driver raises into `store.unavailable`."""
    try:
        yield
    except DBAPIError as error:
        raise _unavailable(error) from error


_WORDS = {
    "SQLITE_NOTADB": "the file is no SQLite database",
    "SQLITE_CANTOPEN": "the file cannot be opened: may this user read and write it and its folder?",
    "SQLITE_READONLY": "the file or its folder may not be written",
    "SQLITE_FULL": "the disk is full",
}


def _unavailable(error: Exception) -> StoreError:
    """The store's own words may quote what was being written; only the kind of error is told."""
    original = getattr(error, "orig", None) or error
    name = getattr(original, "sqlite_errorname", "")
    words = _WORDS.get("_".join(name.split("_")[:2]), "")
    if not name and isinstance(error, OperationalError) and not _sqlstate(error):
        words = "the database cannot be reached: is the URL right, and does it run?"
    detail = words or f"{type(original).__name__} {name or _sqlstate(error)}".strip()
    return StoreError("store.unavailable", detail, retry_after=1)


_databases: weakref.WeakSet[Database] = weakref.WeakSet()


def _survive_fork(database: Database) -> None:
    _databases.add(database)


def _in_child() -> None:
    for database in list(_databases):
        database.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
