"""Datasets and jobs with all that is said of them under all of their names."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from hub.graph.around import count_neighbours
from hub.graph.index import dataset_node
from hub.graph.view import Sight
from hub.queries import dataset_details as details
from hub.queries.datasets import DatasetRow, datasets_by_id, datasets_of_jobs
from hub.queries.jobs import JobRow, jobs_by_id
from hub.queries.pages import merge_pages
from hub.queries.runs import RunOfJob, last_runs_of_jobs, runs_of_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from hub.graph.identities import Known, Things
    from hub.graph.index import LineageIndex
    from hub.queries.facet_contents import FacetRow
    from hub.queries.moments import Moment
    from hub.queries.pages import Page, PageRequest
    from hub.queries.runs import RunRow

_RowT = TypeVar("_RowT", DatasetRow, JobRow)
_ValueT = TypeVar("_ValueT")


def unite_datasets(
    connection: Connection, things: Things, rows: Iterable[DatasetRow]
) -> dict[int, DatasetRow]:
    """Return, by the ids of ``rows``, the datasets that they are names of."""
    return _unite(connection, things, [*rows], datasets_by_id)


def unite_jobs(connection: Connection, things: Things, rows: Iterable[JobRow]) -> dict[int, JobRow]:
    """Return, by the ids of ``rows``, the jobs that they are names of."""
    return _unite(connection, things, [*rows], jobs_by_id)


def together(
    things: Things,
    keys: Collection[int],
    found: Mapping[int, _ValueT],
    join: Callable[[Sequence[_ValueT]], _ValueT],
) -> Mapping[int, _ValueT]:
    """Return what was found of all names of each thing that one of ``keys`` stands for."""
    known = (things.with_id(key) for key in keys)
    several = [each for each in known if each is not None and len(each.ids) > 1]
    if not several:
        return found
    joined = dict(found)
    for each in several:
        values = [found[key] for key in _shown_first(each) if key in found]
        if values:
            joined[each.key] = join(values)
    return joined


def distinct(found: Sequence[list[Any]]) -> list[Any]:
    """Return what several lists have, each once, in the order in which it comes."""
    said: list[Any] = []
    for each in chain.from_iterable(found):
        if each not in said:
            said.append(each)
    return said


def newest_of_each(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return, of facets by key, those that were said last, but for partial ones if there are."""
    newest: dict[str, Any] = {}
    for name, said in chain.from_iterable(each.items() for each in found):
        if name not in newest or _weight(newest[name]) < _weight(said):
            newest[name] = said
    return newest


def fields_once(found: Sequence[list[details.FieldRow]]) -> list[details.FieldRow]:
    """Return the fields that several lists have, each once: with a type, if any has it."""
    fields: dict[str, details.FieldRow] = {}
    for each in chain.from_iterable(found):
        held = fields.get(each.name)
        if held is None or (held.type is None and each.type is not None):
            fields[each.name] = each
    return [*fields.values()]


def versions_of(
    connection: Connection, things: Things, ids: list[int], *, at_most: int, moment: Moment
) -> dict[int, list[details.VersionRow]]:
    """Return what runs wrote to each dataset, newest first."""
    every = details.versions_of(connection, things.ids(ids), at_most=at_most, moment=moment)
    found = together(things, ids, every, _newest_first)
    return {key: found[key][:at_most] for key in ids if key in found}


def runs_of(
    connection: Connection, things: Things, ids: list[int], request: PageRequest, *, moment: Moment
) -> dict[int, Page[RunOfJob]]:
    """Return a page of the runs of each job, newest first."""
    every = runs_of_jobs(connection, things.ids(ids), request, moment=moment)
    found = together(things, ids, every, partial(merge_pages, first=request.first))
    return {key: found[key] for key in ids if key in found}


def last_run_of(connection: Connection, things: Things, ids: list[int]) -> Mapping[int, RunRow]:
    """Return the newest run of each job."""
    every = last_runs_of_jobs(connection, things.ids(ids))
    return together(things, ids, every, _newest_run)


def datasets_of(
    connection: Connection, things: Things, ids: list[int], *, side: str, moment: Moment
) -> Mapping[int, list[DatasetRow]]:
    """Return what each job reads (side "in") or writes ("out")."""
    every = datasets_of_jobs(connection, things.ids(ids), side=side, moment=moment)
    return together(things, ids, every, _by_name)


def neighbours_of(
    connection: Connection, index: LineageIndex, ids: Sequence[int], *, moment: Moment
) -> dict[int, details.Neighbours]:
    """Return how many datasets each one is made from, and how many are made from it, directly."""
    known = index.identities(connection)
    # Of what was known then the index tells sooner: the store finds it by jobs alone.
    is_plain = not known.datasets.known and not known.jobs.known
    if is_plain and moment.position is None:
        return details.neighbour_counts(connection, ids, moment=moment)
    graph = index.datasets(connection, with_history=moment.position is not None)
    view = graph.seen(Sight(moment.as_of, moment.position))
    return {
        key: details.Neighbours(
            *(count_neighbours(view, dataset_node(key), is_upstream=up) for up in (True, False))
        )
        for key in ids
    }


def _by_name(found: Sequence[list[DatasetRow]]) -> list[DatasetRow]:
    return sorted(dict.fromkeys(chain.from_iterable(found)), key=lambda row: row.sort_key)


def _newest_first(found: Sequence[list[details.VersionRow]]) -> list[details.VersionRow]:
    return sorted(distinct(found), key=lambda row: (row.written_at, row.run_id), reverse=True)


def _weight(said: FacetRow) -> tuple[bool, int]:
    return not said.is_partial, said.said_at


def _newest_run(found: Sequence[RunRow]) -> RunRow:
    return max(found, key=lambda row: RunOfJob(row).sort_key)


def _unite(
    connection: Connection,
    things: Things,
    rows: list[_RowT],
    load: Callable[[Connection, Collection[int]], dict[int, _RowT]],
) -> dict[int, _RowT]:
    if not things.known:
        return {row.id: row for row in rows}
    found = (things.with_id(row.id) for row in rows)
    several: dict[int, Known] = {each.key: each for each in found if each is not None}
    if not several:
        return {row.id: row for row in rows}
    loaded = load(connection, things.ids([*several]))
    united = {
        key: _united(known, [loaded[each] for each in _shown_first(known) if each in loaded])
        for key, known in several.items()
    }
    return {row.id: united.get(things.key(row.id)) or row for row in rows}


def _united(known: Known, rows: list[_RowT]) -> _RowT | None:
    if not rows:
        return None
    spans = [
        (row.first_seen, row.last_seen)
        for row in rows
        if row.first_seen is not None and row.last_seen is not None
    ]
    # What one name does not tell, another may.
    said: dict[str, Any] = {
        name: next((each for row in rows if (each := getattr(row, name)) is not None), None)
        for name in rows[0]._fields
    }
    said |= {"id": known.key, "namespace": known.thing.name[0], "name": known.thing.name[1]}
    said["first_seen"] = min((first for first, _ in spans), default=None)
    said["last_seen"] = max((last for _, last in spans), default=None)
    return rows[0]._replace(**said)


def _shown_first(known: Known) -> list[int]:
    return [known.key, *(key for key in known.ids if key != known.key)]
