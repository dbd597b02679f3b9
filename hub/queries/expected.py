"""Incidents with all that is known of them, and what would come of events for one: plain values.

They outlive the store that they were read from, and go from one process to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from hub.domain.incidents.desk import also_called
from hub.domain.incidents.routing import Way, ways
from hub.domain.names import run_id
from hub.graph.index import LineageIndex
from hub.queries.incidents import (
    incidents_by_id,
    notifications_of,
    signals_of,
    timelines_of,
)
from hub.queries.run_changes import changes_of
from hub.queries.similar import similar_to

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog
    from hub.domain.failures.changes import Change
    from hub.queries.incidents import EntryRow, IncidentRow, NotificationRow, SignalRow
    from hub.queries.similar import Similar
    from hub.store.journal import Journal


class Whole(NamedTuple):
    """An incident with all that is known of it; ``last_good`` is the node id of a run.

    ``ways`` are those that the catalog in force leads it through.
    """

    row: IncidentRow
    timeline: Sequence[EntryRow]
    signals: Sequence[SignalRow]
    notifications: Sequence[NotificationRow]
    last_good: str | None
    changes: Sequence[Change]
    similar: Sequence[Similar]
    ways: Sequence[Way]


class Expected(NamedTuple):
    """What would come of events for an incident: one that they open, or that is there already.

    ``comes_of_it`` is what would happen to it, and ``told`` are the notifications that it would
    come to.
    """

    whole: Whole
    is_new: bool
    comes_of_it: Sequence[EntryRow]
    told: Sequence[NotificationRow]


def whole_incident(
    connection: Connection, journal: Journal, key: str, catalog: Catalog
) -> Whole | None:
    """Return all that is known of an incident; None where there is none of that id."""
    row = incidents_by_id(connection, [key]).get(key)
    if row is None:
        return None
    known = LineageIndex(lambda: catalog).identities(connection)
    since = changes_of(connection, journal, catalog, [row], known.jobs).get(key)
    why = row.explanation
    return Whole(
        row,
        timelines_of(connection, [key])[key],
        signals_of(connection, [key])[key],
        notifications_of(connection, [key]).get(key, []),
        run_id(since.last_good.key) if since and since.last_good else None,
        since.changes if since else [],
        similar_to(connection, [row], known.called)[key],
        [*ways(catalog, why.labels, also_called(known.called, row.root, why.job))],
    )
