"""The schema's revision: is the store current, behind or ahead, and bringing it to head."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, String, Table, insert, inspect, select

from hub.domain.errors import StoreUnavailable
from hub.settings.locations import migrations_folder
from hub.store import dialect
from hub.store.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

# The newest revision in migrations/versions; a test holds this against alembic's own answer. Until
# the first release it has a digest of the tables, which change in place: another test says which.
HEAD = "pre_0001_df531261"

_NOT_OURS = "use the hub that made it, restore a backup, or begin with a new store"

# As alembic makes it.
_version = Table(
    "alembic_version",
    MetaData(naming_convention={"pk": "%(table_name)s_pkc"}),
    Column("version_num", String(32), primary_key=True),
)


OnProgress = Callable[[int, int], None]


def _ignore(_done: int, _of: int) -> None:
    """Tell nobody."""


def revision(connection: Connection) -> str | None:
    """Return the store's revision; None where the hub has never created its tables."""
    if not inspect(connection).has_table(_version.name):
        return None
    return connection.execute(select(_version.c.version_num)).scalar_one_or_none()


def is_current(connection: Connection) -> bool:
    """Whether the store has exactly the tables that this version of the hub works with."""
    return revision(connection) == HEAD


def upgrade(connection: Connection, on_progress: OnProgress = _ignore) -> None:
    """Bring the store to head, within the connection's transaction; others wait with writing.

    An empty one gets the tables as they are now, which is what the migrations come to.
    ``on_progress`` is told how many migrations are done, of how many.

    Raises:
        StoreUnavailable: the store was made by a newer hub, or by one before the first release.

    """
    dialect.lock_appends(connection)
    found = revision(connection)
    if found is None:
        metadata.create_all(connection, checkfirst=False)
        _version.create(connection, checkfirst=False)
        connection.execute(insert(_version).values(version_num=HEAD))
    elif found != HEAD:
        migrate(connection, on_progress)


def migrate(connection: Connection, on_progress: OnProgress = _ignore) -> None:
    """Go through all migrations that the store has not seen.

    Raises:
        StoreUnavailable: as ``upgrade``.

    """
    import alembic.command  # noqa: PLC0415 - takes long, and is rarely needed

    found = revision(connection)
    config = migrations()
    config.attributes["connection"] = connection
    known = _known_revisions(config)
    if found is not None and found not in known:
        message = f"the store's schema is at {found!r}, which this version of the hub does not know"
        raise StoreUnavailable(message, fix=_NOT_OURS)
    # The newest comes first.
    steps = known[: None if found is None else known.index(found)]
    done = count(1)
    config.attributes["on_version_apply"] = lambda **_step: on_progress(next(done), len(steps))
    alembic.command.upgrade(config, "head")


def cure(found: str | None) -> str:
    """Return what to do about a store at a revision that is not this version's."""
    is_ours = found is None or found in _known_revisions(migrations())
    return "hub migrate" if is_ours else _NOT_OURS


def migrations() -> Config:
    """Return alembic's configuration: where the migrations are, and nothing else."""
    from alembic.config import Config  # noqa: PLC0415 - as in migrate

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    return config


def _known_revisions(config: Config) -> list[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as in migrate

    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
