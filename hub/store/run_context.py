"""What evaluate asks of the projected runs: around one run, and the last of one dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import json
from sqlalchemy import Select, and_, func, literal_column, or_, select

from hub.domain.events import EventType
from hub.domain.names import DatasetName, JobName, RunName
from hub.domain.slo import Checks
from hub.store.natural_keys import dataset_names, find_dataset, find_job
from hub.store.tables import (
    dataset_metric,
    dataset_version,
    dead_letter,
    edge,
    job,
    lost_run,
    namespace,
    owner,
    quality_assertion,
    run,
    run_event,
    schema_version,
    slo_state,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

_MAX_ANCESTORS: Final = 8


def ancestors(connection: Connection, name: RunName) -> list[RunName]:
    """Return the runs around a run, the nearest first, and the outermost as far as it is named."""
    found: list[RunName] = []
    row = _run_row(connection, name)
    root_id = row.root_id if row is not None else None
    while row is not None and row.parent_id is not None and len(found) < _MAX_ANCESTORS:
        root_id = root_id or row.root_id
        row = connection.execute(_RUNS.where(run.c.id == row.parent_id)).first()
        if row is not None:
            found.append(_named(row))
    root = connection.execute(_RUNS.where(run.c.id == root_id)).first() if root_id else None
    if root is not None and _named(root) not in (*found, name):
        found.append(_named(root))
    return found


def started_at(connection: Connection, name: RunName) -> int | None:
    """Return when the last attempt of a run began, where its producer said so."""
    where = and_(run.c.job_id == find_job(connection, name.job), run.c.run_id == name.run_id)
    return connection.scalar(select(run.c.started_at).where(where))


class SilentRun(NamedTuple):
    """A run that has not ended. ``heard_at`` is when it, or a run inside it, was last heard of."""

    last_event_at: int
    heard_at: int
    started_at: int | None


def running_runs(connection: Connection) -> list[tuple[RunName, int]]:
    """Return the runs that have not ended and may be lost, with the time of their last event."""
    rows = connection.execute(
        select(namespace.c.name, job.c.name, run.c.run_id, run.c.last_event_at)
        .select_from(run)
        .join(job, job.c.id == run.c.job_id)
        .join(namespace, namespace.c.id == job.c.namespace_id)
        .outerjoin(lost_run, lost_run.c.run_id == run.c.id)
        .where(_MAY_BE_LOST)
    )
    return [(RunName(JobName(space, name), key), at) for space, name, key, at in rows]


def silent_run(connection: Connection, name: RunName) -> SilentRun | None:
    """Return a run that has not ended and may be lost."""
    row = connection.execute(
        select(run.c.id, run.c.last_event_at, run.c.started_at)
        .join(job, job.c.id == run.c.job_id)
        .outerjoin(lost_run, lost_run.c.run_id == run.c.id)
        .where(
            _MAY_BE_LOST,
            run.c.job_id == find_job(connection, name.job),
            run.c.run_id == name.run_id,
        )
    ).first()
    if row is None:
        return None
    inside = select(run.c.id).where(run.c.parent_id == row.id)
    newest = connection.scalar(
        select(func.max(run.c.last_event_at)).where(
            or_(run.c.parent_id == row.id, run.c.parent_id.in_(inside.scalar_subquery()))
        )
    )
    return SilentRun(row.last_event_at, max(row.last_event_at, newest or 0), row.started_at)


def durations(connection: Connection, name: JobName, *, limit: int) -> list[int]:
    """Return how long the last complete runs of a job took, in microseconds."""
    statement = (
        select(run.c.ended_at - run.c.started_at)
        .where(
            run.c.job_id == find_job(connection, name),
            run.c.state == EventType.COMPLETE.value,
            run.c.started_at.is_not(None),
        )
        .order_by(run.c.anchor_at.desc())
    )
    return list(connection.scalars(statement.limit(limit)))


def has_whole_passed(connection: Connection, name: RunName, *, after: int) -> bool:
    """Whether a run around a run completed after an event time."""
    row = _run_row(connection, name)
    for _level in range(_MAX_ANCESTORS):
        if row is None or row.parent_id is None:
            return False
        row = connection.execute(_RUNS.where(run.c.id == row.parent_id)).first()
        if row is not None and row.state == EventType.COMPLETE.value and row.ended_at >= after:
            return True
    return False


def has_passed_since(
    connection: Connection, name: JobName, *, after: int, before_position: int | None = None
) -> bool:
    """Whether a run of the job completed after an event time, as known before a position."""
    job_id = find_job(connection, name)
    statement = (
        select(run_event.c.position)
        .join(run, run.c.id == run_event.c.run_id)
        .where(
            run.c.job_id == job_id,
            run_event.c.event_type == EventType.COMPLETE.value,
            run_event.c.event_time > after,
        )
    )
    if before_position is not None:
        statement = statement.where(run_event.c.position < before_position)
    return connection.execute(statement.limit(1)).first() is not None


def job_datasets(
    connection: Connection, name: JobName
) -> tuple[list[DatasetName], list[DatasetName]]:
    """Return what a job reads and what it writes, by the edges that hold."""
    job_id = find_job(connection, name)
    if job_id is None:
        return [], []
    rows = connection.execute(
        select(edge.c.side, edge.c.dataset_id).where(
            edge.c.job_id == job_id, edge.c.closed_at.is_(None)
        )
    ).all()
    names = dataset_names(connection, [row.dataset_id for row in rows])
    sides: dict[str, list[DatasetName]] = {"in": [], "out": []}
    for row in rows:
        if row.dataset_id in names:
            sides[row.side].append(names[row.dataset_id])
    return sorted(sides["in"]), sorted(sides["out"])


def owners_of(
    connection: Connection, dataset: DatasetName | None, name: JobName | None
) -> list[str]:
    """Return who owns a dataset by its ownership facet; where nobody does, who owns a job."""
    for kind, key in (
        ("dataset", find_dataset(connection, dataset) if dataset else None),
        ("job", find_job(connection, name) if name else None),
    ):
        if key is not None:
            statement = select(owner.c.name).where(
                owner.c.entity_kind == kind, owner.c.entity_id == key
            )
            found = connection.scalars(statement.order_by(owner.c.type, owner.c.name)).all()
            if found:
                return list(found)
    return []


def last_writes(connection: Connection, dataset: DatasetName, *, limit: int = 3) -> list[int]:
    """Return the journal positions of the events by which rows last came into a dataset."""
    dataset_id = find_dataset(connection, dataset)
    if dataset_id is None:
        return []
    metric = and_(
        dataset_metric.c.run_id == dataset_version.c.run_id,
        dataset_metric.c.dataset_id == dataset_version.c.dataset_id,
        dataset_metric.c.side == "out",
    )
    statement = (
        select(run_event.c.position)
        .select_from(dataset_version)
        .outerjoin(dataset_metric, metric)
        .join(run_event, run_event.c.run_id == dataset_version.c.run_id)
        .where(
            dataset_version.c.dataset_id == dataset_id,
            dataset_version.c.written_at.is_not(None),
            run_event.c.event_type == EventType.COMPLETE.value,
            or_(dataset_metric.c.rows.is_(None), dataset_metric.c.rows > 0),
        )
        .order_by(dataset_version.c.written_at.desc())
    )
    return list(connection.scalars(statement.limit(limit)))


def last_checks(connection: Connection, dataset: DatasetName, *, limit: int) -> list[Checks]:
    """Return the counts of quality checks of the last runs that checked a dataset, newest first."""
    dataset_id = find_dataset(connection, dataset)
    recent = (
        select(quality_assertion.c.run_id, quality_assertion.c.event_time)
        .where(quality_assertion.c.dataset_id == dataset_id, quality_assertion.c.ordinal == 0)
        .order_by(quality_assertion.c.event_time.desc(), quality_assertion.c.run_id.desc())
        .limit(limit)
    )
    runs = [row.run_id for row in connection.execute(recent)]
    outcomes = connection.execute(
        select(quality_assertion.c.run_id, quality_assertion.c.success).where(
            quality_assertion.c.dataset_id == dataset_id, quality_assertion.c.run_id.in_(runs)
        )
    ).all()
    return [_counted(row.success for row in outcomes if row.run_id == key) for key in runs]


def last_run_of(connection: Connection, name: JobName) -> tuple[str | None, int | None]:
    """Return the state of the job's newest ended run, and when it ended."""
    statement = (
        select(run.c.state, run.c.ended_at)
        .where(run.c.job_id == find_job(connection, name), run.c.ended_at.is_not(None))
        .order_by(run.c.ended_at.desc())
    )
    row = connection.execute(statement.limit(1)).first()
    return (None, None) if row is None else (row.state, row.ended_at)


def writers_of(connection: Connection, dataset: DatasetName) -> list[JobName]:
    """Return the jobs that write a dataset, by the edges that hold."""
    statement = (
        select(namespace.c.name, job.c.name)
        .select_from(edge)
        .join(job, job.c.id == edge.c.job_id)
        .join(namespace, namespace.c.id == job.c.namespace_id)
        .where(
            edge.c.dataset_id == find_dataset(connection, dataset),
            edge.c.side == "out",
            edge.c.closed_at.is_(None),
        )
    )
    return [JobName(*row) for row in connection.execute(statement.order_by(namespace.c.name))]


def schemas_since(
    connection: Connection, dataset: DatasetName, after: int | None
) -> tuple[list[str], list[str]] | None:
    """Return the fields added and removed by the newest schema, if it came after an instant."""
    rows = connection.execute(
        select(schema_version.c.first_seen, schema_version.c.fields)
        .where(schema_version.c.dataset_id == find_dataset(connection, dataset))
        .order_by(schema_version.c.last_seen.desc(), schema_version.c.first_seen.desc())
        .limit(2)
    ).all()
    if len(rows) < 2 or after is None or rows[0].first_seen <= after:  # noqa: PLR2004 - two to compare
        return None
    new, old = (_field_names(row.fields) for row in rows)
    return sorted(new - old), sorted(old - new)


def last_success(connection: Connection, name: JobName, *, before: int) -> int | None:
    """Return when the last run of the job that passed before an event time ended."""
    return connection.scalar(
        select(run.c.ended_at)
        .where(
            run.c.job_id == find_job(connection, name),
            run.c.state == EventType.COMPLETE.value,
            run.c.ended_at < before,
        )
        .order_by(run.c.ended_at.desc())
        .limit(1)
    )


_RUNS: Final[Select[Any]] = (
    select(
        run.c.parent_id,
        run.c.root_id,
        run.c.state,
        run.c.ended_at,
        run.c.run_id,
        job.c.name.label("job"),
        namespace.c.name.label("namespace"),
    )
    .join(job, job.c.id == run.c.job_id)
    .join(namespace, namespace.c.id == job.c.namespace_id)
)


_MAY_BE_LOST: Final = and_(
    # Written out, so that the index of running runs is used.
    run.c.state == literal_column("'RUNNING'"),
    or_(job.c.processing_type.is_(None), func.upper(job.c.processing_type) != "STREAMING"),
    or_(lost_run.c.heard_at.is_(None), lost_run.c.heard_at < run.c.last_event_at),
)


def _run_row(connection: Connection, name: RunName) -> Any:  # noqa: ANN401 - a row of _RUNS
    where = and_(run.c.job_id == find_job(connection, name.job), run.c.run_id == name.run_id)
    return connection.execute(_RUNS.where(where)).first()


def _named(row: Row[Any]) -> RunName:
    return RunName(JobName(row.namespace, row.job), row.run_id)


def _counted(outcomes: Iterable[bool]) -> Checks:
    passed: Sequence[bool] = list(outcomes)
    return Checks(sum(passed), len(passed))


def _field_names(fields: bytes) -> set[str]:
    return {each["name"] for each in json.decode(fields)}


def known_slos(connection: Connection) -> dict[str, tuple[str, int]]:
    """Return the state of every SLO that has been judged, and when it was first."""
    columns = slo_state.c
    rows = connection.execute(select(columns.name, columns.state, columns.known_at))
    return {row.name: (row.state, row.known_at) for row in rows}


def open_letters(connection: Connection, product: str | None, step: str | None, rule: str) -> int:
    """Return how many dead letters of one cause wait for somebody."""
    columns = dead_letter.c
    statement = select(func.count()).where(
        columns.state == "open",
        columns.product == product,
        columns.step == step,
        columns.rule == rule,
    )
    counted: int = connection.execute(statement).scalar_one()
    return counted
