"""In what two runs of a job differ, by what their events say: datasets, and facets of each."""

from __future__ import annotations

from enum import StrEnum
from itertools import zip_longest
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from msgspec.json import encode
from sqlalchemy import BigInteger, func, literal, select, union_all

from hub.domain.names import DatasetName
from hub.domain.openlineage.events import EventType
from hub.domain.openlineage.lenient import members_of
from hub.domain.openlineage.runs import RunState
from hub.graph.identities import NOTHING
from hub.queries.moments import NOW
from hub.queries.run_events import said_of
from hub.queries.run_reports import runs_at
from hub.queries.runs import runs_by_id
from hub.store.tables import run, run_event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from msgspec import Raw
    from sqlalchemy import Connection, Select

    from hub.graph.identities import Things
    from hub.queries.moments import Moment
    from hub.queries.run_events import Use
    from hub.queries.runs import RunRow
    from hub.store.journal import Journal

# Who wrote a facet, and by which version of its schema, is not what it says.
_ENVELOPE: Final = frozenset({"_producer", "_schemaURL"})
# A run that completed may begin anew and fail: how many are looked at for one that had not.
_MAX_LIKELY: Final = 50


class Part(StrEnum):
    """What of a run differs."""

    JOB = "JOB"
    INPUT = "INPUT"
    OUTPUT = "OUTPUT"


class Difference(NamedTuple):
    """One thing in which the second run differs from the first.

    ``dataset`` is None for the job. ``facet`` is None where one run alone names the dataset; then
    ``only_in_second`` says which one. ``before`` and ``after`` are JSON, None where it is not said.
    """

    part: Part
    dataset: DatasetName | None
    facet: str | None
    only_in_second: bool | None
    before: Raw | None = None
    after: Raw | None = None


def last_success_before(
    connection: Connection, row: RunRow, things: Things = NOTHING, moment: Moment = NOW
) -> RunRow | None:
    """Return the last run of the same job that completed before a run ended or was last heard of.

    ``things`` are jobs of several names. Of the past, one that had completed by then.
    """
    if moment.is_now:
        return last_successes_before(connection, [row], things).get(row.id)
    likely = runs_by_id(connection, connection.scalars(_completed_by(row, things, moment)).all())
    then = runs_at(connection, [*likely.values()], moment)
    passed = [
        each
        for each in then
        if each.state == RunState.COMPLETE and (each.anchor_at or 0) < (row.anchor_at or 0)
    ]
    return max(passed, key=lambda each: (each.anchor_at, each.run_id, each.id), default=None)


def _completed_by(row: RunRow, things: Things, moment: Moment) -> Select[Any]:
    """Select the runs of a run's job that were last said to have completed before it ended."""
    said = run_event.alias()
    event, last = said.c, func.max(said.c.event_time)
    return (
        select(run.c.id)
        .join(said, event.run_id == run.c.id)
        .where(
            run.c.job_id.in_(things.ids([things.key(row.job_id)])),
            event.event_type == EventType.COMPLETE.value,
            event.event_time < (row.anchor_at or 0),
            moment.within(event.event_time),
            moment.knows(event.position),
            moment.knows_run(run.c.id),
        )
        .group_by(run.c.id)
        .order_by(last.desc(), run.c.run_id.desc(), run.c.id.desc())
        .limit(_MAX_LIKELY)
    )


def last_successes_before(
    connection: Connection, rows: Sequence[RunRow], things: Things = NOTHING
) -> dict[int, RunRow]:
    """Return what ``last_success_before`` does for each of some runs, by their ids."""
    if not rows:
        return {}
    each_last = [_last_before(row, things).subquery() for row in rows]
    statement = union_all(*(select(last.c.of, last.c.id) for last in each_last))
    found: dict[int, int] = {row[0]: row[1] for row in connection.execute(statement)}
    runs = runs_by_id(connection, {*found.values()}) if found else {}
    return {of: runs[key] for of, key in found.items()}


def _last_before(row: RunRow, things: Things) -> Select[Any]:
    return (
        select(literal(row.id, BigInteger).label("of"), run.c.id)
        .where(
            run.c.job_id.in_(things.ids([things.key(row.job_id)])),
            run.c.state == RunState.COMPLETE.value,
            run.c.anchor_at < (row.anchor_at or 0),
        )
        .order_by(run.c.anchor_at.desc(), run.c.run_id.desc(), run.c.id.desc())
        .limit(1)
    )


def compare(
    connection: Connection,
    journal: Journal,
    before: RunRow,
    after: RunRow,
    moment: Moment = NOW,
    things: Things = NOTHING,
) -> list[Difference]:
    """Return in what a run differs from another: the job first, then inputs, then outputs.

    ``things`` are datasets of several names: what each run calls otherwise is compared, too.
    """
    said = said_of(connection, {before.id, after.id}, journal=journal, moment=moment)
    first, second = said[before.id], said[after.id]
    return [
        *_facets(Part.JOB, None, first.job.in_force(), second.job.in_force()),
        *_uses(Part.INPUT, first.inputs, second.inputs, things),
        *_uses(Part.OUTPUT, first.outputs, second.outputs, things),
    ]


def _uses(
    part: Part,
    before: Mapping[DatasetName, Use],
    after: Mapping[DatasetName, Use],
    things: Things,
) -> Iterator[Difference]:
    for name, was_name, now_name in sorted(_pairs(before, after, things), key=itemgetter(0)):
        if was_name is None or now_name is None:
            yield Difference(part, name, None, was_name is None)
            continue
        was, is_now = before[was_name], after[now_name]
        for pair in ((was.facets, is_now.facets), (was.measures, is_now.measures)):
            yield from _facets(part, name, *(facets.in_force() for facets in pair))


_Pair: TypeAlias = "tuple[DatasetName, DatasetName | None, DatasetName | None]"


def _pairs(
    before: Collection[DatasetName], after: Collection[DatasetName], things: Things
) -> Iterator[_Pair]:
    """Yield what a dataset is shown as, and what each of two runs calls it.

    What both call alike goes together; so do, in order, the other names of one thing, as the
    partitions are that each run writes.
    """
    left: dict[DatasetName, tuple[list[DatasetName], list[DatasetName]]] = {}
    for side, (names, others) in enumerate(((before, after), (after, before))):
        for name in sorted(names):
            shown = DatasetName(*things.shown(name))
            if name not in others:
                left.setdefault(shown, ([], []))[side].append(name)
            elif side == 0:
                yield shown, name, name
    for shown, (was, is_now) in left.items():
        for pair in zip_longest(was, is_now):
            yield shown, *pair


def _facets(
    part: Part, dataset: DatasetName | None, before: Mapping[str, Raw], after: Mapping[str, Raw]
) -> Iterator[Difference]:
    for name in sorted(before.keys() | after.keys()):
        was, is_now = before.get(name), after.get(name)
        if was is None or is_now is None or _content(was) != _content(is_now):
            yield Difference(part, dataset, name, None, was, is_now)


def _content(raw: Raw) -> bytes:
    members = members_of(raw)
    if not members:
        return bytes(raw)
    said = {name: each for name, each in members.items() if name not in _ENVELOPE}
    # As bytes: to Python 1, 1.0 and true are equal.
    return encode(said, order="deterministic")
