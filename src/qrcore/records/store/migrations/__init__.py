"""Migrations of the store, by Alembic, without a file of settings: the engine is handed over."""

from __future__ import annotations

import functools
import threading

from ..._extra import needs

with needs():
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy.engine import Connection, Engine

__all__ = ["current", "newest", "upgrade"]

_one_at_a_time = threading.Lock()  # what env.py reads is global in Alembic


def upgrade(engine: Engine, target: str = "head") -> None:
    """Brings the tables up to `target`. One process at a time does it; the others find it done."""
    with _one_at_a_time, engine.connect() as plain:
        connection = plain.execution_options(qrcore_mode="write")
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7131022911)")
            command.upgrade(_config(connection), target)


def current(engine: Engine) -> str | None:
    """The revision that the tables have, or None."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@functools.cache
def newest() -> str:
    """The revision that this version of qrcore needs."""
    return ScriptDirectory.from_config(_config(None)).get_current_head() or ""


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", "qrcore.records.store:migrations")
    config.attributes["connection"] = connection
    return config
