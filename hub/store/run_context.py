"""What evaluate asks of the projected runs: around one run, and the last of one dataset."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import json
from sqlalchemy import BigInteger, Select, and_, bindparam, func, literal_column, or_, select

from hub.domain.deadletters import SAMPLE
from hub.domain.failures.failure import Growth
from hub.domain.instants import AHEAD, believed
from hub.domain.names import DatasetName, JobName, RunName
from hub.domain.openlineage.events import EventType
from hub.store.journal import recorded_at
from hub.store.natural_keys import DATASET_KEY, JOB_KEY
from hub.store.tables import (
    dataset,
    dataset_metric,
    dead_letter,
    edge,
    facet_version,
    job,
    lost_run,
    namespace,
    owner,
    run,
    run_event,
    schema_version,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, ScalarSelect

_MAX_ANCESTORS: Final = 8
# After every position of the journal.
_NO_END: Final = (1 << 63) - 1
_LATEST: Final = 20
# Of how many times before a median is spoken.
_ENOUGH: Final = 3


def ancestors(connection: Connection, name: RunName) -> list[RunName]:
    """Return the runs around a run, the nearest first, and the outermost as far as it is named."""
    found: list[RunName] = []
    row = _run_row(connection, name)
    root_id = row.root_id if row is not None else None
    while row is not None and row.parent_id is not None and len(found) < _MAX_ANCESTORS:
        root_id = root_id or row.root_id
        row = connection.execute(_RUN_BY_KEY, {"key": row.parent_id}).first()
        if row is not None:
            found.append(_named(row))
    root = connection.execute(_RUN_BY_KEY, {"key": root_id}).first() if root_id else None
    if root is not None and _named(root) not in (*found, name):
        found.append(_named(root))
    return found


def started_at(connection: Connection, name: RunName) -> int | None:
    """Return when the last attempt of a run began, where its producer said so.

    None for a stream: what it fails with did not begin when it did, weeks ago.
    """
    return connection.scalar(_STARTED_AT, _run(name))


def is_stream(connection: Connection, name: JobName) -> bool:
    """Whether a job says that its runs do not end by themselves."""
    return connection.scalar(_IS_STREAM, _named_so(name)) is not None


class SilentRun(NamedTuple):
    """A run that has not ended.

    ``last_event_at`` is as its producer told it. ``heard_at`` is when the run, or a run inside it,
    was last heard of, as far as that is believed.
    """

    last_event_at: int
    heard_at: int
    started_at: int | None


def running_runs(connection: Connection) -> list[tuple[RunName, int]]:
    """Return the runs that have not ended and may be lost, with the time of their last event."""
    rows = connection.execute(_RUNNING)
    return [(RunName(JobName(space, name), key), at) for space, name, key, at in rows]


def silent_run(connection: Connection, name: RunName) -> SilentRun | None:
    """Return a run that has not ended and may be lost."""
    row = connection.execute(_SILENT, _run(name)).first()
    if row is None:
        return None
    newest = connection.scalar(_NEWEST_INSIDE, {"key": row.id})
    received_at = recorded_at(connection, connection.scalar(_LAST_TOLD, {"key": row.id}))
    heard_at = believed(max(row.last_event_at, newest or 0), received_at)
    return SilentRun(row.last_event_at, heard_at, row.started_at)


def durations(connection: Connection, name: JobName, *, limit: int) -> list[int]:
    """Return how long the last complete runs of a job took, in microseconds."""
    return list(connection.scalars(_DURATIONS, {**_named_so(name), "limit": limit}))


def has_whole_passed(connection: Connection, name: RunName, *, after: int) -> bool:
    """Whether a run around a run completed after an event time."""
    row = _run_row(connection, name)
    for _level in range(_MAX_ANCESTORS):
        if row is None or row.parent_id is None:
            return False
        row = connection.execute(_RUN_BY_KEY, {"key": row.parent_id}).first()
        if row is not None and row.state == EventType.COMPLETE.value and row.ended_at >= after:
            return True
    return False


def has_passed_since(
    connection: Connection, name: JobName, *, after: int, before_position: int | None = None
) -> bool:
    """Whether a run of the job completed after an event time, as known before a position.

    Event times are believed as far as they were received then.
    """
    before = _NO_END if before_position is None else before_position
    given = {**_named_so(name), "after": after, "before": before}
    position = connection.scalar(_PASSED_SINCE, given)
    return position is not None and recorded_at(connection, position) + AHEAD > after


def job_datasets(
    connection: Connection, name: JobName
) -> tuple[list[DatasetName], list[DatasetName]]:
    """Return what a job reads and what it writes, by the edges that hold."""
    sides: dict[str, list[DatasetName]] = {"in": [], "out": []}
    for side, space, dataset_name in connection.execute(_EDGES_OF_JOB, _named_so(name)).all():
        sides[side].append(DatasetName(space, dataset_name))
    return sorted(sides["in"]), sorted(sides["out"])


def owners_of(
    connection: Connection, dataset: DatasetName | None, name: JobName | None
) -> list[str]:
    """Return who owns a dataset by its ownership facet; where nobody does, who owns a job."""
    for statement, of in ((_OWNERS_OF_DATASET, dataset), (_OWNERS_OF_JOB, name)):
        if of is not None and (found := connection.scalars(statement, _named_so(of)).all()):
            return list(found)
    return []


def writers_of(connection: Connection, dataset: DatasetName) -> list[JobName]:
    """Return the jobs that write a dataset, by the edges that hold."""
    return [JobName(*row) for row in connection.execute(_WRITERS, _named_so(dataset))]


def has_written(
    connection: Connection, name: JobName, dataset: DatasetName, *, before: int
) -> bool:
    """Whether a run of a job told before an event time that it writes a dataset."""
    found = connection.execute(_WRITERS_BEFORE, {**_named_so(dataset), "before": before})
    return name in {JobName(*row) for row in found}


def schemas_since(
    connection: Connection, dataset: DatasetName, after: int | None
) -> tuple[list[str], list[str]] | None:
    """Return the fields added and removed by the newest schema, if it came after an instant."""
    rows = connection.execute(_LAST_SCHEMAS, _named_so(dataset)).all()
    if len(rows) < 2 or after is None or rows[0].first_seen <= after:  # noqa: PLR2004 - two to compare
        return None
    new, old = (_field_names(row.fields) for row in rows)
    return sorted(new - old), sorted(old - new)


def has_new_code(connection: Connection, name: JobName, *, after: int) -> bool:
    """Whether a job is of other code since an instant than before.

    Asked is where its code is kept, with the version (``sourceCodeLocation``): the text of a
    statement often differs from run to run by a date alone.
    """
    rows = connection.execute(_LAST_CODE, _named_so(name)).all()
    return len(rows) > 1 and rows[0].first_seen > after


def growth(connection: Connection, datasets: Sequence[DatasetName], *, after: int) -> Growth | None:
    """Return which dataset has grown most since an instant, beside the median of before."""
    found = (_growth(connection, dataset, after) for dataset in datasets)
    return max(filter(None, found), key=lambda each: each.rows / max(each.usual, 1), default=None)


def _growth(connection: Connection, dataset: DatasetName, after: int) -> Growth | None:
    counted = connection.execute(_LAST_ROWS, {**_named_so(dataset), "limit": _LATEST}).all()
    fresh = [row.rows for row in counted if row.event_time > after]
    known = [row.rows for row in counted if row.event_time <= after]
    if not fresh or len(known) < _ENOUGH:
        return None
    return Growth(dataset.name, max(fresh), int(median(known)))


def last_success(connection: Connection, name: JobName, *, before: int) -> int | None:
    """Return when the last run of the job that passed before an event time ended."""
    return connection.scalar(_LAST_SUCCESS, {**_named_so(name), "before": before})


# The statements are made once: to make one takes several times as long as to carry it out.

_OF_JOB: Final = run.c.job_id == JOB_KEY.scalar_subquery()
_OF_RUN: Final = and_(_OF_JOB, run.c.run_id == bindparam("run"))
_OF_DATASET: Final = DATASET_KEY.scalar_subquery()
_HAS_COMPLETED: Final = run.c.state == EventType.COMPLETE.value

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
_RUN_BY_KEY: Final = _RUNS.where(run.c.id == bindparam("key"))
_RUN_BY_NAME: Final = _RUNS.where(_OF_RUN)
_STREAMS: Final = func.upper(func.coalesce(job.c.processing_type, "")) == "STREAMING"
_STARTED_AT: Final = (
    select(run.c.started_at).join(job, job.c.id == run.c.job_id).where(_OF_RUN, ~_STREAMS)
)
_IS_STREAM: Final = JOB_KEY.where(_STREAMS)

_MAY_BE_LOST: Final = and_(
    # Written out, so that the index of running runs is used.
    run.c.state == literal_column("'RUNNING'"),
    ~_STREAMS,
    or_(lost_run.c.heard_at.is_(None), lost_run.c.heard_at < run.c.last_event_at),
)
_RUNNING: Final = (
    select(namespace.c.name, job.c.name, run.c.run_id, run.c.last_event_at)
    .select_from(run)
    .join(job, job.c.id == run.c.job_id)
    .join(namespace, namespace.c.id == job.c.namespace_id)
    .outerjoin(lost_run, lost_run.c.run_id == run.c.id)
    .where(_MAY_BE_LOST)
)
_SILENT: Final = (
    select(run.c.id, run.c.last_event_at, run.c.started_at)
    .join(job, job.c.id == run.c.job_id)
    .outerjoin(lost_run, lost_run.c.run_id == run.c.id)
    .where(_MAY_BE_LOST, _OF_RUN)
)
_IS_INSIDE: Final = or_(
    run.c.parent_id == bindparam("key"),
    run.c.parent_id.in_(select(run.c.id).where(run.c.parent_id == bindparam("key"))),
)
_NEWEST_INSIDE: Final = select(func.max(run.c.last_event_at)).where(_IS_INSIDE)
# What was received last of a run and of what is inside it.
_LAST_TOLD: Final = (
    select(func.max(run_event.c.position))
    .join(run, run.c.id == run_event.c.run_id)
    .where(or_(run.c.id == bindparam("key"), _IS_INSIDE))
)
_DURATIONS: Final = (
    select(run.c.ended_at - run.c.started_at)
    .where(_OF_JOB, _HAS_COMPLETED, run.c.started_at.is_not(None))
    .order_by(run.c.anchor_at.desc())
    .limit(bindparam("limit", type_=BigInteger))
)
# Those that ended last: the events of some more, for one that is dated ahead must not hide them.
_PASSED_LATELY: Final = (
    select(run_event.c.position)
    .join(run, run.c.id == run_event.c.run_id)
    .where(
        _OF_JOB,
        # No earlier than its events: so the index of a job's runs bounds what is read.
        run.c.anchor_at > bindparam("after"),
        run_event.c.event_type == EventType.COMPLETE.value,
        run_event.c.event_time > bindparam("after"),
        run_event.c.position < bindparam("before"),
    )
    .order_by(run.c.anchor_at.desc())
    .limit(_LATEST)
    .subquery()
)
_PASSED_SINCE: Final = select(func.max(_PASSED_LATELY.c.position))
# ``anchor_at`` is when a run ended, if it has, and is indexed.
_LAST_SUCCESS: Final = (
    select(run.c.ended_at)
    .where(_OF_JOB, _HAS_COMPLETED, run.c.anchor_at < bindparam("before"))
    .order_by(run.c.anchor_at.desc())
    .limit(1)
)
_EDGES_OF_JOB: Final = (
    select(edge.c.side, namespace.c.name, dataset.c.name)
    .select_from(edge)
    .join(dataset, dataset.c.id == edge.c.dataset_id)
    .join(namespace, namespace.c.id == dataset.c.namespace_id)
    .where(edge.c.job_id == JOB_KEY.scalar_subquery(), edge.c.closed_at.is_(None))
)
_EVER_WRITERS: Final = (
    select(namespace.c.name, job.c.name)
    .select_from(edge)
    .join(job, job.c.id == edge.c.job_id)
    .join(namespace, namespace.c.id == job.c.namespace_id)
    .where(edge.c.dataset_id == _OF_DATASET, edge.c.side == "out")
)
_WRITERS: Final = _EVER_WRITERS.where(edge.c.closed_at.is_(None)).order_by(namespace.c.name)
_WRITERS_BEFORE: Final = _EVER_WRITERS.where(edge.c.first_seen < bindparam("before"))


def _owners(kind: str, key: ScalarSelect[Any]) -> Select[Any]:
    of = and_(owner.c.entity_kind == kind, owner.c.entity_id == key)
    return select(owner.c.name).where(of).order_by(owner.c.type, owner.c.name)


_OWNERS_OF_DATASET: Final = _owners("dataset", _OF_DATASET)
_OWNERS_OF_JOB: Final = _owners("job", JOB_KEY.scalar_subquery())
_LAST_SCHEMAS: Final = (
    select(schema_version.c.first_seen, schema_version.c.fields)
    .where(schema_version.c.dataset_id == _OF_DATASET)
    .order_by(schema_version.c.last_seen.desc(), schema_version.c.first_seen.desc())
    .limit(2)
)
_LAST_CODE: Final = (
    select(facet_version.c.first_seen)
    .where(
        facet_version.c.owner_kind == "job",
        facet_version.c.owner_id == JOB_KEY.scalar_subquery(),
        facet_version.c.name == "sourceCodeLocation",
    )
    .order_by(facet_version.c.last_seen.desc(), facet_version.c.first_seen.desc())
    .limit(2)
)
_LAST_ROWS: Final = (
    select(dataset_metric.c.rows, dataset_metric.c.event_time)
    .where(dataset_metric.c.dataset_id == _OF_DATASET, dataset_metric.c.rows.is_not(None))
    .order_by(dataset_metric.c.event_time.desc())
    .limit(bindparam("limit", type_=BigInteger))
)


def _named_so(name: JobName | DatasetName) -> dict[str, Any]:
    """Return the parameters of a statement about a job or a dataset."""
    return {"namespace": name.namespace, "name": name.name}


def _run(name: RunName) -> dict[str, Any]:
    """Return the parameters of a statement about a run."""
    return {**_named_so(name.job), "run": name.run_id}


def _run_row(connection: Connection, name: RunName) -> Any:  # noqa: ANN401 - a row of _RUNS
    return connection.execute(_RUN_BY_NAME, _run(name)).first()


def _named(row: Row[Any]) -> RunName:
    return RunName(JobName(row.namespace, row.job), row.run_id)


def _field_names(fields: bytes) -> set[str]:
    return {each["name"] for each in json.decode(fields)}


def last_letters(
    connection: Connection, product: str, step: str, *, limit: int
) -> list[tuple[str, int]]:
    """Return the last records that a step refused and when they came, the newest first."""
    columns = dead_letter.c
    statement = (
        select(columns.id, columns.recorded_at)
        .where(columns.product == product, columns.step == step, columns.encoding != SAMPLE)
        .order_by(columns.recorded_at.desc(), columns.id)
        .limit(limit)
    )
    return [(row.id, row.recorded_at) for row in connection.execute(statement)]


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
