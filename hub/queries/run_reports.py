"""What runs' events say, read back from the journal: facets, and how far a run had come.

Facets accumulate over a run: each is replaced whole by a later event; at one time the rules of
``hub.domain.openlineage.runs.Order`` decide, so that the answer does not depend on the order of
delivery.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Raw, Struct, field
from sqlalchemy import and_, select

from hub.domain.openlineage.events import EventType, RunEvent, event_digest, facets_of, read_event
from hub.domain.openlineage.facets import (
    PARENTS,
    forwarded_in,
    read_quality_metrics,
    read_statistics,
)
from hub.domain.openlineage.flows import sides_of_run
from hub.domain.openlineage.runs import (
    Order,
    RunEventKey,
    RunFold,
    RunState,
    SeenState,
    fold_run,
)
from hub.queries.datasets import find_datasets
from hub.queries.runs import MeasureRow, RunRow, runs_by_id
from hub.queries.selections import Grouped, group, newest
from hub.store.dialect import among
from hub.store.tables import lost_run, run, run_event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection, FromClause

    from hub.domain.names import DatasetName
    from hub.queries.moments import Moment
    from hub.store.journal import Journal

INPUT: Final = "in"
OUTPUT: Final = "out"
# Of the runs under one that says nothing itself, how many are heard.
_MAX_BELOW: Final = 20
# Facets that say how much, each with the side that it is of, where that is not the use's.
_MEASURES: Final = (
    ("outputStatistics", None, read_statistics),
    ("inputStatistics", None, read_statistics),
    ("dataQualityMetrics", "quality", read_quality_metrics),
)


class EventRow(NamedTuple):
    """An event of a run; instants are event time."""

    event_time: int
    event_type: EventType
    digest: bytes
    position: int


class Said(NamedTuple):
    """A facet's content, and what it won by. ``producer`` is that of the event."""

    order: Order
    raw: Raw
    producer: str | None


class Use(NamedTuple):
    """A dataset on one side of a run, ``INPUT`` or ``OUTPUT``."""

    side: str
    dataset: DatasetName


class RunReport(Struct):
    """The facets in force of a run, and of what it reads and writes, each by its key.

    ``left_out`` says which datasets that its events name cannot be used, and why.
    """

    facets: dict[str, Said] = field(default_factory=dict)
    uses: dict[Use, dict[str, Said]] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)


def events_of(
    connection: Connection, runs: Collection[int], *, moment: Moment
) -> Grouped[EventRow]:
    """Return the events of each run that had happened and were known."""
    columns = run_event.c
    statement = select(
        columns.run_id, columns.event_time, columns.event_type, columns.digest, columns.position
    ).where(
        among(columns.run_id, runs),
        moment.within(columns.event_time),
        moment.knows(columns.position),
    )
    return group(connection.execute(statement), EventRow)


def runs_at(connection: Connection, rows: Collection[RunRow], moment: Moment) -> list[RunRow]:
    """Return how far runs had come; those of which nothing was known are left out."""
    ids = [row.id for row in rows]
    folds = folds_at(connection, ids, moment)
    lost = _lost_by(connection, ids, moment)
    return [_run_at(row, folds[row.id], lost.get(row.id)) for row in rows if row.id in folds]


def folds_at(connection: Connection, runs: Collection[int], moment: Moment) -> dict[int, RunFold]:
    """Return what the events of each run came to that had happened and were known."""
    found = events_of(connection, runs, moment=moment)
    return {key: fold_run(map(_key, events)) for key, events in found.items()}


class _Lost(NamedTuple):
    """That nothing was heard of a run since an instant, which was too long."""

    heard_at: int
    reason: str


def _lost_by(connection: Connection, runs: Collection[int], moment: Moment) -> dict[int, _Lost]:
    """Return which runs had been declared lost."""
    columns = lost_run.c
    statement = select(columns.run_id, columns.heard_at, columns.reason).where(
        among(columns.run_id, runs), moment.within(columns.lost_at), moment.knows(columns.position)
    )
    return {key: _Lost(*rest) for key, *rest in connection.execute(statement)}


def runs_named(connection: Connection, ids: Collection[int], moment: Moment) -> list[RunRow]:
    """Return how far runs had come that others name; of some nothing else may have been known."""
    found = runs_by_id(connection, ids)
    if moment.is_now:
        return [*found.values()]
    then = {row.id: row for row in runs_at(connection, found.values(), moment)}
    return [then.get(key) or _silent(row) for key, row in found.items()]


def reports_of(
    connection: Connection, runs: Collection[int], *, journal: Journal, moment: Moment
) -> dict[int, RunReport]:
    """Return what the events of each run say that had happened and were known.

    Of a run without any, what the runs under it say of it.
    """
    found = events_of(connection, runs, moment=moment)
    run_of = {row.position: key for key, rows in found.items() for row in rows}
    reports = {key: RunReport() for key in found}
    for position, event in _read(connection, journal, run_of):
        _add(reports[run_of[position]], event)
    silent = [key for key in runs if key not in found]
    return reports | _forwarded(connection, silent, journal=journal, moment=moment)


def _read(
    connection: Connection, journal: Journal, positions: Collection[int]
) -> Iterator[tuple[int, RunEvent]]:
    for entry in journal.read_at(connection, positions):
        event = read_event(entry.body)
        if isinstance(event, RunEvent):
            yield entry.position, event


def _forwarded(
    connection: Connection, runs: Collection[int], *, journal: Journal, moment: Moment
) -> dict[int, RunReport]:
    """Return the facets of runs that the newest runs under them forward, first and last."""
    below = _runs_below(connection, runs, moment) if runs else []
    told = events_of(connection, below, moment=moment) if below else {}
    positions = {ends(rows, key=_placed).position for rows in told.values() for ends in (min, max)}
    ids = {row.key: key for key, row in runs_by_id(connection, runs).items()} if told else {}
    reports = {key: RunReport() for key in ids.values()}
    for _, event in _read(connection, journal, positions):
        for each in forwarded_in(facets_of(event.run_facets)):
            if each.run in ids:
                said = facets_of(each.run_facets)
                own = {name: raw for name, raw in said.items() if name not in PARENTS}
                _let_compete(reports[ids[each.run]].facets, own, event)
    return reports


def _runs_below(connection: Connection, runs: Collection[int], moment: Moment) -> list[int]:
    """Return the newest runs that name each as their parent, or as a root that is another."""

    def is_far(table: FromClause) -> ColumnElement[bool]:
        return and_(table.c.root_id != table.c.parent_id, is_known(table))

    def is_known(table: FromClause) -> ColumnElement[bool]:
        return moment.knows_run(table.c.id)

    found: list[int] = []
    for elder, only in ((run.c.parent_id, is_known), (run.c.root_id, is_far)):
        by = run.c.first_event_at, run.c.id
        chosen = newest((elder, run.c.id), by=by, parents=runs, at_most=_MAX_BELOW, only=only)
        found += (key for _, key in connection.execute(chosen))
    return found


def measures_said(
    connection: Connection, reports: Mapping[int, RunReport]
) -> dict[int, list[MeasureRow]]:
    """Return how much each run says that it read, wrote and examined of each dataset."""
    names = {use.dataset for report in reports.values() for use in report.uses}
    ids = {name: row.id for name, row in find_datasets(connection, names).items()}
    return {
        key: [
            MeasureRow(ids[use.dataset], side or use.side, found.rows, found.bytes, found.files)
            for use, said in sorted(report.uses.items(), key=lambda item: item[0])
            for facet, side, read in _MEASURES
            if use.dataset in ids and facet in said and (found := read(said[facet].raw))
        ]
        for key, report in reports.items()
    }


def _run_at(row: RunRow, fold: RunFold, lost: _Lost | None) -> RunRow:
    # Producers say why when a run ends.
    has_ended = fold.ended_at is not None
    if fold.state is not RunState.RUNNING or (lost and lost.heard_at < fold.last_event_at):
        lost = None
    return row._replace(
        state=SeenState.LOST.value if lost else fold.state.value,
        reason=lost.reason if lost else None,
        attempt=fold.attempt,
        started_at=fold.started_at,
        ended_at=fold.ended_at,
        first_event_at=fold.first_event_at,
        last_event_at=fold.last_event_at,
        anchor_at=fold.anchor_at,
        error_message=row.error_message if has_ended else None,
    )


def _silent(row: RunRow) -> RunRow:
    return row._replace(
        state=None,
        attempt=0,
        started_at=None,
        ended_at=None,
        first_event_at=None,
        last_event_at=None,
        anchor_at=None,
        nominal_start_at=None,
        nominal_end_at=None,
        parent_id=None,
        root_id=None,
        input_set_id=None,
        output_set_id=None,
        producer=None,
        error_message=None,
        error_order=None,
        reason=None,
    )


_placed: Final = attrgetter("event_time", "position")


def _key(row: EventRow) -> RunEventKey:
    return RunEventKey(row.event_time, row.event_type, bytes(row.digest))


def _add(report: RunReport, event: RunEvent) -> None:
    _let_compete(report.facets, facets_of(event.run_facets), event)
    report.left_out.update(event.left_out)
    for side, uses in ((INPUT, event.inputs), (OUTPUT, event.outputs)):
        for use in uses:
            held = report.uses.setdefault(Use(side, use.name), {})
            _let_compete(held, facets_of(use.measures), event)
    for side, names in zip((INPUT, OUTPUT), sides_of_run(event), strict=True):
        for name in names:
            report.uses.setdefault(Use(side, name), {})


def _let_compete(held: dict[str, Said], said: Mapping[str, Raw], event: RunEvent) -> None:
    for name, raw in said.items():
        order = Order(event.event_time, event.event_type.rank, event_digest(bytes(raw)))
        if name not in held or held[name].order < order:
            held[name] = Said(order, raw, event.producer)
