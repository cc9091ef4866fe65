"""Migrations: the tables they make are those that the code uses, in each kind of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from qrcore.records import SqlStore, StoreError
from qrcore.records.model import LinkRules
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


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_store_of_the_first_revision_is_brought_up_to_date_with_what_is_in_it(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/old.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    database = Database(url)
    migrations.upgrade(database.engine, "0001")
    row = "INSERT INTO tenant (name, secret, seq, schemes, created_at) VALUES ('brand', :secret, 0, 'weixin', 0)"
    with database.engine.begin() as connection:
        connection.execute(sa.text(row), {"secret": b"x" * 32})
    database.close()
    with SqlStore(url, authority="q.example", tenant="brand") as store:
        with pytest.raises(StoreError, match="qrcore record migrate"):
            store.tenants()
        store.migrate()
        assert store.tenants() == ["brand"]
        assert store.link_rules("brand") == LinkRules(frozenset(("weixin",)))
        assert store.create({"links": [{"href": "https://any.example/"}]}).version == 1


def test_many_open_new_stores_at_once(tmp_path: Path) -> None:
    """The same new file from several stores, and others beside it."""

    def work(n: int) -> int:
        with SqlStore(f"sqlite:///{tmp_path}/{n % 2}.db", authority="q.example") as store:
            store.create({"title": str(n)})
            return len(store.events())

    with ThreadPoolExecutor(6) as pool:
        assert max(pool.map(work, range(6))) == 3
