"""What Alembic runs: our tables, on the connection that `upgrade` opened."""

from __future__ import annotations

from alembic import context

from fediverse_ai.migrations.tables import comparison

context.configure(connection=context.config.attributes["connection"], **comparison())
with context.begin_transaction():
    context.run_migrations()
