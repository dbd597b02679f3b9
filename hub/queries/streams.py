"""What streams wrote while they went on: they seldom complete, so few versions tell of it."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import or_, select, true

from hub.domain.names import DatasetName
from hub.queries.datasets import find_datasets
from hub.queries.marquez.versions import Version
from hub.queries.run_events import outputs_since
from hub.queries.run_reports import runs_at
from hub.queries.runs import runs_by_id
from hub.store.dialect import among
from hub.store.lineage_rows import FOREVER
from hub.store.projection.beginnings import named_since
from hub.store.projection.edge_rows import OUTPUTS
from hub.store.run_context import IS_STREAM
from hub.store.tables import edge, job, run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection

    from hub.queries.marquez.versions import Reading
    from hub.queries.moments import Moment
    from hub.queries.runs import RunRow
    from hub.store.journal import Journal

# The streams that began last; of a dataset there are few.
_MAX_STREAMS: Final = 1_000


class Written(NamedTuple):
    """That a stream had written a dataset (an id of it) from one instant until before another."""

    dataset_id: int
    since: int
    until: int


def versions_of_streams(
    connection: Connection, readings: Collection[Reading], moment: Moment, journal: Journal
) -> dict[Reading, Version]:
    """Return which readings found what a stream was writing, and had not ended to write.

    It is as new as the reading, unless the stream had last been heard of before.
    """
    if not readings:
        return {}
    starts = _starts(connection, readings, moment, journal)
    keys = {key for of_dataset in starts.values() for key in of_dataset}
    rows = _rows(connection, keys, moment)
    found = {}
    for reading in readings:
        writers = starts.get(reading.dataset_id, {})
        going_on = [
            (min(reading.at, row.anchor_at or 0), since, key)
            for key, since in writers.items()
            if (row := rows.get(key)) and key != reading.run_id and since <= reading.at
            if row.ended_at is None or reading.at < row.ended_at
        ]
        if going_on:
            at, _, key = max(going_on)
            found[reading] = Version(reading.dataset_id, key, at, None)
    return found


def written_by_streams(
    connection: Connection, runs: Collection[int], moment: Moment
) -> Iterator[Written]:
    """Yield what those of some runs that are of streams wrote while they went on.

    Of a moment at which less was known, all that may have been known.
    """
    columns = run.c
    statement = select(columns.said, columns.begun, columns.ended_at)
    found = connection.execute(statement.where(among(columns.id, runs), columns.begun.is_not(None)))
    for said, begun, ended_at in found:
        until = FOREVER if ended_at is None or moment.position is not None else ended_at
        for dataset_id, since in named_since(said, begun, OUTPUTS).items():
            yield Written(dataset_id, since, until)


def _starts(
    connection: Connection, readings: Collection[Reading], moment: Moment, journal: Journal
) -> Mapping[int, Mapping[int, int]]:
    """Return since when runs of streams write each dataset that was read, by the store's ids."""
    instants = [each.at for each in readings]
    columns = run.c
    goes_on = or_(columns.ended_at.is_(None), columns.ended_at > min(instants))
    streams = (
        select(edge.c.job_id)
        .join(job, job.c.id == edge.c.job_id)
        .where(
            among(edge.c.dataset_id, {each.dataset_id for each in readings}),
            edge.c.side == "out",
            IS_STREAM,
        )
    )
    statement = (
        select(columns.id, columns.said, columns.begun)
        .where(
            columns.job_id.in_(streams),
            columns.begun.is_not(None),
            columns.first_event_at <= max(instants),
            # That it has ended may not have been known then.
            goes_on if moment.position is None else true(),
        )
        .order_by(columns.first_event_at.desc(), columns.id.desc())
        .limit(_MAX_STREAMS)
    )
    begun = {
        key: named_since(said, packed, OUTPUTS)
        for key, said, packed in connection.execute(statement)
    }
    if moment.position is not None and begun:
        begun = _known_starts(connection, begun, moment, journal)
    starts: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for key, of_run in begun.items():
        for dataset_id, since in of_run.items():
            starts[dataset_id][key] = since
    return starts


def _known_starts(
    connection: Connection, runs: Collection[int], moment: Moment, journal: Journal
) -> dict[int, Mapping[int, int]]:
    """Return since when runs write each dataset, by what the hub had been told of them."""
    told = outputs_since(connection, runs, journal=journal, moment=moment)
    names: set[DatasetName] = set(chain.from_iterable(told.values()))
    ids = {name: row.id for name, row in find_datasets(connection, names).items()}
    return {
        key: {ids[name]: since for name, since in of_run.items() if name in ids}
        for key, of_run in told.items()
    }


def _rows(connection: Connection, keys: Collection[int], moment: Moment) -> dict[int, RunRow]:
    if not keys:
        return {}
    rows = runs_by_id(connection, keys)
    if moment.is_now:
        return rows
    return {row.id: row for row in runs_at(connection, [*rows.values()], moment)}
