"""Run facets, read back from the events that carried them.

Each facet is replaced whole by a later event; at one time the rules of ``hub.domain.runs.Order``
decide, so that the answer does not depend on the order of delivery.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import json

from hub.domain.events import RunEvent, event_digest, facets_of, read_event
from hub.domain.facets import is_deleted
from hub.domain.runs import Order
from hub.queries.selections import newest
from hub.store.tables import run_event

if TYPE_CHECKING:
    from collections.abc import Collection

    from msgspec import Raw
    from sqlalchemy import Connection

    from hub.store.journal import Journal

# Of a run that runs for ever, the events that are looked at.
_MAX_EVENTS = 200


def run_facets(
    connection: Connection, runs: Collection[int], *, journal: Journal
) -> dict[int, dict[str, Any]]:
    """Return the facets in force of each run, as its producer wrote them."""
    by_position = _positions(connection, runs)
    best: dict[int, dict[str, tuple[Order, Raw]]] = {}
    for entry in journal.read_at(connection, by_position):
        event = read_event(entry.body)
        if isinstance(event, RunEvent):
            held = best.setdefault(by_position[entry.position], {})
            for name, raw in facets_of(event.run_facets).items():
                order = Order(event.event_time, event.event_type.rank, event_digest(bytes(raw)))
                if name not in held or held[name][0] < order:
                    held[name] = (order, raw)
    return {
        run: {name: json.decode(raw) for name, (_, raw) in held.items() if not is_deleted(raw)}
        for run, held in best.items()
    }


def _positions(connection: Connection, runs: Collection[int]) -> dict[int, int]:
    """Return the run of each journal position that holds an event of one."""
    columns = run_event.c
    statement = newest(
        (columns.run_id, columns.position),
        by=(columns.event_time, columns.position),
        parents=runs,
        at_most=_MAX_EVENTS,
    )
    return {position: run for run, position in connection.execute(statement)}
