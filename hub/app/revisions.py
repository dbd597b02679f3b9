"""Whether this process decides, and shows, by the files that the stages decide by."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import structlog
from prometheus_client import Gauge

from hub.domain.instants import format_instant
from hub.store.in_force import InForce, files_in_force, put_in_force

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.store.opening import Store

_log = structlog.get_logger(__name__)

_DIFFERS: Final = Gauge(
    "hub_catalog_differs", "Whether the stages decide by other files than this process has"
)
SAME_FILES: Final = "give all processes the same files, then send them SIGHUP"


def other_files(connection: Connection, revision: str) -> str | None:
    """Return what other files the stages decide by than these; None where they do not."""
    noted = files_in_force(connection)
    if noted is None or noted.revision == revision:
        return None
    since = format_instant(noted.since)
    return f"since {since} the stages decide by revision {noted.revision}, and not by {revision}"


class Revisions:
    """A stage: notes by which files the stages decide from when it starts, and after a reload.

    Of several processes with stages the last one that has read its files is right.
    """

    name = "files"

    def __init__(
        self,
        store: Store,
        revision: Callable[[], str],
        *,
        clock: Callable[[], int],
        declare: Callable[[Connection], bool],
    ) -> None:
        """Prepare the stage; ``revision`` is of the files that this process has now.

        ``declare`` tells the journal what they declare, and whether any of it is new.
        """
        self._store = store
        self._revision = revision
        self._clock = clock
        self._declare = declare
        self._noted: str | None = None
        self._told: str | None = None

    def step(self) -> bool:
        """Note the revision where it is new here, and what the files declare."""
        revision = self._revision()
        if revision == self._noted:
            return False
        with self._store.database.write() as connection:
            put_in_force(connection, InForce(revision, self._clock()))
            has_declared = self._declare(connection)
        self._noted = revision
        return has_declared

    def differs(self, connection: Connection) -> str | None:
        """Return what other files are in force; what is new about that is logged."""
        found = other_files(connection, self._revision())
        _DIFFERS.set(found is not None)
        if found is not None and found != self._told:
            _log.warning("other_files_in_force", found=found, fix=SAME_FILES)
        self._told = found
        return found
