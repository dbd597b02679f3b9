"""Timelines: what happened to a dataset or a job, newest first, in pages by keyset.

Each kind of happening is read from where it is kept, from the page's place on and no further than
the page reaches, and the kinds are merged. Schemas and edges have no index by instant: as many as a
dataset or job has are looked at. At one instant, kinds come by ``_RANKS``, the greatest first.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from sqlalchemy import and_, or_

from hub.domain.errors import InvalidInput
from hub.domain.names import DatasetName, JobName, dataset_id, job_id, run_id
from hub.domain.runs import SeenState
from hub.queries.dataset_details import (
    AssertionRow,
    SchemaVersionRow,
    VersionRow,
    outcomes_of,
    schema_versions_of,
    versions_of,
)
from hub.queries.datasets import datasets_by_id
from hub.queries.jobs import jobs_by_id
from hub.queries.pages import Page, PageRequest
from hub.queries.run_reports import runs_at
from hub.queries.runs import RunRow, runs_by_id, runs_of_jobs
from hub.queries.selections import Grouped, group, newest
from hub.queries.things import distinct, together

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause

    from hub.graph.identities import Identities, Things
    from hub.queries.moments import Moment
    from hub.queries.pages import Key


class HappeningKind(StrEnum):
    """What can happen to a dataset or a job."""

    RAN = "RAN"
    WRITTEN = "WRITTEN"
    TESTED = "TESTED"
    SCHEMA_CHANGED = "SCHEMA_CHANGED"
    EDGE_OPENED = "EDGE_OPENED"
    EDGE_CLOSED = "EDGE_CLOSED"


class SchemaChange(NamedTuple):
    """Which fields came, went and changed their type when a schema was first seen."""

    added: list[str]
    removed: list[str]
    changed: list[str]


class EdgeChange(NamedTuple):
    """That a job began or ceased to read (side "in") or write ("out") a dataset.

    ``other`` is the store's id of the end that the timeline is not about.
    """

    other: int
    side: str
    origin: str
    ordinal: int
    at: int


class Happening(NamedTuple):
    """One thing that happened. ``at`` is event time, microseconds UTC.

    ``node`` is the id of the run that did it, or of an edge's other end.
    """

    at: int
    kind: HappeningKind
    ties: Key
    said: VersionRow | AssertionRow | SchemaChange | EdgeChange | RunRow
    node: str | None = None

    @property
    def sort_key(self) -> Key:
        """Where it stands in its timeline."""
        return (self.at, _RANKS[self.kind], *self.ties)


Timelines: TypeAlias = dict[int, Page[Happening]]

_RANKS: Final = {kind: rank for rank, kind in enumerate(HappeningKind)}
_LEAST: Final = -(1 << 63)
_FURTHEST: Final = 1 << 62
# For each kind, what tells apart those of one instant is greater than this.
_NO_TIES: Final[dict[HappeningKind, Key]] = {
    HappeningKind.RAN: (_LEAST,),
    HappeningKind.WRITTEN: (_LEAST,),
    HappeningKind.TESTED: (_LEAST, _LEAST),
    HappeningKind.SCHEMA_CHANGED: ("",),
    HappeningKind.EDGE_OPENED: (_LEAST, "", "", _LEAST),
    HappeningKind.EDGE_CLOSED: (_LEAST, "", "", _LEAST),
}


def dataset_timelines(
    connection: Connection, known: Identities, ids: list[int], request: PageRequest, moment: Moment
) -> Timelines:
    """Return a page of what happened to each dataset, under all of its names.

    Raises:
        InvalidInput: the request goes on from a place in another list.

    """
    things = known.datasets
    every, at_most = things.ids(ids), request.first + 1
    written = versions_of(
        connection,
        every,
        at_most=at_most,
        after=_place(request, HappeningKind.WRITTEN),
        moment=moment,
    )
    tested = outcomes_of(
        connection,
        every,
        at_most=at_most,
        after=_place(request, HappeningKind.TESTED),
        moment=moment,
    )
    schemas = schema_versions_of(connection, every, moment=moment)
    found = _join(
        things,
        ids,
        (
            {key: [*map(_written, rows)] for key, rows in written.items()},
            {key: [*map(_tested, rows)] for key, rows in tested.items()},
            *_edge_changes(connection, "dataset_id", every, request, moment),
        ),
    )
    for key, versions in together(things, ids, schemas, distinct).items():
        if key in found:
            found[key] += _schema_changes(versions, request)
    return _named(connection, known, _pages(found, request), jobs=True)


def job_timelines(
    connection: Connection, known: Identities, ids: list[int], request: PageRequest, moment: Moment
) -> Timelines:
    """Return a page of what happened to each job, under all of its names.

    Of the past, runs that had not ended by then come where they stand now.

    Raises:
        InvalidInput: the request goes on from a place in another list.

    """
    things = known.jobs
    every = things.ids(ids)
    asked = PageRequest(request.first + 1, _place(request, HappeningKind.RAN))
    ran = runs_of_jobs(connection, every, asked, moment=moment)
    runs: Grouped[Happening] = {
        key: [
            Happening(each.row.anchor_at or 0, HappeningKind.RAN, (each.row.id,), each.row)
            for each in page.rows
        ]
        for key, page in ran.items()
    }
    changes = _edge_changes(connection, "job_id", every, request, moment)
    pages = _pages(_join(things, ids, (runs, *changes)), request)
    return _named(connection, known, _as_then(connection, pages, moment), jobs=False)


def _place(request: PageRequest, kind: HappeningKind) -> Key | None:
    """Return after which instant and ties happenings of a kind follow."""
    if request.after is None:
        return None
    at, rank, *ties = _checked(request.after)
    none = _NO_TIES[kind]
    if rank == _RANKS[kind]:
        return (at, *ties)
    return (at + 1 if _RANKS[kind] < rank else at, *none)


def _checked(key: Key) -> tuple[int, int, *tuple[str | int, ...]]:
    match key:
        case (int(at), int(rank), *ties) if 0 <= rank < len(_RANKS) and abs(at) < _FURTHEST:
            none = _NO_TIES[[*HappeningKind][rank]]
            if [*map(type, ties)] == [*map(type, none)] and all(map(_fits, ties)):
                return (at, rank, *ties)
    raise InvalidInput("after: the cursor belongs to another list")


def _fits(tie: str | int) -> bool:
    # PostgreSQL has no text with a null character.
    return "\0" not in tie if isinstance(tie, str) else abs(tie) < _FURTHEST


def _written(row: VersionRow) -> Happening:
    return Happening(row.written_at, HappeningKind.WRITTEN, (row.run_id,), row)


def _tested(row: AssertionRow) -> Happening:
    ties = (row.run_id, row.ordinal)
    return Happening(row.event_time, HappeningKind.TESTED, ties, row)


def _schema_changes(versions: list[SchemaVersionRow], request: PageRequest) -> list[Happening]:
    ordered = sorted(versions, key=lambda row: (row.first_seen, row.digest))
    first = [SchemaVersionRow(b"", 0, 0, []), *ordered]
    changes = [
        Happening(
            after.first_seen,
            HappeningKind.SCHEMA_CHANGED,
            (after.digest.hex(),),
            _difference(before, after),
        )
        for before, after in pairwise(first)
    ]
    if request.after is None:
        return changes
    place = _checked(request.after)
    return [each for each in changes if each.sort_key < place]


def _difference(before: SchemaVersionRow, after: SchemaVersionRow) -> SchemaChange:
    was, is_ = ({field.name: field.type for field in each.fields} for each in (before, after))
    return SchemaChange(
        added=[name for name in is_ if name not in was],
        removed=[name for name in was if name not in is_],
        changed=[name for name in is_ if name in was and was[name] != is_[name]],
    )


def _edge_changes(
    connection: Connection, end: str, ids: Sequence[int], request: PageRequest, moment: Moment
) -> list[Grouped[Happening]]:
    return [
        _changes_of(connection, end, ids, request, moment, kind)
        for kind in (HappeningKind.EDGE_OPENED, HappeningKind.EDGE_CLOSED)
    ]


def _changes_of(
    connection: Connection,
    end: str,
    ids: Sequence[int],
    request: PageRequest,
    moment: Moment,
    kind: HappeningKind,
) -> Grouped[Happening]:
    edges = moment.edges().c
    at = edges.opened_at if kind is HappeningKind.EDGE_OPENED else edges.closed_at
    other = edges.job_id if end == "dataset_id" else edges.dataset_id
    statement = newest(
        (edges[end], other, edges.side, edges.origin, edges.ordinal, at),
        by=(at, other, edges.side, edges.origin, edges.ordinal),
        parents=ids,
        at_most=request.first + 1,
        after=_place(request, kind),
        only=lambda table: and_(moment.within(table.c[at.name]), _ever_held(table)),
    )

    def made(*columns: object) -> Happening:
        change = EdgeChange(*columns)  # type: ignore[arg-type]  # as they are selected
        return Happening(change.at, kind, change[:-1], change)

    return group(connection.execute(statement), made)


def _ever_held(table: FromClause) -> ColumnElement[bool]:
    """Return the condition that an edge held for any time: what is taken back has not."""
    return or_(table.c.closed_at.is_(None), table.c.closed_at > table.c.opened_at)


def _join(
    things: Things, ids: list[int], sources: Iterable[Mapping[int, list[Happening]]]
) -> Grouped[Happening]:
    """Return what was found of each thing under all of its names."""
    found: Grouped[Happening] = {key: [] for key in ids}
    for source in sources:
        joined = together(things, ids, source, lambda lists: [*chain.from_iterable(lists)])
        for key in ids:
            found[key] += joined.get(key, [])
    return found


def _pages(found: Grouped[Happening], request: PageRequest) -> Timelines:
    pages = {}
    for key, happenings in found.items():
        # Two names of a thing may tell of the same.
        once = {each.sort_key: each for each in happenings}
        rows = [once[place] for place in sorted(once, reverse=True)]
        pages[key] = Page(rows[: request.first], len(rows) > request.first)
    return pages


def _as_then(connection: Connection, pages: Timelines, moment: Moment) -> Timelines:
    if moment.is_now:
        return pages
    runs = [each.said for each in _all(pages) if isinstance(each.said, RunRow)]
    then = {row.id: row for row in runs_at(connection, runs, moment)}
    return {
        key: page._replace(
            rows=[
                each._replace(said=then.get(each.said.id, each.said))
                if isinstance(each.said, RunRow)
                else each
                for each in page.rows
            ]
        )
        for key, page in pages.items()
    }


def _named(connection: Connection, known: Identities, pages: Timelines, *, jobs: bool) -> Timelines:
    """Return happenings with the ids of the runs and of the edges' other ends."""
    others = {each.said.other for each in _all(pages) if isinstance(each.said, EdgeChange)}
    names: dict[int, str]
    if jobs:
        found = jobs_by_id(connection, others)
        names = {key: job_id(JobName(*known.jobs.shown(row.key))) for key, row in found.items()}
    else:
        read = datasets_by_id(connection, others)
        names = {
            key: dataset_id(DatasetName(*known.datasets.shown(row.key)))
            for key, row in read.items()
        }
    by_runs = (VersionRow, AssertionRow)
    ids = {each.said.run_id for each in _all(pages) if isinstance(each.said, by_runs)}
    runs = {key: run_id(row.key) for key, row in runs_by_id(connection, ids).items()}

    def named(each: Happening) -> Happening:
        match each.said:
            case VersionRow() | AssertionRow():
                return each._replace(node=runs[each.said.run_id])
            case EdgeChange():
                return each._replace(node=names[each.said.other])
            case RunRow():
                return each._replace(node=run_id(each.said.key))
            case SchemaChange():
                return each

    return {
        key: page._replace(rows=[named(each) for each in page.rows]) for key, page in pages.items()
    }


def _all(pages: Timelines) -> list[Happening]:
    return [each for page in pages.values() for each in page.rows]


def summary(happening: Happening) -> str:
    """Return in a few words what happened."""
    match happening.said:
        case RunRow() as run:
            lasted = _lasted(run)
            return f"{(run.state or SeenState.NEW.value).lower()}{lasted}"
        case VersionRow() as version:
            sizes = ((version.rows, "rows"), (version.bytes, "bytes"))
            said = ", ".join(f"{count} {unit}" for count, unit in sizes if count is not None)
            return f"written: {said}" if said else "written"
        case AssertionRow() as test:
            of = f" of {test.field}" if test.field else ""
            return f"{test.name or test.assertion}{of} {'passed' if test.success else 'failed'}"
        case SchemaChange() as change:
            parts = zip(("added", "removed", "changed type"), change, strict=True)
            said = "; ".join(f"{verb}: {', '.join(names)}" for verb, names in parts if names)
            return f"schema: {said}" if said else "schema: same fields, said otherwise"
        case EdgeChange() as change:
            verb = "read" if change.side == "in" else "write"
            began = "began" if happening.kind is HappeningKind.EDGE_OPENED else "ceased"
            return f"{began} to {verb} ({change.origin.lower()})"


def _lasted(run: RunRow) -> str:
    if run.started_at is None or run.ended_at is None:
        return ""
    return f" after {(run.ended_at - run.started_at) / 1_000_000:g} s"
