"""Runs that have aged: which may leave the store, and what the others are still needed for.

What is kept of a job's past is all that anything may ask of it since the horizon: its newest runs,
the runs from which its edges are folded on, and those that hold a dataset's newest versions, checks
and measures. An instant since the horizon is answered from these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, case, exists, func, literal, or_, select

from hub.domain.incidents.decisions import RetiredRun
from hub.domain.incidents.incident import IncidentState
from hub.domain.names import parse_node_id
from hub.domain.openlineage.runs import RunState
from hub.domain.retention import DAY
from hub.store.natural_rows import NATURAL_TABLES
from hub.store.tables import (
    dataset_metric,
    dataset_version,
    incident,
    io_set_member,
    job,
    namespace,
    quality_assertion,
    run,
    run_event,
    signal,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, FromClause, Select

    from hub.store.natural_rows import NaturalTable

_ENDED: Final = (RunState.COMPLETE.value, RunState.FAIL.value, RunState.ABORT.value)
_SETS: Final = (run.c.input_set_id, run.c.output_set_id, run.c.column_set_id)
# What goes with a run; the natural tables of the same names are what is archived of it.
RUN_TABLES: Final = (run, run_event, dataset_version, quality_assertion, dataset_metric)
_FETCH: Final = 5_000


class AgedRun(NamedTuple):
    """A run from before the horizon; ``kept_as`` says what it is still needed for, if anything."""

    id: int
    ended_at: int
    kept_as: str | None


def namespaces_of_jobs(connection: Connection) -> list[tuple[int, str]]:
    """Return id and name of every namespace that has jobs, by name."""
    has_jobs = exists().where(job.c.namespace_id == namespace.c.id)
    statement = select(namespace.c.id, namespace.c.name).where(has_jobs).order_by(namespace.c.name)
    return [(key, name) for key, name in connection.execute(statement)]


def aged_runs(
    connection: Connection, namespace_id: int, horizon: int, least: int
) -> Iterator[AgedRun]:
    """Yield the runs of a namespace's jobs from before the horizon, the oldest first."""
    reasons = _reasons(horizon, least, _needed_by_incidents(connection))
    statement = (
        select(run.c.id, run.c.anchor_at, case(*reasons, else_=None))
        .join(job, job.c.id == run.c.job_id)
        .where(
            job.c.namespace_id == namespace_id,
            run.c.anchor_at < horizon,
            run.c.last_event_at < horizon,
        )
        .order_by(run.c.anchor_at, run.c.id)
    )
    for row in connection.execute(statement, execution_options={"yield_per": _FETCH}):
        yield AgedRun(*row)


def describe(connection: Connection, ids: Sequence[int]) -> tuple[RetiredRun, ...]:
    """Return runs by name, each with the position of its last event, as they are now."""
    last = select(func.max(run_event.c.position)).where(run_event.c.run_id == run.c.id)
    statement = (
        select(namespace.c.name, job.c.name, run.c.run_id, func.coalesce(last.scalar_subquery(), 0))
        .select_from(run)
        .join(job, job.c.id == run.c.job_id)
        .join(namespace, namespace.c.id == job.c.namespace_id)
        .where(run.c.id.in_(ids))
        .order_by(run.c.id)
    )
    return tuple(RetiredRun(*row) for row in connection.execute(statement))


def run_rows(ids: Sequence[int]) -> Iterator[tuple[NaturalTable, Select[Any]]]:
    """Yield each table of runs, and what selects the rows that some of them have in it."""
    named = {each.name: each for each in NATURAL_TABLES}
    for table in RUN_TABLES:
        natural = named[str(table.name)]
        of = run.c.id if table is run else table.c.run_id
        yield natural, natural.statement.where(of.in_(ids))


def _needed_by_incidents(connection: Connection) -> list[str]:
    """Return the run ids that open signals and incidents name."""
    statement = (
        select(signal.c.run)
        .where(signal.c.cleared_at.is_(None), signal.c.run.is_not(None))
        .union(
            select(incident.c.run).where(
                incident.c.state != IncidentState.RESOLVED.value, incident.c.run.is_not(None)
            )
        )
    )
    return sorted({parse_node_id(node)[1][-1] for node in connection.scalars(statement)})


def _reasons(
    horizon: int, least: int, needed: Sequence[str]
) -> list[tuple[ColumnElement[bool], ColumnElement[str]]]:
    """Return what a run may be kept for, in the order in which it is asked."""
    found = {
        "it has not ended": run.c.state.not_in(_ENDED),
        "it is among its job's newest": or_(
            _is_among_newest(horizon, least), _is_among_newest(horizon, least, complete=True)
        ),
        "its job's edges are folded from it on": or_(
            *(_is_folded_from(column, horizon) for column in _SETS)
        ),
        "it wrote a dataset's newest versions": or_(
            _wrote_newest(horizon, least), _wrote_newest(horizon, least, rows=True)
        ),
        "it has a dataset's newest checks": _saw_newest(quality_assertion, horizon, least),
        "it has a dataset's newest measures": _saw_newest(dataset_metric, horizon, least),
        "an open incident names it": run.c.run_id.in_(needed),
    }
    return [(condition, literal(reason)) for reason, condition in found.items()]


def _is_among_newest(horizon: int, least: int, *, complete: bool = False) -> ColumnElement[bool]:
    other = run.alias()
    statement = select(other.c.anchor_at).where(
        other.c.job_id == run.c.job_id, other.c.anchor_at < horizon
    )
    if complete:
        statement = statement.where(other.c.state == RunState.COMPLETE.value)
    limit = statement.order_by(other.c.anchor_at.desc()).limit(1).offset(least - 1)
    among = run.c.anchor_at >= func.coalesce(limit.scalar_subquery(), run.c.anchor_at)
    return and_(run.c.state == RunState.COMPLETE.value, among) if complete else among


def _is_folded_from(column: Column[Any], horizon: int) -> ColumnElement[bool]:
    """Return whether a run is needed to say what was open at the horizon, whatever comes late.

    An edge closes once complete runs have omitted it twice (``OBSERVED_OMISSIONS``), and siblings
    omit together: so the last two groups of them stay, whole. A parent without end has a group of
    each day (ADR 53).
    """
    newest, other, sibling = run.alias(), run.alias(), run.alias()

    def last(of: FromClause, what: ColumnElement[Any]) -> Select[Any]:
        found = select(what).where(
            of.c.job_id == run.c.job_id,
            of.c.anchor_at < horizon,
            of.c.state == RunState.COMPLETE.value,
            of.c[column.name].is_not(None),
        )
        return found.order_by(of.c.anchor_at.desc()).limit(1).correlate(run)

    before_newest = or_(
        *(part(other) != last(newest, part(newest)).scalar_subquery() for part in (_parent, _day))
    )
    since = last(other, other.c.anchor_at).where(before_newest).scalar_subquery()
    is_with_later = exists().where(
        sibling.c.job_id == run.c.job_id,
        sibling.c.parent_id == run.c.parent_id,
        sibling.c.first_event_at.between(_day(run), _day(run) + DAY - 1),
        sibling.c.anchor_at >= since,
    )
    is_later = run.c.anchor_at >= func.coalesce(since, run.c.anchor_at)
    return and_(column.is_not(None), or_(is_later, is_with_later))


def _parent(of: FromClause) -> ColumnElement[Any]:
    """Return whose child a run is; one without a parent is alone."""
    return func.coalesce(of.c.parent_id, -of.c.id)


def _day(of: FromClause) -> ColumnElement[Any]:
    """Return the beginning of the UTC day on which a run began; siblings share it."""
    return of.c.first_event_at - of.c.first_event_at % DAY


def _wrote_newest(horizon: int, least: int, *, rows: bool = False) -> ColumnElement[bool]:
    version, other, member = dataset_version.alias(), dataset_version.alias(), io_set_member.alias()
    statement = select(other.c.written_at).where(
        other.c.dataset_id == version.c.dataset_id, other.c.written_at < horizon
    )
    if rows:
        # As when it is asked when rows last came in.
        none = exists().where(
            dataset_metric.c.run_id == other.c.run_id,
            dataset_metric.c.dataset_id == other.c.dataset_id,
            dataset_metric.c.side == "out",
            dataset_metric.c.rows == 0,
        )
        statement = statement.where(~none)
    limit = statement.order_by(other.c.written_at.desc()).limit(1).offset(least - 1)
    written = func.coalesce(version.c.written_at, horizon)
    return exists().where(
        member.c.set_id == run.c.output_set_id,
        version.c.dataset_id == member.c.member_id,
        version.c.run_id == run.c.id,
        written >= func.coalesce(limit.scalar_subquery(), written),
    )


def _saw_newest(table: Any, horizon: int, least: int) -> ColumnElement[bool]:  # noqa: ANN401 - either table
    own, other = table.alias(), table.alias()
    statement = select(other.c.event_time).where(
        other.c.dataset_id == own.c.dataset_id, other.c.event_time < horizon
    )
    if table is dataset_metric:
        statement = statement.where(other.c.side == own.c.side)
    else:
        statement = statement.where(other.c.ordinal == 0)
    limit = statement.order_by(other.c.event_time.desc()).limit(1).offset(least - 1)
    return exists().where(
        own.c.run_id == run.c.id,
        own.c.event_time >= func.coalesce(limit.scalar_subquery(), own.c.event_time),
    )
