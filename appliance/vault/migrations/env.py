"""Alembic environment: runs the migrations on the given connection. There is no offline mode."""

from alembic import context

from appliance.vault.database import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, transactional_ddl=False)
context.run_migrations()
