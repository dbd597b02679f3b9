"""Namespaces, datasets and jobs, as slices of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from sqlalchemy import Select, and_, exists, func, select, union_all

from hub.domain.names import JobName
from hub.queries.datasets import DatasetRow, is_there
from hub.queries.jobs import JobRow, was_there
from hub.queries.moments import NOW, Moment
from hub.queries.selections import IDS, made_once
from hub.store.dialect import among
from hub.store.tables import dataset, edge, hidden_thing, job, namespace, run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect


RowT = TypeVar("RowT")


class Slice(NamedTuple):
    """Which rows of a list: ``limit`` of them, after the first ``offset``."""

    limit: int
    offset: int = 0


class Listed(NamedTuple, Generic[RowT]):
    """Some rows of a list, and how many it has."""

    rows: list[RowT]
    total: int


class Span(NamedTuple):
    """When (event time) something was first and last heard of."""

    first_seen: int
    last_seen: int


_DATASETS = select(
    dataset.c.id,
    namespace.c.name.label("namespace"),
    dataset.c.name,
    dataset.c.first_seen,
    dataset.c.last_seen,
).join(namespace, namespace.c.id == dataset.c.namespace_id)
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

_CHILD, _PARENT = run.alias(), run.alias()
# When things were first and last heard of that no event of their own names.
_INFERRED = select(
    edge.c.dataset_id.label("id"),
    func.min(edge.c.first_seen).label("first_seen"),
    func.max(edge.c.last_seen).label("last_seen"),
).group_by(edge.c.dataset_id)
_PARENTAL = (
    select(
        _PARENT.c.job_id.label("id"),
        func.min(_CHILD.c.first_event_at).label("first_seen"),
        func.max(_CHILD.c.last_event_at).label("last_seen"),
    )
    .join(_CHILD, _CHILD.c.parent_id == _PARENT.c.id)
    .group_by(_PARENT.c.job_id)
)

_LAST_INFERRED: Final = (
    select(func.max(edge.c.last_seen)).where(edge.c.dataset_id == dataset.c.id).correlate(dataset)
)
# Among the matches there may be parents of millions of runs. By the last of them it is known which
# jobs they start.
_LATEST_PARENTS: Final = 100
_STARTED = job.alias()
_LAST_CHILD: Final = (
    select(func.max(_STARTED.c.last_seen))
    .join(_CHILD, _CHILD.c.job_id == _STARTED.c.id)
    .where(
        _CHILD.c.parent_id.in_(
            select(_PARENT.c.id)
            .where(_PARENT.c.job_id == job.c.id)
            .order_by(_PARENT.c.anchor_at.desc(), _PARENT.c.id.desc())
            .limit(_LATEST_PARENTS)
            .correlate(job)
        )
    )
    .correlate(job)
)


def slice_datasets(
    connection: Connection, in_namespace: str, wanted: Slice, *, moment: Moment = NOW
) -> Listed[DatasetRow]:
    """Return the datasets of a namespace, by name."""
    statement = _DATASETS.where(namespace.c.name == in_namespace, _is_shown(dataset, moment))
    ordered = statement.order_by(dataset.c.name)
    return _listed(connection, statement, ordered, wanted, DatasetRow._make)


def slice_jobs(
    connection: Connection,
    in_namespace: str | None,
    wanted: Slice,
    *,
    last_states: Collection[str] | None = None,
    moment: Moment = NOW,
) -> Listed[JobRow]:
    """Return jobs, the one last heard of first; only those whose last run has such a state."""
    statement = _JOBS.where(_is_shown(job, moment))
    if in_namespace is not None:
        statement = statement.where(namespace.c.name == in_namespace)
    if last_states is not None:
        statement = statement.where(_last_state().in_(last_states))
    order = (func.coalesce(job.c.last_seen, 0).desc(), namespace.c.name, job.c.name)
    return _listed(connection, statement, statement.order_by(*order), wanted, JobRow._make)


def spans_of_namespaces(connection: Connection, namespaces: Collection[int]) -> dict[int, Span]:
    """Return when each namespace was first and last heard of, by the store's id."""
    spans = union_all(
        *(
            select(each.c.namespace_id, each.c.first_seen, each.c.last_seen).where(
                each.c.namespace_id.in_(namespaces)
            )
            for each in (dataset, job)
        ),
        *(
            select(each.c.namespace_id, span.c.first_seen, span.c.last_seen).join(
                span, span.c.id == each.c.id
            )
            for each, spans, owner in (
                (dataset, _INFERRED, edge.c.dataset_id),
                (job, _PARENTAL, _PARENT.c.job_id),
            )
            # Asked for inside: of all runs and edges it would take seconds.
            for span in [spans.where(owner.in_(_unnamed_in(each, namespaces))).subquery()]
        ),
    ).subquery()
    statement = select(
        spans.c.namespace_id, func.min(spans.c.first_seen), func.max(spans.c.last_seen)
    ).group_by(spans.c.namespace_id)
    return {
        key: Span(first, last)
        for key, first, last in connection.execute(statement)
        if first is not None
    }


def _unnamed_in(table: Any, namespaces: Collection[int]) -> Select[Any]:  # noqa: ANN401 - dataset or job
    """Return the things in some namespaces that no event of their own names."""
    columns = table.c
    return select(columns.id).where(
        columns.namespace_id.in_(namespaces), columns.last_seen.is_(None)
    )


def spans_of_unnamed_datasets(connection: Connection, datasets: Collection[int]) -> dict[int, Span]:
    """Return when jobs ran that datasets are inferred for, which no event names."""
    return _spans(connection, _INFERRED, edge.c.dataset_id, datasets)


def spans_of_parents(connection: Connection, jobs: Collection[int]) -> dict[int, Span]:
    """Return when runs of jobs that are only known as parents had children, by the store's id."""
    return _spans(connection, _PARENTAL, _PARENT.c.job_id, jobs)


def _spans(
    connection: Connection, spans: Select[Any], owner: ColumnElement[int], ids: Collection[int]
) -> dict[int, Span]:
    if not ids:
        return {}
    found = connection.execute(spans.where(owner.in_(ids)))
    return {key: Span(first, last) for key, first, last in found if first is not None}


def parents_of_jobs(
    connection: Connection, jobs: Collection[int], *, moment: Moment = NOW
) -> dict[int, JobName]:
    """Return the job of the run that started each job's newest child run."""
    found = connection.execute(_parents(moment), {"ids": jobs})
    return {key: JobName(space, name) for key, space, name in found}


@made_once
def _parents(moment: Moment) -> Select[Any]:
    child, parent = run.alias(), run.alias()
    newest = (
        select(child.c.parent_id)
        .where(
            child.c.job_id == job.c.id,
            child.c.parent_id.is_not(None),
            moment.knows_run(child.c.id),
        )
        .order_by(child.c.anchor_at.desc(), child.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    chosen = select(job.c.id, newest.label("parent")).where(among(job.c.id, IDS)).subquery()
    other = job.alias()
    return (
        select(chosen.c.id, namespace.c.name, other.c.name)
        .join(parent, parent.c.id == chosen.c.parent)
        .join(other, other.c.id == parent.c.job_id)
        .join(namespace, namespace.c.id == other.c.namespace_id)
    )


class Found(NamedTuple):
    """A dataset or a job that a search has found; ``updated_at`` is event time."""

    is_job: bool
    namespace: str
    name: str
    updated_at: int


class Sought(NamedTuple):
    """What to search for: a part of a name, and bounds on where and when it was last seen.

    Only what was there at the moment is found.
    """

    text: str
    in_namespace: str | None = None
    before: int | None = None
    after: int | None = None
    kinds: tuple[bool, ...] = (False, True)
    moment: Moment = NOW


def search_names(
    connection: Connection, sought: Sought, wanted: Slice, *, newest_first: bool
) -> Listed[Found]:
    """Return datasets and jobs whose name contains a text, by name or the newest first."""
    tables = {False: dataset, True: job}
    parts = [_search_in(tables[is_job], sought, is_job=is_job) for is_job in sought.kinds]
    found = union_all(*parts).subquery()
    by_name = (found.c.name, found.c.namespace, found.c.is_job)
    order = (found.c.updated_at.desc(), *by_name) if newest_first else by_name
    statement = select(found.c.is_job, found.c.namespace, found.c.name, found.c.updated_at)
    return _listed(connection, statement, statement.order_by(*order), wanted, _found)


def _found(row: Row[Any]) -> Found:
    return Found._make(row)._replace(is_job=bool(row[0]))


def _search_in(table: Any, sought: Sought, *, is_job: bool) -> Select[Any]:  # noqa: ANN401 - dataset or job
    last = _LAST_CHILD if is_job else _LAST_INFERRED
    at = func.coalesce(table.c.last_seen, last.scalar_subquery(), 0)
    statement = (
        select(
            # A literal of its own in each part would be typed differently by the databases.
            (table.c.id * 0 + int(is_job)).label("is_job"),
            namespace.c.name.label("namespace"),
            table.c.name.label("name"),
            at.label("updated_at"),
        )
        .join(namespace, namespace.c.id == table.c.namespace_id)
        .where(
            table.c.name.icontains(sought.text, autoescape=True), _is_shown(table, sought.moment)
        )
    )
    if sought.in_namespace is not None:
        statement = statement.where(namespace.c.name == sought.in_namespace)
    if sought.before is not None:
        statement = statement.where(at < sought.before)
    if sought.after is not None:
        statement = statement.where(at > sought.after)
    return statement


def _is_shown(table: Any, moment: Moment) -> ColumnElement[bool]:  # noqa: ANN401 - dataset or job
    """Return the condition that a thing is there, and nobody has taken it out of sight."""
    is_hidden = exists().where(
        hidden_thing.c.kind == str(table.name),
        hidden_thing.c.namespace == namespace.c.name,
        hidden_thing.c.name == table.c.name,
    )
    if table is dataset:
        return and_(~is_hidden, is_there(moment))
    return ~is_hidden if moment.is_now else and_(~is_hidden, was_there(moment))


def _last_state() -> ScalarSelect[Any]:
    return (
        select(run.c.state)
        .where(run.c.job_id == job.c.id)
        .order_by(run.c.anchor_at.desc(), run.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _listed(
    connection: Connection,
    statement: Select[Any],
    ordered: Select[Any],
    wanted: Slice,
    make_row: Callable[[Row[Any]], RowT],
) -> Listed[RowT]:
    found = connection.execute(ordered.limit(wanted.limit).offset(wanted.offset))
    rows = [make_row(row) for row in found]
    counted = connection.execute(select(func.count()).select_from(statement.subquery()))
    return Listed(rows, counted.scalar_one())
