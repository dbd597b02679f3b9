"""What evaluate asks of the projected runs: around one run, and the last of one dataset.

``jobs`` and ``datasets`` are the store's ids of all that one job, or one dataset, is called; that
of the name that was asked for comes first.
"""

from __future__ import annotations

from itertools import islice
from operator import attrgetter
from statistics import median
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import json
from sqlalchemy import BigInteger, Select, and_, bindparam, func, literal_column, or_, select

from hub.domain.deadletters import SAMPLE
from hub.domain.failures.failure import Growth
from hub.domain.instants import AHEAD, believed
from hub.domain.names import DatasetName, JobName, RunName
from hub.domain.openlineage.changes import FILLS
from hub.domain.openlineage.events import EventType
from hub.store.dialect import among, ids_named
from hub.store.journal import recorded_at
from hub.store.natural_keys import DATASET_KEY, JOB_KEY
from hub.store.tables import (
    dataset,
    dataset_metric,
    dataset_version,
    dead_letter,
    edge,
    facet_version,
    io_set_member,
    job,
    lost_run,
    namespace,
    owner,
    run,
    run_event,
    schema_version,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection, Row

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


def newest_of(
    connection: Connection,
    statement: Select[Any],
    jobs: Collection[int],
    *,
    limit: int,
    **given: int,
) -> list[Row[Any]]:
    """Return the first rows that a statement gives of a job's runs, the newest in front.

    It is asked of each name by itself: of several at once no index has the newest in front.
    """
    found = [
        row
        for key in jobs
        for row in connection.execute(statement, {**given, "job": key, "limit": limit})
    ]
    return sorted(found, key=_ANCHOR, reverse=True)[:limit]


def nominal_at(connection: Connection, name: RunName) -> int | None:
    """Return for which time a run was scheduled, as far as it, or a run around it, says so."""
    at: int | None = connection.scalar(_NOMINAL_AT, _run(name))
    return at


def durations(connection: Connection, jobs: Collection[int], *, limit: int) -> list[int]:
    """Return how long the last complete runs of a job took, in microseconds."""
    return [row.lasted for row in newest_of(connection, _DURATIONS, jobs, limit=limit)]


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


class Passed(NamedTuple):
    """The position of the last event by which a job completed, and the first time that it did."""

    position: int
    at: int


def passed_since(
    connection: Connection,
    jobs: Collection[int],
    *,
    after: int,
    before_position: int | None = None,
    inside: RunName | None = None,
    begun_at: int | None = None,
    unless_by: RunName | None = None,
    nominal_at: int | None = None,
) -> Passed | None:
    """Return how a run of the job completed after an event time.

    As known before a position; event times are believed as far as they were received then. Of runs
    ``inside`` the run around the one that is asked about, only such count as began at ``begun_at``
    or later (None: at ``after``); one run may be said to count for nothing. With a nominal time
    none counts that names another.
    """
    given = {
        "after": after,
        "before": _NO_END if before_position is None else before_position,
        "begun": after if begun_at is None else begun_at,
        "parent": inside and connection.scalar(_KEY_OF_RUN, _run(inside)),
        "unless": unless_by and connection.scalar(_KEY_OF_RUN, _run(unless_by)),
        "nominal": nominal_at,
    }
    found = (connection.execute(_PASSED_SINCE, {**given, "job": key}).one() for key in jobs)
    passed = [Passed(*each) for each in found if each.position is not None]
    if not passed:
        return None
    position = max(each.position for each in passed)
    if recorded_at(connection, position) + AHEAD <= after:
        return None
    return Passed(position, min(each.at for each in passed))


def job_datasets(
    connection: Connection, jobs: Collection[int]
) -> tuple[list[DatasetName], list[DatasetName]]:
    """Return what a job reads and what it writes, by the edges that hold."""
    sides: dict[str, set[DatasetName]] = {"in": set(), "out": set()}
    for side, space, dataset_name in connection.execute(_EDGES_OF_JOB, {"jobs": jobs}).all():
        sides[side].add(DatasetName(space, dataset_name))
    return sorted(sides["in"]), sorted(sides["out"])


def owners_of(
    connection: Connection, datasets: Collection[int], jobs: Collection[int]
) -> list[str]:
    """Return who owns a dataset by its ownership facet; where nobody does, who owns a job.

    What the first name says that says anything counts.
    """
    for kind, keys in (("dataset", datasets), ("job", jobs)):
        if not keys:
            continue
        said: dict[int, list[str]] = {}
        for key, name in connection.execute(_OWNERS, {"kind": kind, "keys": keys}):
            said.setdefault(key, []).append(name)
        if said:
            return next(said[key] for key in keys if key in said)
    return []


def writers_of(connection: Connection, datasets: Collection[int]) -> list[JobName]:
    """Return the jobs that write a dataset, by the edges that hold."""
    return [JobName(*row) for row in connection.execute(_WRITERS, {"datasets": datasets})]


def has_written(
    connection: Connection, jobs: Collection[int], datasets: Collection[int], *, before: int
) -> bool:
    """Whether a run of a job told before an event time that it writes a dataset."""
    given = {"jobs": jobs, "datasets": datasets, "before": before}
    return connection.execute(_WRITTEN_BEFORE, given).first() is not None


def changed_by(connection: Connection, name: RunName) -> dict[DatasetName, str]:
    """Return what a run does to its outputs, as far as its events say so (``RENAME``, ``DROP``)."""
    rows = connection.execute(_CHANGED, _run(name))
    return {DatasetName(space, named): change for space, named, change in rows}


def outputs_of(connection: Connection, name: RunName) -> list[DatasetName]:
    """Return what a run writes, as far as its events say so."""
    return [DatasetName(*row) for row in connection.execute(_OUTPUTS, _run(name))]


def schemas_since(
    connection: Connection, datasets: Collection[int], after: int
) -> tuple[list[str], list[str]] | None:
    """Return the fields added and removed by the newest schema, if it came after an instant.

    What came sooner under another name is not new.
    """
    came: dict[frozenset[str], int] = {}
    for first_seen, encoded in connection.execute(_LAST_SCHEMAS, {"datasets": datasets}):
        fields = _field_names(encoded)
        came[fields] = min(first_seen, came.get(fields, first_seen))
    new, old = [*islice(came, 2), None, None][:2]
    if new is None or old is None or came[new] <= after:
        return None
    return sorted(new - old), sorted(old - new)


def has_new_code(connection: Connection, jobs: Collection[int], *, after: int) -> bool:
    """Whether a job is of other code since an instant than before, under one of its names.

    Asked is where its code is kept, with the version (``sourceCodeLocation``): the text of a
    statement often differs from run to run by a date alone.
    """
    found = (connection.execute(_LAST_CODE, {"job": key}).all() for key in jobs)
    return any(len(rows) > 1 and rows[0].first_seen > after for rows in found)


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


def last_success(connection: Connection, jobs: Collection[int], *, before: int) -> int | None:
    """Return when the last run of the job that passed before an event time ended."""
    rows = newest_of(connection, _LAST_SUCCESS, jobs, limit=1, before=before)
    return rows[0].ended_at if rows else None


# The statements are made once: to make one takes several times as long as to carry it out.

_ANCHOR: Final = attrgetter("anchor_at")
_OF_JOB: Final = run.c.job_id == bindparam("job", type_=BigInteger)
_OF_RUN: Final = and_(run.c.job_id == JOB_KEY.scalar_subquery(), run.c.run_id == bindparam("run"))
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
# Whether a job says that its runs do not end.
IS_STREAM: Final = func.upper(func.coalesce(job.c.processing_type, "")) == "STREAMING"
_STARTED_AT: Final = (
    select(run.c.started_at).join(job, job.c.id == run.c.job_id).where(_OF_RUN, ~IS_STREAM)
)
_IS_STREAM: Final = JOB_KEY.where(IS_STREAM)

_MAY_BE_LOST: Final = and_(
    # Written out, so that the index of running runs is used.
    run.c.state == literal_column("'RUNNING'"),
    ~IS_STREAM,
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
    select((run.c.ended_at - run.c.started_at).label("lasted"), run.c.anchor_at)
    .where(_OF_JOB, _HAS_COMPLETED, run.c.started_at.is_not(None))
    .order_by(run.c.anchor_at.desc())
    .limit(bindparam("limit", type_=BigInteger))
)
_KEY_OF_RUN: Final = select(run.c.id).join(job, job.c.id == run.c.job_id).where(_OF_RUN)
_AROUND: Final = run.alias("around")
_NOMINAL_START: Final = func.coalesce(
    run.c.nominal_start_at,
    *(
        select(_AROUND.c.nominal_start_at).where(_AROUND.c.id == key).scalar_subquery()
        for key in (run.c.parent_id, run.c.root_id)
    ),
)
_NOMINAL_AT: Final = select(_NOMINAL_START).join(job, job.c.id == run.c.job_id).where(_OF_RUN)
_NOMINAL: Final = bindparam("nominal", type_=BigInteger)
# Those that ended last: the events of some more, for one that is dated ahead must not hide them.
_PASSED_LATELY: Final = (
    select(run_event.c.position, run_event.c.event_time)
    .join(run, run.c.id == run_event.c.run_id)
    .where(
        _OF_JOB,
        # No earlier than its events: so the index of a job's runs bounds what is read.
        run.c.anchor_at > bindparam("after"),
        run_event.c.event_type == EventType.COMPLETE.value,
        run_event.c.event_time > bindparam("after"),
        run_event.c.position < bindparam("before"),
        run.c.id.is_distinct_from(bindparam("unless", type_=BigInteger)),
        or_(
            run.c.parent_id.is_distinct_from(bindparam("parent", type_=BigInteger)),
            run.c.parent_id.is_(None),
            run.c.started_at >= bindparam("begun"),
        ),
        or_(_NOMINAL.is_(None), _NOMINAL_START.is_(None), _NOMINAL_START == _NOMINAL),
    )
    .order_by(run.c.anchor_at.desc())
    .limit(_LATEST)
    .subquery()
)
_PASSED_SINCE: Final = select(
    func.max(_PASSED_LATELY.c.position).label("position"),
    func.min(_PASSED_LATELY.c.event_time).label("at"),
)
# ``anchor_at`` is when a run ended, if it has, and is indexed.
_LAST_SUCCESS: Final = (
    select(run.c.ended_at, run.c.anchor_at)
    .where(_OF_JOB, _HAS_COMPLETED, run.c.anchor_at < bindparam("before"))
    .order_by(run.c.anchor_at.desc())
    .limit(bindparam("limit", type_=BigInteger))
)
_EDGES_OF_JOB: Final = (
    select(edge.c.side, namespace.c.name, dataset.c.name)
    .select_from(edge)
    .join(dataset, dataset.c.id == edge.c.dataset_id)
    .join(namespace, namespace.c.id == dataset.c.namespace_id)
    .where(among(edge.c.job_id, ids_named("jobs")), edge.c.closed_at.is_(None))
)
_WRITERS: Final = (
    select(namespace.c.name, job.c.name)
    .select_from(edge)
    .join(job, job.c.id == edge.c.job_id)
    .join(namespace, namespace.c.id == job.c.namespace_id)
    .where(
        among(edge.c.dataset_id, ids_named("datasets")),
        edge.c.side == "out",
        edge.c.closed_at.is_(None),
    )
    .distinct()
    .order_by(namespace.c.name, job.c.name)
)
_WRITTEN_BEFORE: Final = select(edge.c.job_id).where(
    among(edge.c.job_id, ids_named("jobs")),
    among(edge.c.dataset_id, ids_named("datasets")),
    edge.c.side == "out",
    edge.c.first_seen < bindparam("before"),
)
_CHANGED: Final = (
    select(namespace.c.name, dataset.c.name, dataset_version.c.change)
    .select_from(run)
    .join(io_set_member, io_set_member.c.set_id == run.c.output_set_id)
    .join(
        dataset_version,
        and_(
            dataset_version.c.dataset_id == io_set_member.c.member_id,
            dataset_version.c.run_id == run.c.id,
        ),
    )
    .join(dataset, dataset.c.id == dataset_version.c.dataset_id)
    .join(namespace, namespace.c.id == dataset.c.namespace_id)
    .where(_OF_RUN, dataset_version.c.change != FILLS)
)
_OUTPUTS: Final = (
    select(namespace.c.name, dataset.c.name)
    .select_from(run)
    .join(io_set_member, io_set_member.c.set_id == run.c.output_set_id)
    .join(dataset, dataset.c.id == io_set_member.c.member_id)
    .join(namespace, namespace.c.id == dataset.c.namespace_id)
    .where(_OF_RUN)
)
_OWNERS: Final = (
    select(owner.c.entity_id, owner.c.name)
    .where(owner.c.entity_kind == bindparam("kind"), among(owner.c.entity_id, ids_named("keys")))
    .order_by(owner.c.type, owner.c.name)
)
_LAST_SCHEMAS: Final = (
    select(schema_version.c.first_seen, schema_version.c.fields)
    .where(
        among(schema_version.c.dataset_id, ids_named("datasets")),
        # Readers that name other fields than before change nothing.
        schema_version.c.partial.is_(False),
    )
    .order_by(schema_version.c.last_seen.desc(), schema_version.c.first_seen.desc())
    .limit(_LATEST)
)
_LAST_CODE: Final = (
    select(facet_version.c.first_seen)
    .where(
        facet_version.c.owner_kind == "job",
        facet_version.c.owner_id == bindparam("job", type_=BigInteger),
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
    """Return the parameters of a statement about what has a name."""
    return {"namespace": name.namespace, "name": name.name}


def _run(name: RunName) -> dict[str, Any]:
    """Return the parameters of a statement about a run."""
    return {**_named_so(name.job), "run": name.run_id}


def _run_row(connection: Connection, name: RunName) -> Any:  # noqa: ANN401 - a row of _RUNS
    return connection.execute(_RUN_BY_NAME, _run(name)).first()


def _named(row: Row[Any]) -> RunName:
    return RunName(JobName(row.namespace, row.job), row.run_id)


def _field_names(fields: bytes) -> frozenset[str]:
    return frozenset(each["name"] for each in json.decode(fields))


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
