"""Jobs by name, in pages, and by the store's ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, exists, func, or_, select, true

from hub.domain.names import JobName
from hub.graph.identities import NOTHING
from hub.queries.datasets import MAX_LISTED
from hub.queries.moments import NOW
from hub.queries.names import fetch_by_name
from hub.queries.pages import Page, PageRequest
from hub.queries.selections import IDS, Grouped, group
from hub.queries.statements import is_statement, is_statement_of
from hub.store.dialect import among, besides, table_of_names
from hub.store.tables import job, job_dependency, job_parent, namespace, run

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Column, ColumnElement, Connection, Select

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

    ``with_datasets``: those that read or write any, or whose statements do. ``outermost``: those
    whose runs no other job's run has started by then. ``statements``: also those that are a
    statement of another by then.
    """

    with_datasets: bool = False
    outermost: bool = False
    statements: bool = False


class WantedJobs(NamedTuple):
    """Which jobs are listed, where and when. Each of ``things`` is one job, whatever its names."""

    in_namespace: str | None = None
    choice: JobFilter = JobFilter()
    moment: Moment = NOW
    things: Things = NOTHING


class JobCount(NamedTuple):
    """How many jobs are listed, and how many are left out because they are statements."""

    listed: int
    folded: int


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
_ANY: Final = true()
_BY_ID: Final = _JOBS.where(among(job.c.id, IDS))


def list_jobs(connection: Connection, request: PageRequest, wanted: WantedJobs) -> Page[JobRow]:
    """Return a page of jobs, by namespace and name."""
    conditions = _chosen(connection, wanted)
    if not wanted.choice.statements:
        conditions.append(~_is_folded(connection, wanted))
    if wanted.in_namespace is not None:
        conditions.append(namespace.c.name == wanted.in_namespace)
    statement = _JOBS.where(*conditions) if conditions else _JOBS
    return fetch_by_name(connection, statement, job, request, JobRow._make)


def count_jobs(connection: Connection, wanted: WantedJobs) -> JobCount:
    """Return how many jobs ``list_jobs`` goes through."""
    chosen = _chosen(connection, wanted)
    every = _counted(connection, select(func.count()).select_from(job).where(*chosen), wanted)
    # What another job's run has started is no outermost one.
    is_none = wanted.choice.statements or wanted.choice.outermost
    folded = 0 if is_none else _count_folded(connection, wanted, chosen)
    return JobCount(every - folded, folded)


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


def applications_of(
    connection: Connection, jobs: Collection[int], moment: Moment = NOW
) -> Grouped[JobRow]:
    """Return the jobs that each is a statement of by then, by namespace and name."""
    of, other = job_parent.c.job_id, job_parent.c.parent_id
    return _family(connection, jobs, of, other, moment, is_statement())


def statements_of(
    connection: Connection, jobs: Collection[int], moment: Moment = NOW
) -> Grouped[int]:
    """Return the ids of all that are statements of each by then."""
    of, other = job_parent.c.parent_id, job_parent.c.job_id
    under = select(of, other).where(among(of, jobs), is_statement(), _had_begun(moment)).distinct()
    return group(connection.execute(under), int)


def _family(
    connection: Connection,
    jobs: Collection[int],
    of: Column[int],
    other: Column[int],
    moment: Moment,
    only: ColumnElement[bool] = _ANY,
) -> Grouped[JobRow]:
    statement = (
        select(of, *_JOBS.selected_columns)
        .select_from(job_parent)
        .join(job, job.c.id == other)
        .join(namespace, namespace.c.id == job.c.namespace_id)
        .where(among(of, jobs), _had_begun(moment), only)
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
    """Return the condition that a run had begun by then around which the job's run was.

    That may have started it, or be the outermost one.
    """
    started, child, elder = job.alias(), run.alias(), run.alias()
    return or_(
        *(
            exists().where(
                job_parent.c[said] == job.c.id,
                started.c.id == job_parent.c.job_id,
                # It spares most the look at their runs.
                moment.within(started.c.first_seen),
                child.c.job_id == started.c.id,
                moment.within(child.c.first_event_at),
                elder.c.id == child.c[said],
                elder.c.job_id == job.c.id,
            )
            for said in ("parent_id", "root_id")
        )
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


def _chosen(connection: Connection, wanted: WantedJobs) -> list[ColumnElement[bool]]:
    """Return the conditions on what is listed, statements or not."""
    _, choice, moment, things = wanted
    conditions = [] if moment.is_now else [was_there(moment)]
    if things.further:
        conditions.append(besides(job.c.id, things.further))
    if choice.with_datasets:
        conditions.append(_has_datasets(connection, wanted))
    if choice.outermost:
        is_started = _had_begun(moment)
        started = _with_any(connection, things, job_parent.c.job_id, is_started)
        is_one = exists().where(job_parent.c.job_id == job.c.id, is_started).correlate(job)
        conditions += [~is_one, besides(job.c.id, started)]
    return conditions


def _has_datasets(connection: Connection, wanted: WantedJobs) -> ColumnElement[bool]:
    _, choice, moment, things = wanted
    edges = moment.edges()
    holds = moment.holds(edges)
    ways = [(edges.c.job_id, holds)]
    if not choice.statements:
        is_under = and_(edges.c.job_id == job_parent.c.job_id, is_statement(), _had_begun(moment))
        ways.append((job_parent.c.parent_id, and_(is_under, holds)))
    own = (exists().where(of == job.c.id, condition).correlate(job) for of, condition in ways)
    others = (_with_any(connection, things, of, condition) for of, condition in ways)
    return or_(*own, *(among(job.c.id, keys) for keys in others if keys))


def _is_folded(connection: Connection, wanted: WantedJobs) -> ColumnElement[bool]:
    """Return the condition that a job is a statement of another one by then."""
    is_one = and_(is_statement(), _had_begun(wanted.moment))
    own = exists().where(job_parent.c.job_id == job.c.id, is_one)
    several = _of_several_names(wanted.things)
    if not several:
        return own
    folded = _folded_of(connection, several, wanted)
    return and_(own, besides(job.c.id, several)) | among(job.c.id, folded)


def _count_folded(
    connection: Connection, wanted: WantedJobs, chosen: list[ColumnElement[bool]]
) -> int:
    """Return how many are ``_is_folded``, from what started them: at once, not job by job."""
    above, several = job.alias(), _of_several_names(wanted.things)
    statement = (
        select(func.count(job.c.id.distinct()))
        .select_from(job_parent)
        .join(job, job.c.id == job_parent.c.job_id)
        .join(above, above.c.id == job_parent.c.parent_id)
        .where(is_statement_of(job, above), _had_begun(wanted.moment), *chosen)
    )
    alone = _counted(connection, statement.where(besides(job.c.id, several)), wanted)
    folded = _folded_of(connection, several, wanted)
    if not folded:
        return alone
    others = select(func.count()).select_from(job).where(among(job.c.id, folded), *chosen)
    return alone + _counted(connection, others, wanted)


def _of_several_names(things: Things) -> list[int]:
    return [key for each in things.known if len(each.ids) > 1 for key in each.ids]


def _folded_of(connection: Connection, jobs: list[int], wanted: WantedJobs) -> set[int]:
    """Return what stands for those jobs of several names that are a statement of another one."""
    if not jobs:
        return set()
    rows = select(job_parent.c.job_id, job_parent.c.parent_id).where(
        among(job_parent.c.job_id, jobs), is_statement(), _had_begun(wanted.moment)
    )
    pairs = (map(wanted.things.key, row) for row in connection.execute(rows))
    return {key for key, parent in pairs if key != parent}


def _with_any(
    connection: Connection, things: Things, of: ColumnElement[int], condition: ColumnElement[bool]
) -> set[int]:
    """Return what stands for jobs that have a row under another one of their names."""
    if not things.further:
        return set()
    rows = select(of).where(among(of, things.further), condition).distinct()
    return {things.key(key) for key in connection.scalars(rows)}


def _counted(connection: Connection, statement: Select[Any], wanted: WantedJobs) -> int:
    if wanted.in_namespace is not None:
        statement = statement.join(namespace, namespace.c.id == job.c.namespace_id)
        statement = statement.where(namespace.c.name == wanted.in_namespace)
    found: int = connection.execute(statement).scalar_one()
    return found
