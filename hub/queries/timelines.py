"""Timelines: what happened to a dataset or a job, newest first, in pages by keyset.

Each kind of happening is read from where it is kept, from the page's place on and no further than
the page reaches, and the kinds are merged. Schemas, edges, contents of facets and dependencies have
no index by instant: as many as a dataset or job has are looked at.
"""

from __future__ import annotations

from itertools import chain, pairwise
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import and_, or_

from hub.domain.names import DatasetName, JobName, NodeKind, dataset_id, job_id, node_id, run_id
from hub.queries.dataset_details import (
    AssertionRow,
    DropRow,
    SchemaVersionRow,
    VersionRow,
    drops_of,
    outcomes_of,
    schema_versions_of,
    versions_of,
    whole_if_any,
)
from hub.queries.datasets import datasets_by_id
from hub.queries.dependencies import dependency_changes
from hub.queries.happenings import (
    DependencyChange,
    EdgeChange,
    Happening,
    HappeningKind,
    SchemaChange,
    Trouble,
    before,
    place_of,
)
from hub.queries.jobs import jobs_by_id
from hub.queries.label_changes import label_changes, tags_given
from hub.queries.name_changes import name_changes
from hub.queries.pages import Page, PageRequest
from hub.queries.run_reports import runs_at
from hub.queries.runs import RunRow, runs_by_id, runs_of_jobs
from hub.queries.selections import Grouped, group, newest
from hub.queries.things import distinct, together
from hub.queries.troubles import troubles_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, FromClause

    from hub.graph.identities import Identities, Things
    from hub.queries.moments import Moment


Timelines: TypeAlias = dict[int, Page[Happening]]
_BY_RUNS = (VersionRow, DropRow, AssertionRow)
_OF_INCIDENTS = (HappeningKind.INCIDENT_OPENED, HappeningKind.INCIDENT_RESOLVED)


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
        after=place_of(request, HappeningKind.WRITTEN),
        moment=moment,
    )
    dropped = drops_of(
        connection,
        every,
        at_most=at_most,
        after=place_of(request, HappeningKind.DROPPED),
        moment=moment,
    )
    tested = outcomes_of(
        connection,
        every,
        at_most=at_most,
        after=place_of(request, HappeningKind.TESTED),
        moment=moment,
    )
    schemas = schema_versions_of(connection, every, moment=moment)
    found = _join(
        things,
        ids,
        (
            {key: [*map(_written, rows)] for key, rows in written.items()},
            {key: [*map(_dropped, rows)] for key, rows in dropped.items()},
            {key: [*map(_tested, rows)] for key, rows in tested.items()},
            *_edge_changes(connection, "dataset_id", every, request, moment),
            *label_changes(connection, "dataset", every, request, moment),
            *troubles_of(connection, NodeKind.DATASET, every, request, moment),
            tags_given(connection, "dataset", every, request, moment),
            name_changes(connection, NodeKind.DATASET, things, ids, request, moment),
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
    asked = PageRequest(request.first + 1, place_of(request, HappeningKind.RAN))
    ran = runs_of_jobs(connection, every, asked, moment=moment)
    runs: Grouped[Happening] = {
        key: [
            Happening(each.row.anchor_at or 0, HappeningKind.RAN, (each.row.id,), each.row)
            for each in page.rows
        ]
        for key, page in ran.items()
    }
    sources = (
        runs,
        *_edge_changes(connection, "job_id", every, request, moment),
        *label_changes(connection, "job", every, request, moment),
        *troubles_of(connection, NodeKind.JOB, every, request, moment),
        tags_given(connection, "job", every, request, moment),
        name_changes(connection, NodeKind.JOB, things, ids, request, moment),
        dependency_changes(connection, things, ids, request, moment),
    )
    pages = _pages(_join(things, ids, sources), request)
    return _named(connection, known, _as_then(connection, pages, moment), jobs=False)


def _written(row: VersionRow) -> Happening:
    return Happening(row.written_at, HappeningKind.WRITTEN, (row.run_id,), row)


def _dropped(row: DropRow) -> Happening:
    return Happening(row.dropped_at, HappeningKind.DROPPED, (row.run_id,), row)


def _tested(row: AssertionRow) -> Happening:
    ties = (row.run_id, row.ordinal)
    return Happening(row.event_time, HappeningKind.TESTED, ties, row)


def _schema_changes(versions: list[SchemaVersionRow], request: PageRequest) -> list[Happening]:
    ordered = sorted(whole_if_any(versions), key=lambda row: (row.first_seen, row.digest))
    first = [SchemaVersionRow(b"", 0, 0, []), *ordered]
    changes = [
        Happening(
            after.first_seen,
            HappeningKind.SCHEMA_CHANGED,
            (after.digest.hex(),),
            _difference(was, after),
        )
        for was, after in pairwise(first)
    ]
    return before(changes, request)


def _difference(old: SchemaVersionRow, new: SchemaVersionRow) -> SchemaChange:
    was, is_ = ({field.name: field.type for field in each.fields} for each in (old, new))
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
        after=place_of(request, kind),
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
    """Return happenings with the ids of runs, of the other ends of edges, and of incidents."""
    read = {each.said.other for each in _all(pages) if isinstance(each.said, EdgeChange)}
    waited = {each.said.other for each in _all(pages) if isinstance(each.said, DependencyChange)}
    datasets = {
        key: dataset_id(DatasetName(*known.datasets.shown(row.key)))
        for key, row in datasets_by_id(connection, () if jobs else read).items()
    }
    job_ids = {
        key: job_id(JobName(*known.jobs.shown(row.key)))
        for key, row in jobs_by_id(connection, waited | read if jobs else waited).items()
    }
    ends = job_ids if jobs else datasets
    ids = {each.said.run_id for each in _all(pages) if isinstance(each.said, _BY_RUNS)}
    runs = {key: run_id(row.key) for key, row in runs_by_id(connection, ids).items()}

    def node_of(each: Happening) -> str | None:
        match each.said:
            case VersionRow() | DropRow() | AssertionRow():
                return runs[each.said.run_id]
            case EdgeChange():
                return ends[each.said.other]
            case DependencyChange():
                return job_ids[each.said.other]
            case RunRow():
                return run_id(each.said.key)
            case Trouble() if each.kind in _OF_INCIDENTS:
                return node_id(NodeKind.INCIDENT, each.said.name)
        return None

    return {
        key: page._replace(rows=[each._replace(node=node_of(each)) for each in page.rows])
        for key, page in pages.items()
    }


def _all(pages: Timelines) -> list[Happening]:
    return [each for page in pages.values() for each in page.rows]
