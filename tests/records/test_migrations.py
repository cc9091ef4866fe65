"""Migrations: the tables they make are those that the code uses, in each kind of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from qrcore.records import SqlStore
from qrcore.records.store import migrations, schema
from qrcore.records.store.engine import Database


def test_the_migrated_tables_are_those_of_the_schema(store_url: str) -> None:
    database = Database(store_url)
    database.migrate()
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    assert migrations.current(database.engine) == migrations.newest()
    database.close()


def test_migrating_twice_changes_nothing(store_url: str) -> None:
    with SqlStore(store_url, authority="q.example") as store:
        ref = store.create({"title": "x"}).ref
        store.migrate()
        assert store.get(ref).version == 1


def test_many_open_new_stores_at_once(tmp_path: Path) -> None:
    """The same new file from several stores, and others beside it."""

    def work(n: int) -> int:
        with SqlStore(f"sqlite:///{tmp_path}/{n % 2}.db", authority="q.example") as store:
            store.create({"title": str(n)})
            return len(store.events())

    with ThreadPoolExecutor(6) as pool:
        assert max(pool.map(work, range(6))) == 3
