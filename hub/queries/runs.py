"""Runs: newest first, by job, by name, and by the store's ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import Select, and_, case, func, outerjoin, select

from hub.domain.failures.redaction import redact
from hub.domain.names import JobName, RunName
from hub.domain.openlineage.runs import SeenState, is_of_last_attempt
from hub.queries.moments import NOW
from hub.queries.pages import Page, PageRequest, fetch, follows
from hub.queries.selections import IDS, Grouped, by_key, group, made_once, newest
from hub.store.dialect import among
from hub.store.tables import dataset_metric, job, lost_run, namespace, producer, run

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from sqlalchemy import Connection

    from hub.queries.moments import Moment
    from hub.queries.pages import Key


class RunRow(NamedTuple):
    """A run. ``id``, ``…_id`` are the store's; instants are event time, microseconds UTC.

    ``state`` and ``first_event_at`` are null while it is known only as another run's parent.
    ``state`` is one of ``SeenState``; ``reason`` says why it is LOST. ``anchor_at`` is when it
    ended, or was last heard of.
    """

    id: int
    job_id: int
    run_id: str
    state: str | None
    attempt: int
    started_at: int | None
    ended_at: int | None
    first_event_at: int | None
    last_event_at: int | None
    anchor_at: int | None
    nominal_start_at: int | None
    nominal_end_at: int | None
    parent_id: int | None
    root_id: int | None
    input_set_id: int | None
    output_set_id: int | None
    producer: str | None
    error_message: str | None
    error_order: bytes | None
    reason: str | None
    namespace: str
    job: str

    @property
    def key(self) -> RunName:
        """The run's natural key."""
        return RunName(JobName(self.namespace, self.job), self.run_id)

    @property
    def error(self) -> str | None:
        """Why its last attempt failed, in its producer's words; redacted."""
        order, message = self.error_order, self.error_message
        if order is None or message is None:
            return None
        is_now = is_of_last_attempt(order, self.attempt, self.started_at)
        return redact(message) if is_now else None

    @property
    def sort_key(self) -> Key:
        """Runs of all jobs are listed by their first event, newest first."""
        return (self.first_event_at or 0, self.id)


class RunOfJob(NamedTuple):
    """A run in the list of its job: by ``anchor_at``, newest first."""

    row: RunRow

    @property
    def sort_key(self) -> Key:
        """Runs of one job are listed by when they ended or were last heard of."""
        return (self.row.anchor_at or 0, self.row.id)


class MeasureRow(NamedTuple):
    """How much of a dataset a run read ("in"), wrote ("out") or examined ("quality")."""

    dataset_id: int
    side: str
    rows: int | None
    bytes: int | None
    files: int | None


# Whether a run is lost, where runs are read together with decisions on them.
IS_LOST = and_(run.c.state == SeenState.RUNNING.value, lost_run.c.heard_at >= run.c.last_event_at)
_STATE = case((IS_LOST, SeenState.LOST.value), else_=run.c.state)
_ELSEWHERE = {"state": _STATE.label("state"), "producer": producer.c.name.label("producer")}
_OWN = tuple(
    _ELSEWHERE[name] if name in _ELSEWHERE else run.c[name] for name in RunRow._fields[:-3]
)
OF_DECISIONS = outerjoin(run, lost_run, lost_run.c.run_id == run.c.id)
_RUNS = (
    select(
        *_OWN,
        case((IS_LOST, lost_run.c.reason)).label("reason"),
        namespace.c.name.label("namespace"),
        job.c.name.label("job"),
    )
    .select_from(OF_DECISIONS)
    .join(job, job.c.id == run.c.job_id)
    .join(namespace, namespace.c.id == job.c.namespace_id)
    .outerjoin(producer, producer.c.id == run.c.producer_id)
)
_RUNS_BY_ID: Final = _RUNS.where(among(run.c.id, IDS))
_ORDER = (run.c.first_event_at, run.c.id)


def list_runs(
    connection: Connection,
    request: PageRequest,
    *,
    state: str | None = None,
    moment: Moment = NOW,
) -> Page[RunRow]:
    """Return a page of the runs that have events of their own by then, newest first."""
    statement = _only(_RUNS, state, moment).order_by(*(column.desc() for column in _ORDER))
    if request.after is not None:
        statement = statement.where(follows(_ORDER, request.after, descending=True))
    return fetch(connection, statement, request, RunRow._make)


def count_runs(connection: Connection, *, state: str | None = None, moment: Moment = NOW) -> int:
    """Return how many runs ``list_runs`` goes through."""
    statement = _only(select(func.count()).select_from(OF_DECISIONS), state, moment)
    counted: int = connection.execute(statement).scalar_one()
    return counted


def runs_of_jobs(
    connection: Connection, jobs: Collection[int], request: PageRequest, *, moment: Moment = NOW
) -> dict[int, Page[RunOfJob]]:
    """Return a page of the runs of each job, newest first; of those that had begun by then."""
    found: Grouped[RunOfJob] = {}
    rows = connection.execute(_newest_runs(request, moment), {"ids": jobs})
    for row in map(RunRow._make, rows):
        found.setdefault(row.job_id, []).append(RunOfJob(row))
    return {
        key: Page(rows[: request.first], len(rows) > request.first) for key, rows in found.items()
    }


@made_once
def _newest_runs(request: PageRequest, moment: Moment) -> Select[Any]:
    chosen = newest(
        (run.c.job_id, run.c.id),
        by=(run.c.anchor_at, run.c.id),
        parents=IDS,
        at_most=request.first + 1,
        after=request.after,
        only=lambda runs: moment.knows_run(runs.c.id),
    ).subquery()
    return _RUNS.join(chosen, chosen.c.id == run.c.id).order_by(
        run.c.job_id, run.c.anchor_at.desc(), run.c.id.desc()
    )


def last_runs_of_jobs(connection: Connection, jobs: Collection[int]) -> dict[int, RunRow]:
    """Return the newest of the runs of each job: the first that ``runs_of_jobs`` lists."""
    found = connection.execute(_LAST_RUNS, {"ids": jobs})
    return {row.job_id: row for row in map(RunRow._make, found)}


def _last_runs() -> Select[Any]:
    other, own = run.alias(), job.alias()
    last = (
        select(other.c.id)
        .where(other.c.job_id == own.c.id, other.c.anchor_at.is_not(None))
        .order_by(other.c.anchor_at.desc(), other.c.id.desc())
        .limit(1)
    )
    chosen = select(last.scalar_subquery()).select_from(own).where(among(own.c.id, IDS))
    return _RUNS.where(run.c.id.in_(chosen))


_LAST_RUNS: Final = _last_runs()


def count_runs_of_jobs(
    connection: Connection, jobs: Collection[int], *, moment: Moment = NOW
) -> dict[int, int]:
    """Return how many runs each job has."""
    statement = (
        select(run.c.job_id, func.count())
        .where(run.c.job_id.in_(jobs), run.c.anchor_at.is_not(None), moment.knows_run(run.c.id))
        .group_by(run.c.job_id)
    )
    return by_key(connection.execute(statement))


def find_runs(connection: Connection, names: Collection[RunName]) -> dict[RunName, RunRow]:
    """Return those of ``names`` that exist."""
    among = _RUNS.where(run.c.run_id.in_({name.run_id for name in names}))
    found = map(RunRow._make, connection.execute(among))
    return {row.key: row for row in found if row.key in names}


def runs_by_id(connection: Connection, ids: Collection[int]) -> dict[int, RunRow]:
    """Return runs by the store's ids."""
    found = connection.execute(_RUNS_BY_ID, {"ids": ids})
    return {row[0]: RunRow._make(row) for row in found}


def measures_of(connection: Connection, runs: Collection[int]) -> Grouped[MeasureRow]:
    """Return how much each run read and wrote of each dataset."""
    columns = dataset_metric.c
    statement = (
        select(
            columns.run_id,
            columns.dataset_id,
            columns.side,
            columns.rows,
            columns.bytes,
            columns.files,
        )
        .where(columns.run_id.in_(runs))
        .order_by(columns.run_id, columns.side, columns.dataset_id)
    )
    return group(connection.execute(statement), MeasureRow)


def _only(statement: Select[Any], state: str | None, moment: Moment) -> Select[Any]:
    statement = statement.where(run.c.first_event_at.is_not(None), moment.knows_run(run.c.id))
    return statement if state is None else statement.where(_STATE.in_([state]))
