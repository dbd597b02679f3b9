"""Lineage of runs: which run had written what a run read, and which runs read what it wrote.

The rule is that of ``hub.queries.run_versions``, in both directions.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import BigInteger, and_, case, column, exists, func, select, values

from hub.domain.errors import InvalidInput
from hub.domain.names import DatasetName
from hub.domain.openlineage.descriptions import read_subset
from hub.domain.openlineage.events import MAX_FACET_BYTES
from hub.graph.closure import Direction
from hub.graph.identities import NOTHING
from hub.queries.marquez.versions import undone, was_written
from hub.queries.run_events import said_of
from hub.queries.run_reports import INPUT, OUTPUT, Use, runs_at
from hub.queries.run_versions import versions_read_by
from hub.queries.runs import find_runs, runs_by_id
from hub.queries.streams import written_by_streams
from hub.store.dialect import among
from hub.store.lineage_rows import FOREVER
from hub.store.tables import dataset_version, edge, io_set_member, run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from sqlalchemy import Connection

    from hub.domain.names import RunName
    from hub.domain.openlineage.descriptions import Subset
    from hub.graph.identities import Things
    from hub.queries.moments import Moment
    from hub.queries.run_events import Said
    from hub.queries.run_versions import VersionRead
    from hub.queries.runs import RunRow
    from hub.store.journal import Journal

    # The runs beside each run, by the store's ids.
    Beside = dict[int, set[int]]

MAX_DEPTH: Final = 100
_LOT: Final = 5_000
MAX_RUNS: Final = 1_000
DEFAULT_RUNS: Final = 200
DEFAULT_RUN_DEPTH: Final = 3


class RunExtent(NamedTuple):
    """How far lineage of runs goes: ``depth`` counts runs, ``limit`` bounds them."""

    direction: Direction
    depth: int
    limit: int = DEFAULT_RUNS


class LineageRun(NamedTuple):
    """A run: how far it is, how many beside it were left out, and what it read."""

    row: RunRow
    hops: int
    hidden: int
    reads: list[VersionRead]


class RunEdge(NamedTuple):
    """That a run (the store's id) read what another one had written.

    ``wrote_part`` is the part of the dataset that the writer names, ``read_part`` the reader.
    """

    source: int
    target: int
    read: VersionRead
    wrote_part: Subset | None
    read_part: Subset | None


class RunLineage(NamedTuple):
    """What is up or down of a run, the nearest first.

    ``hidden`` counts the runs one hop further that depth or limit left out. ``is_truncated`` also
    where so many runs may have read a version that not all were looked at. ``is_limited`` where
    the limit left out any.
    """

    runs: list[LineageRun]
    edges: list[RunEdge]
    hidden: int
    is_truncated: bool
    is_limited: bool


def run_at(connection: Connection, name: RunName, moment: Moment) -> RunRow | None:
    """Return how far a run had come; None where no event had told of it."""
    rows = [*find_runs(connection, {name}).values()]
    found = rows if moment.is_now else runs_at(connection, rows, moment)
    return found[0] if found else None


def find_run_lineage(
    connection: Connection,
    journal: Journal,
    start: RunRow,
    extent: RunExtent,
    moment: Moment,
    things: Things = NOTHING,
) -> RunLineage:
    """Return what is up or down of a run that had begun by then, and was known.

    ``things`` are datasets of several names.

    Raises:
        InvalidInput: a bound is out of range.

    """
    if not 0 <= extent.depth <= MAX_DEPTH:
        raise InvalidInput(f"depth {extent.depth} is not between 0 and {MAX_DEPTH}")
    if not 1 <= extent.limit <= MAX_RUNS:
        raise InvalidInput(f"limit {extent.limit} is not between 1 and {MAX_RUNS}")
    reader = _Reader(connection, journal, moment, things)
    beside: dict[Direction, Callable[[list[RunRow]], Beside]] = {
        Direction.UPSTREAM: reader.writers,
        Direction.DOWNSTREAM: reader.readers,
    }
    wanted = list(beside) if extent.direction is Direction.BOTH else [extent.direction]
    room = -(-extent.limit // len(wanted))
    hops = {start.id: 0}
    beyond: defaultdict[int, set[int]] = defaultdict(set)
    reader.rows[start.id] = start
    for direction in wanted:
        walked = _walk(reader, start, beside[direction], extent.depth, room, beyond)
        hops |= {key: hop for key, hop in walked.items() if key not in hops}
    return _lineage(reader, hops, beyond, extent.depth)


class _Reader:
    """Rows of runs and what each of them read, each loaded once, as of a moment."""

    def __init__(
        self, connection: Connection, journal: Journal, moment: Moment, things: Things
    ) -> None:
        self.rows: dict[int, RunRow] = {}
        # Whether not all were looked at that may have read something.
        self.is_cut = False
        self._reads: dict[int, list[VersionRead]] = {}
        self._parts: dict[tuple[int, str, DatasetName], Subset] = {}
        self._connection = connection
        self._journal = journal
        self._moment = moment
        self._things = things

    def writers(self, runs: list[RunRow]) -> Beside:
        """Return which runs had written what each run read."""
        reads = self.reads(runs)
        found = {row.id: {key for each in reads[row.id] if (key := _writer(each))} for row in runs}
        known = self._load({key for keys in found.values() for key in keys})
        return {row.id: found[row.id] & known for row in runs}

    def readers(self, runs: list[RunRow]) -> Beside:
        """Return which runs read what each run had written."""
        keys = {row.id for row in runs}
        written = _written_by(self._connection, keys, self._moment, self._things)
        candidates = _likely_readers(self._connection, written, self._moment)
        self.is_cut |= len(candidates) >= MAX_RUNS
        likely = self._load(candidates)
        reads = self.reads([self.rows[key] for key in sorted(likely)])
        found: Beside = {key: set() for key in keys}
        for reader in likely:
            for each in reads[reader]:
                if (writer := _writer(each)) in keys and writer is not None:
                    found[writer].add(reader)
        return found

    def reads(self, runs: Iterable[RunRow]) -> dict[int, list[VersionRead]]:
        """Return what each run read."""
        new = [row for row in runs if row.id not in self._reads]
        if new:
            keys = [row.id for row in new]
            told = said_of(self._connection, keys, journal=self._journal, moment=self._moment)
            self._reads |= versions_read_by(
                self._connection, new, told, self._journal, self._moment, self._things
            )
            for key, said in told.items():
                self._parts |= {(key, *use): part for use, part in _parts(said)}
        return self._reads

    def edge(self, writer: int, reader: int, read: VersionRead) -> RunEdge:
        """Return that one run read what the other had written, with the parts that they name."""
        wrote, part = self._part(writer, OUTPUT, read), self._part(reader, INPUT, read)
        return RunEdge(writer, reader, read, wrote, part)

    def _part(self, run_id: int, side: str, read: VersionRead) -> Subset | None:
        names = self._things.names_of(read.dataset.key)
        parts = (self._parts.get((run_id, side, DatasetName(*name))) for name in names)
        return next(filter(None, parts), None)

    def _load(self, keys: Collection[int]) -> set[int]:
        """Read rows of runs; return the ids of those that had begun and were known."""
        new = {key for key in keys if key not in self.rows}
        if new:
            rows = runs_by_id(self._connection, new).values()
            then = rows if self._moment.is_now else runs_at(self._connection, [*rows], self._moment)
            self.rows |= {row.id: row for row in then}
        return {key for key in keys if key in self.rows}


def _walk(
    reader: _Reader,
    start: RunRow,
    beside: Callable[[list[RunRow]], Beside],
    depth: int,
    room: int,
    beyond: Beside,
) -> dict[int, int]:
    """Return how far runs are in one direction; add to ``beyond`` what was left out beside each."""
    hops = {start.id: 0}
    frontier = [start]
    for hop in range(1, depth + 2):
        near = beside(frontier)
        fresh = sorted({key for keys in near.values() for key in keys if key not in hops})
        kept = fresh[: room - len(hops)] if hop <= depth else []
        hops |= dict.fromkeys(kept, hop)
        for key, keys in near.items():
            beyond[key] |= {each for each in keys if each not in hops}
        frontier = [reader.rows[key] for key in kept]
        if not frontier:
            break
    return hops


def _lineage(reader: _Reader, hops: dict[int, int], beyond: Beside, depth: int) -> RunLineage:
    runs = [reader.rows[key] for key in hops]
    reads = reader.reads(runs)
    edges = [
        reader.edge(writer, row.id, each)
        for row in runs
        for each in reads[row.id]
        if (writer := _writer(each)) is not None and writer in hops
    ]
    left_out = {key: keys - set(hops) for key, keys in beyond.items()}
    shown = [
        LineageRun(row, hops[row.id], len(left_out.get(row.id, ())), reads[row.id]) for row in runs
    ]
    shown.sort(key=lambda each: (each.hops, each.row.key))
    hidden = len(set().union(*left_out.values()))
    return RunLineage(
        shown,
        edges,
        hidden,
        is_truncated=hidden > 0 or reader.is_cut,
        # Depth leaves out only what is beside the furthest.
        is_limited=any(keys and hops[key] < depth for key, keys in left_out.items()),
    )


def _writer(read: VersionRead) -> int | None:
    return read.version.run_id if read.version is not None else None


def _parts(said: Said) -> Iterator[tuple[Use, Subset]]:
    """Return which part of a dataset a run's events name, for each use of one."""
    for side, uses in ((INPUT, said.inputs), (OUTPUT, said.outputs)):
        for name, use in uses.items():
            raw = use.measures.in_force().get("subset")
            part = read_subset(raw) if raw and len(raw) <= MAX_FACET_BYTES else None
            if part is not None:
                yield Use(side, name), part


class _Written(NamedTuple):
    """That a dataset (an id of it) was written, and until when it was what one read.

    A version that has a name may be read for ever.
    """

    dataset_id: int
    at: int
    until: int


def _written_by(
    connection: Connection, runs: Collection[int], moment: Moment, things: Things
) -> set[_Written]:
    """Return what runs had written, by all ids of each dataset."""
    version, later = dataset_version.c, dataset_version.alias()
    following = (
        select(func.min(later.c.written_at))
        .where(
            later.c.dataset_id == version.dataset_id,
            later.c.written_at > version.written_at,
            was_written(later, moment),
        )
        .scalar_subquery()
    )
    made = io_set_member
    is_made = and_(version.dataset_id == made.c.member_id, version.run_id == run.c.id)
    statement = (
        select(
            version.dataset_id,
            version.written_at,
            case((version.version.is_not(None), FOREVER), else_=func.coalesce(following, FOREVER)),
        )
        .select_from(run)
        .join(made, made.c.set_id == run.c.output_set_id)
        .join(dataset_version, is_made)
        .where(
            among(run.c.id, runs),
            version.written_at.is_not(None),
            was_written(dataset_version, moment),
        )
    )
    written = [*connection.execute(statement), *written_by_streams(connection, runs, moment)]
    once = undone(connection, among(version.run_id, runs), moment)
    written += ((each.dataset_id, each.at, FOREVER) for each, _ in once)
    return {
        _Written(each, at, until)
        for key, at, until in written
        for each in things.ids([things.key(key)])
    }


def _likely_readers(
    connection: Connection, written: Collection[_Written], moment: Moment
) -> set[int]:
    """Return runs of which some read what had been ``written``, and none that did is lacking.

    A reader ends after the version was written, and begins before the next one was. Of very many,
    those count that ended first.
    """
    each, found = iter(written), set()
    # A statement takes so many parameters at most.
    while some := list(islice(each, _LOT)):
        found |= _likely_readers_of(connection, some, moment)
    return found


def _likely_readers_of(connection: Connection, written: list[_Written], moment: Moment) -> set[int]:
    columns = (column(name, BigInteger) for name in _Written._fields)
    wanted = values(*columns).data([tuple(each) for each in written]).cte("written")
    member = io_set_member.c
    is_input = exists().where(
        member.set_id == run.c.input_set_id, member.member_id == wanted.c.dataset_id
    )
    statement = (
        select(run.c.id, run.c.anchor_at)
        .distinct()
        .select_from(wanted)
        .join(edge, and_(edge.c.dataset_id == wanted.c.dataset_id, edge.c.side == "in"))
        .join(run, and_(run.c.job_id == edge.c.job_id, run.c.anchor_at >= wanted.c.at))
        .where(
            is_input,
            run.c.first_event_at < wanted.c.until,
            moment.knows_run(run.c.id),
        )
        .order_by(run.c.anchor_at, run.c.id)
        .limit(MAX_RUNS)
    )
    return {row.id for row in connection.execute(statement)}
