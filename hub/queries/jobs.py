"""Jobs by name, in pages, and by the store's ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, exists, func, or_, select, true

from hub.domain.names import JobName
from hub.graph.identities import NOTHING
from hub.queries.datasets import MAX_LISTED
from hub.queries.moments import NOW
from hub.queries.names import fetch_by_name
from hub.queries.pages import Page, PageRequest
from hub.queries.selections import IDS, Grouped, group
from hub.store.dialect import among, besides, table_of_names
from hub.store.tables import job, job_dependency, job_parent, namespace, run

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Column, ColumnElement, Connection

    from hub.graph.identities import Things
    from hub.queries.moments import Moment
    from hub.queries.pages import Key


class JobRow(NamedTuple):
    """A job. ``id`` is the store's; ``first_seen`` and ``last_seen`` are event time.

    They are null while the job is known only as some run's parent.
    """

    id: int
    namespace: str
    name: str
    processing_type: str | None
    integration: str | None
    job_type: str | None
    first_seen: int | None
    last_seen: int | None

    @property
    def key(self) -> JobName:
        """The job's natural key."""
        return JobName(self.namespace, self.name)

    @property
    def sort_key(self) -> Key:
        """Jobs are listed by namespace and name."""
        return (self.namespace, self.name)


class JobFilter(NamedTuple):
    """Which jobs are listed.

    ``with_datasets``: those that read or write any. ``outermost``: those whose runs no other job's
    run has started by then.
    """

    with_datasets: bool = False
    outermost: bool = False


ALL = JobFilter()

_JOBS = select(
    job.c.id,
    namespace.c.name.label("namespace"),
    job.c.name,
    job.c.processing_type,
    job.c.integration,
    job.c.job_type,
    job.c.first_seen,
    job.c.last_seen,
).join(namespace, namespace.c.id == job.c.namespace_id)
_BY_ID: Final = _JOBS.where(among(job.c.id, IDS))


def list_jobs(
    connection: Connection,
    request: PageRequest,
    *,
    in_namespace: str | None = None,
    choice: JobFilter = ALL,
    moment: Moment = NOW,
    things: Things = NOTHING,
) -> Page[JobRow]:
    """Return a page of jobs, by namespace and name.

    Each of ``things`` is one job, whatever its names.
    """
    conditions = _listed(connection, choice, moment, things)
    statement = _JOBS.where(*conditions) if conditions else _JOBS
    if in_namespace is not None:
        statement = statement.where(namespace.c.name == in_namespace)
    return fetch_by_name(connection, statement, job, request, JobRow._make)


def count_jobs(
    connection: Connection,
    *,
    in_namespace: str | None = None,
    choice: JobFilter = ALL,
    moment: Moment = NOW,
    things: Things = NOTHING,
) -> int:
    """Return how many jobs ``list_jobs`` goes through."""
    conditions = _listed(connection, choice, moment, things)
    statement = select(func.count()).select_from(job).where(*conditions)
    if in_namespace is not None:
        statement = statement.join(namespace, namespace.c.id == job.c.namespace_id)
        statement = statement.where(namespace.c.name == in_namespace)
    return connection.execute(statement).scalar_one()


def find_jobs(
    connection: Connection, names: Collection[JobName], *, moment: Moment = NOW
) -> dict[JobName, JobRow]:
    """Return those of ``names`` that exist."""
    wanted = table_of_names(names)
    is_wanted = (wanted.c.namespace == namespace.c.name) & (wanted.c.name == job.c.name)
    statement = _JOBS.join(wanted, is_wanted).where(was_there(moment))
    found = [JobRow(*row) for row in connection.execute(statement)]
    return {row.key: row for row in found}


def jobs_by_id(connection: Connection, ids: Collection[int]) -> dict[int, JobRow]:
    """Return jobs by the store's ids."""
    found = connection.execute(_BY_ID, {"ids": ids})
    return {row[0]: JobRow(*row) for row in found}


def parents_of(
    connection: Connection, jobs: Collection[int], moment: Moment = NOW
) -> Grouped[JobRow]:
    """Return the jobs whose runs have started runs of each by then, by namespace and name."""
    return _family(connection, jobs, job_parent.c.job_id, job_parent.c.parent_id, moment)


def children_of(
    connection: Connection, jobs: Collection[int], moment: Moment = NOW
) -> Grouped[JobRow]:
    """Return the jobs whose runs were started by runs of each by then, by namespace and name."""
    return _family(connection, jobs, job_parent.c.parent_id, job_parent.c.job_id, moment)


def _family(
    connection: Connection,
    jobs: Collection[int],
    of: Column[int],
    other: Column[int],
    moment: Moment,
) -> Grouped[JobRow]:
    statement = (
        select(of, *_JOBS.selected_columns)
        .select_from(job_parent)
        .join(job, job.c.id == other)
        .join(namespace, namespace.c.id == job.c.namespace_id)
        .where(among(of, jobs), _had_begun(moment))
        .distinct()
        .order_by(namespace.c.name, job.c.name)
    )
    found = group(connection.execute(statement), JobRow)
    return {key: rows[:MAX_LISTED] for key, rows in found.items()}


def was_there(moment: Moment) -> ColumnElement[bool]:
    """Return the condition that events had named a job by then, be it as a parent or a dependency.

    Such a job has no times of its own.
    """
    if moment.as_of is None:
        return moment.sees(job)
    told = job_dependency.alias()
    is_awaited = exists().where(told.c.other_id == job.c.id, moment.within(told.c.first_seen))
    is_named = or_(moment.within(job.c.first_seen), _had_started_any(moment), is_awaited)
    return and_(moment.knows(job.c.first_position), is_named)


def _had_started_any(moment: Moment) -> ColumnElement[bool]:
    """Return the condition that a run had begun by then which a run of the job had started."""
    started, child, parent = job.alias(), run.alias(), run.alias()
    return exists().where(
        job_parent.c.parent_id == job.c.id,
        started.c.id == job_parent.c.job_id,
        # It spares most the look at their runs.
        moment.within(started.c.first_seen),
        child.c.job_id == started.c.id,
        moment.within(child.c.first_event_at),
        parent.c.id == child.c.parent_id,
        parent.c.job_id == job.c.id,
    )


def _had_begun(moment: Moment) -> ColumnElement[bool]:
    """Return the condition that a run had begun by then that its parent's job had started."""
    if moment.is_now:
        return true()
    parent = run.alias()
    return (
        exists()
        .where(
            run.c.job_id == job_parent.c.job_id,
            parent.c.id == run.c.parent_id,
            parent.c.job_id == job_parent.c.parent_id,
            moment.knows_run(run.c.id),
        )
        .correlate(job_parent)
    )


def _listed(
    connection: Connection, choice: JobFilter, moment: Moment, things: Things
) -> list[ColumnElement[bool]]:
    conditions = [] if moment.is_now else [was_there(moment)]
    if things.further:
        conditions.append(besides(job.c.id, things.further))
    if choice.with_datasets:
        edges = moment.edges()
        own = exists().where(edges.c.job_id == job.c.id, moment.holds(edges))
        others = _with_any(connection, things, edges.c.job_id, moment.holds(edges))
        conditions.append(own | among(job.c.id, others) if others else own)
    if choice.outermost:
        is_started = _had_begun(moment)
        started = _with_any(connection, things, job_parent.c.job_id, is_started)
        conditions.append(~exists().where(job_parent.c.job_id == job.c.id, is_started))
        conditions.append(besides(job.c.id, started))
    return conditions


def _with_any(
    connection: Connection, things: Things, of: ColumnElement[int], condition: ColumnElement[bool]
) -> set[int]:
    """Return what stands for jobs that have a row under another one of their names."""
    if not things.further:
        return set()
    rows = select(of).where(among(of, things.further), condition).distinct()
    return {things.key(key) for key in connection.scalars(rows)}
