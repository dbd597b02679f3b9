"""What evaluate asks of the projected runs to judge SLOs: the last of one dataset, first of all.

Runs that compute anew what had its turn before say so in ``run.said``, or are inside one that does:
they are passed over.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum, auto
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, and_, bindparam, func, or_, select

from hub.domain.instants import AHEAD
from hub.domain.names import DatasetName, JobName, RunName
from hub.domain.observations import check_name
from hub.domain.openlineage.conformance import SAID_BACKFILL
from hub.domain.openlineage.events import EventType
from hub.domain.slos.arrivals import Checks, Tally
from hub.store.dialect import among, ids_named, table_of_ids
from hub.store.natural_keys import JOB_KEY, find_datasets
from hub.store.run_context import newest_of
from hub.store.tables import (
    dataset_metric,
    dataset_version,
    lost_run,
    quality_assertion,
    run,
    run_event,
    slo_change,
    slo_count,
    slo_state,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sqlalchemy import Connection, Row

# Before and after every instant.
_NO_END: Final = (1 << 63) - 1
_NO_START: Final = -_NO_END
# Of most datasets the last writes tell all; of some, what is newest came before many others.
FEW_WRITES: Final = 3
MANY_WRITES: Final = 200
# A run need not count the nulls of all fields.
_COUNTED: Final = 20
# Of a dataset whose every partition is a name, what came last came under one of the newest names.
_MOST_NAMES: Final = 50


class Write(NamedTuple):
    """The event, by its journal position, by which a run passed that writes a dataset.

    ``is_past`` where the run, or one around it, says that it computes anew what was there.
    """

    position: int
    is_past: bool


class _Question(NamedTuple):
    """A statement about one dataset, and which of its names to ask it of where they are many.

    It gives the nearest first, which no index does for several names at once.
    """

    of_one: Select[Any]
    nearest: Select[Any]

    def ask(
        self, connection: Connection, datasets: Sequence[int], *, names: int, **given: int
    ) -> list[Row[Any]]:
        """Return the first rows of each name, of so many names at most."""
        if len(datasets) > names:
            wanted = {**given, "datasets": datasets, "names": names}
            datasets = connection.scalars(self.nearest, wanted).all()
        return [
            row
            for key in datasets
            for row in connection.execute(self.of_one, {**given, "dataset": key})
        ]


class Writes(NamedTuple):
    """The last writes of a dataset; what else there is was written at ``unread_at`` at the latest.

    None: these are all.
    """

    found: list[Write]
    unread_at: int | None


class Passed(Enum):
    """Which of the runs that passed.

    PRESENT: none that computes the past; COUNTED: of these, those that count rows.
    """

    ALL = auto()
    PRESENT = auto()
    COUNTED = auto()


def last_writes(
    connection: Connection,
    datasets: Sequence[int],
    *,
    now: int,
    until: int = _NO_END,
    limit: int = FEW_WRITES,
) -> Writes:
    """Return by which events rows last came into a dataset, and a run that writes it last passed.

    That is as far as events were told until a position. Those that must not hide the others are
    some more: those that are dated into the future, and those that say that they compute the past.
    ``datasets`` are the ids of all that it is called.
    """

    def asked(question: _Question, low: int, high: int, limit: int = limit) -> list[Row[Any]]:
        given = {"low": low, "high": high, "limit": limit, "until": until}
        return question.ask(connection, datasets, names=_MOST_NAMES, **given)

    near, ahead = (_NO_START, now + AHEAD), (now + AHEAD + 1, _NO_END)
    found = asked(_LAST_WRITES, *near)
    rows = [*found, *asked(_LAST_WRITES, *ahead)]
    if any(row.is_past for row in found):
        rows += asked(_LAST_PRESENT, *near)
    rows += asked(_LAST_PASSED, *near, limit=1)
    rows += asked(_LAST_PASSED, *ahead, limit=1)
    last = Counter(row.dataset_id for row in found)
    oldest = {row.dataset_id: row.at for row in found if last[row.dataset_id] >= limit}
    writes = dict.fromkeys(Write(row.position, bool(row.is_past)) for row in rows)
    return Writes(list(writes), max(oldest.values(), default=None))


def last_passed(
    connection: Connection,
    datasets: Sequence[int],
    *,
    now: int,
    limit: int,
    among: Passed,
    until: int = _NO_END,
) -> list[Write]:
    """Return by which events the last runs passed that write a dataset, whatever they brought."""
    given = {"low": _NO_START, "high": now + AHEAD, "limit": limit, "until": until}
    rows = _QUESTIONS[among].ask(connection, datasets, names=max(limit, _MOST_NAMES), **given)
    return [Write(row.position, bool(row.is_past)) for row in rows]


def next_passed(
    connection: Connection, datasets: Sequence[int], *, after: int, until: int, limit: int
) -> list[Write]:
    """Return likewise of the first runs between two instants that passed and count rows."""
    given = {"low": after + 1, "high": until, "limit": limit, "until": _NO_END}
    rows = _NEXT_COUNTED.ask(connection, datasets, names=max(limit, _MOST_NAMES), **given)
    first = sorted(rows, key=attrgetter("at", "position"))
    return [*dict.fromkeys(Write(row.position, bool(row.is_past)) for row in first)][:limit]


def last_counted(connection: Connection, datasets: Sequence[int]) -> list[int]:
    """Return by which events the last runs passed that counted nulls in a dataset; positions."""
    rows = _LAST_COUNTED.ask(connection, datasets, names=_COUNTED, limit=_COUNTED)
    return [row.position for row in rows]


def is_backfill(connection: Connection, name: RunName) -> bool:
    """Whether a run, or a run around it, says that it computes anew what had its turn before."""
    given = {**_named_so(name.job), "run": name.run_id}
    return connection.scalar(_IS_BACKFILL, given) is not None


class CheckedRun(NamedTuple):
    """When a run checked a dataset, and how that came out."""

    at: int
    checks: Checks


def last_checks(
    connection: Connection, datasets: Sequence[int], *, limit: int, until: int = _NO_END
) -> list[CheckedRun]:
    """Return how the quality checks of the last runs until an instant came out, newest first.

    ``datasets`` are the ids of all that what they checked is called.
    """
    given = {"low": _NO_START, "high": until, "limit": limit}
    rows = _LAST_CHECKED.ask(connection, datasets, names=max(limit, _MOST_NAMES), **given)
    return _checked_runs(connection, rows, limit, reverse=True)


def next_checks(
    connection: Connection, datasets: Sequence[int], *, limit: int, after: int, until: int
) -> list[CheckedRun]:
    """Return how those of the first runs between two instants came out, oldest first."""
    given = {"low": after + 1, "high": until, "limit": limit}
    rows = _NEXT_CHECKED.ask(connection, datasets, names=max(limit, _MOST_NAMES), **given)
    return _checked_runs(connection, rows, limit, reverse=False)


def _checked_runs(
    connection: Connection, rows: Sequence[Row[Any]], limit: int, *, reverse: bool
) -> list[CheckedRun]:
    if not rows:
        return []
    found: dict[int, int] = {}
    for at, run_id in sorted(((row.at, row.run_id) for row in rows), reverse=reverse):
        found.setdefault(run_id, at)
    runs = list(found)[:limit]
    given = {"datasets": {row.dataset_id for row in rows}, "runs": runs}
    outcomes: dict[int, list[bool]] = {}
    for run_id, success in connection.execute(_OUTCOMES, given):
        outcomes.setdefault(run_id, []).append(success)
    return [CheckedRun(found[key], Checks(sum(outcomes[key]), len(outcomes[key]))) for key in runs]


def checks_passed_since(
    connection: Connection,
    names: Collection[DatasetName],
    *,
    after: int,
    by: int,
    before_position: int,
) -> dict[str, int]:
    """Return the checks on a dataset that passed between two event times, as known at a position.

    Each with when it did first. ``names`` are all that the dataset is called.
    """
    given = {"after": after, "by": by + AHEAD, "before": before_position}
    passed: dict[str, int] = {}
    for dataset in find_datasets(connection, names).values():
        for *row, at in connection.execute(_CHECKS_PASSED, {"dataset": dataset, **given}):
            name = check_name(*row)
            passed[name] = min(at, passed.get(name, at))
    return passed


def last_run_of(
    connection: Connection, jobs: Collection[int], *, by: int
) -> tuple[str | None, int | None]:
    """Return the state of the newest run of a job that had ended by an instant, and when it did.

    Runs that compute the past are passed over.
    """
    rows = newest_of(connection, _LAST_ENDED, jobs, limit=1, by=by + AHEAD)
    return (rows[0].state, rows[0].ended_at) if rows else (None, None)


def begun_at(connection: Connection, name: RunName) -> int | None:
    """Return when a run began, or was first heard of."""
    found = connection.execute(_BEGUN_AT, {**_named_so(name.job), "run": name.run_id}).first()
    return None if found is None else found[0]


class Outcome(NamedTuple):
    """Whether a run passed, and when it ended, or was last heard of."""

    passed: bool
    at: int


def last_outcomes(connection: Connection, jobs: Collection[int], *, limit: int) -> list[Outcome]:
    """Return how the last runs of a job ended, the newest first; one that is lost did not pass.

    Those that were aborted, or compute the past, are not counted.
    """
    rows = newest_of(connection, _LAST_OUTCOMES, jobs, limit=limit)
    return [Outcome(row.state == EventType.COMPLETE.value, row.at) for row in rows]


class Beginning(NamedTuple):
    """When a run began, or was first heard of, and the position of what was received of it last."""

    at: int
    position: int


def last_begun(
    connection: Connection, jobs: Collection[int], *, now: int, limit: int
) -> list[Beginning]:
    """Return when the last runs of a job began, the newest first; none that computes the past."""
    rows = newest_of(connection, _LAST_BEGUN, jobs, limit=limit, by=now + AHEAD)
    return [Beginning(row.begun_at, row.position) for row in rows]


class KnownSlo(NamedTuple):
    """How an SLO stands that has been judged, when it was first, by what and since when."""

    state: str
    known_at: int
    objective: str
    declared_at: int


def known_slos(connection: Connection, name: str | None = None) -> dict[str, KnownSlo]:
    """Return how every SLO stands that has been judged; or one."""
    rows = connection.execute(_KNOWN if name is None else _KNOWN_SO, {"name": name})
    return {row.name: KnownSlo(*row[1:]) for row in rows}


def last_counts(
    connection: Connection, name: str, measured: str, of: Collection[str], *, limit: int
) -> list[Tally]:
    """Return what was counted of the last runs for an SLO, the oldest first.

    ``of`` are the node ids of all that what it is about is called.
    """
    given = {"name": name, "measured": measured, "of": [*of], "limit": limit}
    return [Tally(*row) for row in reversed(connection.execute(_LAST_COUNTS, given).all())]


def changes_since(
    connection: Connection, at: int, names: Collection[str] | None = None
) -> dict[str, list[tuple[int, bool]]]:
    """Return when each SLO came to be bad (or good again), in order of time, since an instant.

    As which that found it is the first. Without ``names``, of all SLOs.
    """
    statement = _CHANGES if names is None else _CHANGES.where(slo_change.c.name.in_(names))
    found: dict[str, list[tuple[int, bool]]] = {}
    for name, begun_at, is_bad in connection.execute(statement, {"since": at}):
        found.setdefault(name, []).append((begun_at, is_bad))
    return found


# The statements are made once: to make one takes several times as long as to carry it out.

_EARLIER: Final = slo_change.alias("earlier")
_CHANGES: Final = (
    select(slo_change.c.name, slo_change.c.at, slo_change.c.is_bad)
    .where(
        slo_change.c.at
        >= func.coalesce(
            select(func.max(_EARLIER.c.at))
            .where(_EARLIER.c.name == slo_change.c.name, _EARLIER.c.at <= bindparam("since"))
            .scalar_subquery(),
            bindparam("since"),
        )
    )
    .order_by(slo_change.c.name, slo_change.c.at)
)
_KNOWN: Final = select(
    slo_state.c.name,
    slo_state.c.state,
    slo_state.c.known_at,
    slo_state.c.objective,
    slo_state.c.declared_at,
)
_KNOWN_SO: Final = _KNOWN.where(slo_state.c.name == bindparam("name"))
_LAST_COUNTS: Final = (
    select(slo_count.c.good, slo_count.c.total)
    .where(
        slo_count.c.name == bindparam("name"),
        slo_count.c.measured == bindparam("measured"),
        slo_count.c.of.in_(bindparam("of", expanding=True)),
    )
    .order_by(slo_count.c.position.desc())
    .limit(bindparam("limit", type_=BigInteger))
)
_WHOLE: Final = run.alias("whole")
_ROOT: Final = run.alias("root")


def _says_backfill(table: Any) -> ColumnElement[bool]:  # noqa: ANN401 - run, or an alias of it
    return func.coalesce(table.c.said, 0).bitwise_and(SAID_BACKFILL) != 0


_FAMILY: Final = run.outerjoin(_WHOLE, _WHOLE.c.id == run.c.parent_id).outerjoin(
    _ROOT, _ROOT.c.id == run.c.root_id
)
_IS_PAST: Final = or_(*map(_says_backfill, (run, _WHOLE, _ROOT)))
_IS_BACKFILL: Final = (
    select(run.c.id)
    .select_from(_FAMILY)
    .where(run.c.job_id == JOB_KEY.scalar_subquery(), run.c.run_id == bindparam("run"), _IS_PAST)
)
_LIMIT: Final = bindparam("limit", type_=BigInteger)
_WANTED: Final = table_of_ids(ids_named("datasets"))


def _question(
    rows: Callable[[ColumnElement[int]], Select[Any]], *, is_oldest_first: bool = False
) -> _Question:
    """Return a question by what gives its rows of a dataset, the newest first or the oldest."""
    of_one = rows(bindparam("dataset", type_=BigInteger)).limit(_LIMIT)
    of_each = rows(_WANTED.c.id).limit(1).correlate(_WANTED)
    nearest = of_each.with_only_columns(of_each.selected_columns["at"]).scalar_subquery()
    names = (
        select(_WANTED.c.id)
        .order_by(
            (nearest.asc() if is_oldest_first else nearest.desc()).nulls_last(),
            _WANTED.c.id.desc(),
        )
        .limit(bindparam("names", type_=BigInteger))
    )
    return _Question(of_one, names)


def _passed(of: ColumnElement[int]) -> Select[Any]:
    return (
        select(
            run_event.c.position,
            dataset_version.c.dataset_id,
            dataset_version.c.written_at.label("at"),
            _IS_PAST.label("is_past"),
        )
        .select_from(dataset_version)
        .join(_FAMILY, run.c.id == dataset_version.c.run_id)
        .join(run_event, run_event.c.run_id == dataset_version.c.run_id)
        .where(
            dataset_version.c.dataset_id == of,
            dataset_version.c.written_at.between(
                bindparam("low", type_=BigInteger), bindparam("high", type_=BigInteger)
            ),
            run_event.c.event_type == EventType.COMPLETE.value,
            run_event.c.position <= bindparam("until", type_=BigInteger),
        )
        .order_by(dataset_version.c.written_at.desc())
    )


_IS_MEASURED: Final = and_(
    dataset_metric.c.run_id == dataset_version.c.run_id,
    dataset_metric.c.dataset_id == dataset_version.c.dataset_id,
    dataset_metric.c.side == "out",
)


def _brought(of: ColumnElement[int]) -> Select[Any]:
    has_rows = or_(dataset_metric.c.rows.is_(None), dataset_metric.c.rows > 0)
    return _passed(of).outerjoin(dataset_metric, _IS_MEASURED).where(has_rows)


def _counted_rows(of: ColumnElement[int]) -> Select[Any]:
    counted = _passed(of).join(dataset_metric, _IS_MEASURED)
    return counted.where(~_IS_PAST, dataset_metric.c.rows.is_not(None))


def _counted_rows_next(of: ColumnElement[int]) -> Select[Any]:
    return _counted_rows(of).order_by(None).order_by(dataset_version.c.written_at)


_LAST_PASSED: Final = _question(lambda of: _passed(of).where(~_IS_PAST))
_QUESTIONS: Final = {
    Passed.ALL: _question(_passed),
    Passed.PRESENT: _LAST_PASSED,
    Passed.COUNTED: _question(_counted_rows),
}
_NEXT_COUNTED: Final = _question(_counted_rows_next, is_oldest_first=True)
_LAST_WRITES: Final = _question(_brought)
_LAST_PRESENT: Final = _question(lambda of: _brought(of).where(~_IS_PAST))
_OF_JOB: Final = run.c.job_id == bindparam("job", type_=BigInteger)
_LAST_OUTCOMES: Final = (
    select(
        run.c.state,
        func.coalesce(run.c.ended_at, run.c.last_event_at).label("at"),
        run.c.anchor_at,
    )
    .select_from(_FAMILY.outerjoin(lost_run, lost_run.c.run_id == run.c.id))
    .where(
        _OF_JOB,
        or_(
            run.c.state.in_((EventType.COMPLETE.value, EventType.FAIL.value)),
            lost_run.c.heard_at >= run.c.last_event_at,
        ),
        ~_IS_PAST,
    )
    .order_by(run.c.anchor_at.desc())
    .limit(_LIMIT)
)
_BEGINNING: Final = func.coalesce(run.c.started_at, run.c.first_event_at)
_BEGUN_AT: Final = select(_BEGINNING).where(
    run.c.job_id == JOB_KEY.scalar_subquery(), run.c.run_id == bindparam("run")
)
_LAST_BEGUN: Final = (
    select(
        _BEGINNING.label("begun_at"),
        select(func.max(run_event.c.position))
        .where(run_event.c.run_id == run.c.id)
        .scalar_subquery()
        .label("position"),
        run.c.anchor_at,
    )
    .select_from(_FAMILY)
    .where(
        _OF_JOB,
        run.c.anchor_at <= bindparam("by"),
        ~_IS_PAST,
    )
    .order_by(run.c.anchor_at.desc())
    .limit(_LIMIT)
)
# ``anchor_at`` is when a run ended, if it has, and is indexed.
_LAST_ENDED: Final = (
    select(run.c.state, run.c.ended_at, run.c.anchor_at)
    .select_from(_FAMILY)
    .where(
        _OF_JOB,
        run.c.ended_at.is_not(None),
        run.c.anchor_at <= bindparam("by"),
        ~_IS_PAST,
    )
    .order_by(run.c.anchor_at.desc())
    .limit(_LIMIT)
)


def _counted_nulls(of: ColumnElement[int]) -> Select[Any]:
    return (
        select(run_event.c.position, dataset_metric.c.event_time.label("at"))
        .select_from(dataset_metric)
        .join(_FAMILY, run.c.id == dataset_metric.c.run_id)
        .join(run_event, run_event.c.run_id == dataset_metric.c.run_id)
        .where(
            dataset_metric.c.dataset_id == of,
            dataset_metric.c.null_ratio.is_not(None),
            run_event.c.event_type == EventType.COMPLETE.value,
            ~_IS_PAST,
        )
        .order_by(dataset_metric.c.event_time.desc())
    )


def _checked(of: ColumnElement[int]) -> Select[Any]:
    return (
        select(
            quality_assertion.c.run_id,
            quality_assertion.c.dataset_id,
            quality_assertion.c.event_time.label("at"),
        )
        .select_from(quality_assertion)
        .join(_FAMILY, run.c.id == quality_assertion.c.run_id)
        .where(
            quality_assertion.c.dataset_id == of,
            quality_assertion.c.event_time.between(
                bindparam("low", type_=BigInteger), bindparam("high", type_=BigInteger)
            ),
            quality_assertion.c.ordinal == 0,
            ~_IS_PAST,
        )
        .order_by(quality_assertion.c.event_time.desc(), quality_assertion.c.run_id.desc())
    )


def _checked_next(of: ColumnElement[int]) -> Select[Any]:
    in_order = quality_assertion.c.event_time, quality_assertion.c.run_id
    return _checked(of).order_by(None).order_by(*in_order)


_LAST_COUNTED: Final = _question(_counted_nulls)
_LAST_CHECKED: Final = _question(_checked)
_NEXT_CHECKED: Final = _question(_checked_next, is_oldest_first=True)
_OUTCOMES: Final = select(quality_assertion.c.run_id, quality_assertion.c.success).where(
    among(quality_assertion.c.dataset_id, ids_named("datasets")),
    among(quality_assertion.c.run_id, ids_named("runs")),
)
_CHECK: Final = (
    quality_assertion.c.name,
    quality_assertion.c.assertion,
    quality_assertion.c.field,
)
_CHECKS_PASSED: Final = (
    select(*_CHECK, func.min(quality_assertion.c.event_time))
    .join(
        run_event,
        and_(
            run_event.c.run_id == quality_assertion.c.run_id,
            run_event.c.event_time == quality_assertion.c.event_time,
        ),
    )
    .where(
        quality_assertion.c.dataset_id == bindparam("dataset"),
        quality_assertion.c.event_time > bindparam("after"),
        quality_assertion.c.event_time <= bindparam("by"),
        quality_assertion.c.success,
        run_event.c.position < bindparam("before"),
    )
    .group_by(*_CHECK)
)


def _named_so(name: JobName) -> dict[str, Any]:
    """Return the parameters of a statement about a job."""
    return {"namespace": name.namespace, "name": name.name}
