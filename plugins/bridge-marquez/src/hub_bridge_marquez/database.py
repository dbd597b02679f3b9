"""Marquez's own database, for what its REST API leaves out: other events, and what is deleted.

Source: Marquez's migrations, schema V17 (``lineage_events``) to V74. Everything is read in one
transaction that may write nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg

from hub.domain.errors import Unreachable
from hub_bridge_marquez.events import Kept, Pageful, settled
from hub_bridge_marquez.lacks import Deleted
from hub_bridge_marquez.options import Options

_CONNECT_SECONDS: Final = 10
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EVENTS: Final = """
SELECT event_time, event::text FROM lineage_events
WHERE event_time >= %s ORDER BY event_time LIMIT %s
"""
_COUNT: Final = "SELECT count(*) FROM lineage_events WHERE event_time >= %s"
_DELETED: Final = """
SELECT 'dataset', n.name, d.name
FROM datasets d JOIN namespaces n ON n.uuid = d.namespace_uuid
WHERE d.is_hidden AND NOT n.is_hidden
UNION ALL
SELECT 'job', j.namespace_name, j.name
FROM jobs j JOIN namespaces n ON n.uuid = j.namespace_uuid
WHERE j.is_hidden AND NOT n.is_hidden AND j.symlink_target_uuid IS NULL
ORDER BY 1, 2, 3
"""


class Database:
    """An open connection to a Marquez's database."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def read(self, start: int, limit: int) -> Pageful:
        """Return events of every kind; see ``hub_bridge_marquez.events.Read``."""
        rows = self._connection.execute(_EVENTS, (_instant(start), limit)).fetchall()
        found = [
            Kept((at - _EPOCH) // timedelta(microseconds=1), settled(text.encode(), is_sorted=True))
            for at, text in rows
        ]
        return Pageful(found, len(found) < limit)

    def count(self, start: int) -> int:
        """Return how many events there are from an instant on."""
        row = self._connection.execute(_COUNT, (_instant(start),)).fetchone()
        return int(row[0]) if row else 0

    def deleted(self) -> list[Deleted]:
        """Return what is deleted, but in namespaces that are deleted as a whole."""
        return [Deleted._make(row) for row in self._connection.execute(_DELETED)]


@contextmanager
def opened(options: Options) -> Iterator[Database | None]:
    """Yield the database, if the options name one.

    Raises:
        Unreachable: it cannot be used.

    """
    if options.database is None:
        yield None
        return
    try:
        with psycopg.connect(options.database, connect_timeout=_CONNECT_SECONDS) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield Database(connection)
    except (psycopg.Error, UnicodeError) as error:
        said = options.mask(str(error).partition("\n")[0])
        message = f"the Marquez's database cannot be used: {said}"
        raise Unreachable(message, fix="check the address, and that it is a Marquez's") from None


def _instant(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)
