"""What Alembic runs to migrate: the connection comes from the caller, its transaction too."""

from alembic import context

from qrcore.records.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
