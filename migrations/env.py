"""Runs migrations on the connection, and in the transaction, that hub.store.schema hands over."""

from alembic import context

given = context.config.attributes
context.configure(connection=given["connection"], on_version_apply=given.get("on_version_apply"))
context.run_migrations()
