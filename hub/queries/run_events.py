"""What the events of single runs said of the run, its job and its data, read from the journal.

Each facet is replaced whole by a later event; at one time the rules of
``hub.domain.openlineage.runs.Order`` decide, so that the answer does not depend on the order of
delivery.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Raw, Struct, field
from sqlalchemy import and_

from hub.domain.names import DatasetName
from hub.domain.openlineage.events import RunEvent, event_digest, facets_of, read_event
from hub.domain.openlineage.facets import is_deleted
from hub.domain.openlineage.flows import sides_of_run
from hub.domain.openlineage.runs import Order
from hub.queries.moments import NOW
from hub.queries.selections import IDS, made_once, newest
from hub.store.tables import run_event

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Select

    from hub.queries.moments import Moment
    from hub.store.journal import Journal

# Of a run that runs for ever, the events that are looked at.
_MAX_EVENTS = 200


class Facets:
    """Facets by name, as events say them in whatever order."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[Order, Raw]] = {}

    def hear(self, container: Raw, event: RunEvent) -> None:
        """Let the facets that an event brings compete with those that are held."""
        for name, raw in facets_of(container).items():
            order = Order(event.event_time, event.event_type.rank, event_digest(bytes(raw)))
            if name not in self._held or self._held[name][0] < order:
                self._held[name] = (order, raw)

    def in_force(self) -> dict[str, Raw]:
        """Return those that hold, by name."""
        held = sorted(self._held.items())
        return {name: raw for name, (_, raw) in held if not is_deleted(raw)}


class Use(Struct):
    """What a run said of one of its datasets: of the data itself, and of this use of it."""

    facets: Facets = field(default_factory=Facets)
    measures: Facets = field(default_factory=Facets)


class Said(Struct):
    """What all events of a run say together."""

    run: Facets = field(default_factory=Facets)
    job: Facets = field(default_factory=Facets)
    inputs: dict[DatasetName, Use] = field(default_factory=dict)
    outputs: dict[DatasetName, Use] = field(default_factory=dict)

    def hear(self, event: RunEvent) -> None:
        """Take in one event."""
        self.run.hear(event.run_facets, event)
        self.job.hear(event.job_facets, event)
        for uses, side in ((event.inputs, self.inputs), (event.outputs, self.outputs)):
            for each in uses:
                use = side.setdefault(each.name, Use())
                use.facets.hear(each.facets, event)
                use.measures.hear(each.measures, event)
        for names, side in zip(sides_of_run(event), (self.inputs, self.outputs), strict=True):
            for name in names:
                side.setdefault(name, Use())


def said_of(
    connection: Connection, runs: Collection[int], *, journal: Journal, moment: Moment = NOW
) -> dict[int, Said]:
    """Return what the events of each run say, or had said by then, by the store's ids."""
    by_position = _positions(connection, runs, moment)
    found = {run: Said() for run in runs}
    for entry in journal.read_at(connection, by_position):
        event = read_event(entry.body)
        if isinstance(event, RunEvent):
            found[by_position[entry.position]].hear(event)
    return found


def outputs_since(
    connection: Connection, runs: Collection[int], *, journal: Journal, moment: Moment
) -> dict[int, dict[DatasetName, int]]:
    """Return when each run first named each of its outputs, by what its events had said by then."""
    by_position = _positions(connection, runs, moment)
    found: dict[int, dict[DatasetName, int]] = {run: {} for run in runs}
    for entry in journal.read_at(connection, by_position):
        event = read_event(entry.body)
        if isinstance(event, RunEvent):
            since = found[by_position[entry.position]]
            for use in event.outputs:
                since[use.name] = min(event.event_time, since.get(use.name, event.event_time))
    return found


def _positions(connection: Connection, runs: Collection[int], moment: Moment) -> dict[int, int]:
    """Return the run of each journal position that holds an event of one."""
    found = connection.execute(_newest_events(moment), {"ids": runs})
    return {position: run for run, position in found}


@made_once
def _newest_events(moment: Moment) -> Select[Any]:
    columns = run_event.c
    return newest(
        (columns.run_id, columns.position),
        by=(columns.event_time, columns.position),
        parents=IDS,
        at_most=_MAX_EVENTS,
        only=lambda events: and_(
            moment.within(events.c.event_time), moment.knows(events.c.position)
        ),
    )
