"""The schema's revision: is the store current, behind or ahead, and bringing it to head."""

from __future__ import annotations

import alembic.command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from hub.domain.errors import StoreUnavailable
from hub.settings.locations import migrations_folder
from hub.store import dialect

# The newest revision in migrations/versions; a test holds this against alembic's own answer.
HEAD = "pre_0001"


def revision(connection: Connection) -> str | None:
    """Return the store's revision; None where the hub has never created its tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version"))
    return found.scalar_one_or_none()


def is_current(connection: Connection) -> bool:
    """Whether the store has exactly the tables that this version of the hub works with."""
    return revision(connection) == HEAD


def upgrade(connection: Connection) -> None:
    """Bring the store to head, within the connection's transaction; others wait with writing.

    Raises:
        StoreUnavailable: the store was made by a newer hub.

    """
    dialect.lock_appends(connection)
    found = revision(connection)
    config = migrations()
    config.attributes["connection"] = connection
    if found is not None and found not in _known_revisions(config):
        message = f"the store's schema is at {found!r}, which this version of the hub does not know"
        raise StoreUnavailable(message, fix="install the newer hub again, or restore a backup")
    alembic.command.upgrade(config, "head")


def migrations() -> Config:
    """Return alembic's configuration: where the migrations are, and nothing else."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    return config


def _known_revisions(config: Config) -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
