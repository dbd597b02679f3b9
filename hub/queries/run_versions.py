"""Which version of a dataset a run read, that is, which run had written it.

The newest one that was complete when the run began, or that a stream was writing; else, because
some producers let a chain of runs begin at once, when it ended. Where the run's events name a
version, of those of that name, if there are any.
"""

from __future__ import annotations

from bisect import bisect_right
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hub.domain.names import DatasetName
from hub.domain.openlineage.facets import read_version
from hub.graph.identities import NOTHING
from hub.queries.datasets import datasets_of_sets, find_datasets
from hub.queries.marquez.versions import Reading, versions_called, versions_read
from hub.queries.moments import NOW
from hub.queries.streams import versions_of_streams

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from hub.graph.identities import Things
    from hub.queries.datasets import DatasetRow
    from hub.queries.marquez.versions import Version
    from hub.queries.moments import Moment
    from hub.queries.run_events import Said
    from hub.queries.runs import RunRow
    from hub.store.journal import Journal


class Basis(StrEnum):
    """Why a version is taken for the one that was read."""

    NAMED = "NAMED"
    STARTED = "STARTED"
    ENDED = "ENDED"


class VersionRead(NamedTuple):
    """That a run read a dataset; ``version`` is None where no run is known to have written it.

    ``named`` is what the run's events call the version.
    """

    dataset: DatasetRow
    version: Version | None
    basis: Basis | None
    named: str | None


def versions_read_by(
    connection: Connection,
    runs: Collection[RunRow],
    said: Mapping[int, Said],
    journal: Journal,
    moment: Moment = NOW,
    things: Things = NOTHING,
    *,
    members: Mapping[int, list[DatasetRow]] | None = None,
) -> dict[int, list[VersionRead]]:
    """Return what each run read, by the store's id of the run.

    ``said`` is what the runs' events say. At a moment of the past, what they had said counts, and
    versions that had been written and were known to be. ``things`` are datasets of several names.
    ``members`` are those of the sets that the runs name now, where the caller has read them.
    """
    if moment.is_now:
        sets = {run.input_set_id for run in runs if run.input_set_id is not None}
        of_sets = datasets_of_sets(connection, sets) if members is None else members
        told = {run.id: of_sets.get(run.input_set_id or 0, []) for run in runs}
    else:
        told = _inputs_then(connection, runs, said)
    # By whatever names a run says it, it reads a dataset once.
    inputs = {
        key: list({things.key(row.id): row for row in reversed(rows)}.values())[::-1]
        for key, rows in told.items()
    }
    pairs = [(run, dataset) for run in runs for dataset in inputs[run.id]]
    named = {(run.id, row.id): _named(said.get(run.id), row.key, things) for run, row in pairs}
    names = {
        (key, name)
        for (_, dataset), name in named.items()
        if name is not None
        for key in _ids(things, dataset)
    }
    called = versions_called(connection, names, moment) if names else {}
    readings = {
        Reading(run.id, key, at)
        for run, row in pairs
        for key in _ids(things, row.id)
        for at in (_began(run), _ended(run))
    }
    read = versions_read(connection, readings, moment)
    for reading, of_stream in versions_of_streams(connection, readings, moment, journal).items():
        read[reading] = max(of_stream, read.get(reading, of_stream), key=_order)
    by_run = {run.id: run for run in runs}
    started, ended = (
        _newest_by_pair({r: v for r, v in read.items() if r.at == at(by_run[r.run_id])}, things)
        for at in (_began, _ended)
    )
    found: dict[int, list[VersionRead]] = {run.id: [] for run in runs}
    for run, row in pairs:
        name, pair = named[run.id, row.id], (run.id, things.key(row.id))
        ids = _ids(things, row.id) if name is not None else ()
        so_called = sorted(
            (v for key in ids for v in called.get((key, name or ""), ())), key=_order
        )
        ways = zip(
            Basis, (_newest_before(run, so_called), started.get(pair), ended.get(pair)), strict=True
        )
        basis, version = next(((how, each) for how, each in ways if each), (None, None))
        found[run.id].append(VersionRead(row, version, basis, name))
    return found


def _newest_before(run: RunRow, versions: list[Version]) -> Version | None:
    """Return the newest of versions, the oldest first, that a run may have read."""
    # What a run has written itself it cannot have read before.
    others = [version for version in versions if version.run_id != run.id]
    for instant in (_began(run), _ended(run)):
        place = bisect_right(others, instant, key=lambda version: version.at)
        if place:
            return others[place - 1]
    return None


def _inputs_then(
    connection: Connection, runs: Collection[RunRow], said: Mapping[int, Said]
) -> dict[int, list[DatasetRow]]:
    """Return what the events of each run had said that it reads."""
    told = {run.id: said[run.id].inputs if run.id in said else {} for run in runs}
    rows = find_datasets(connection, {name for names in told.values() for name in names})
    return {
        key: [rows[name] for name in sorted(names) if name in rows] for key, names in told.items()
    }


def _ids(things: Things, dataset: int) -> list[int]:
    return things.ids([things.key(dataset)])


def _newest_by_pair(
    found: Mapping[Reading, Version], things: Things
) -> dict[tuple[int, int], Version]:
    newest: dict[tuple[int, int], Version] = {}
    for reading, version in found.items():
        pair = reading.run_id, things.key(reading.dataset_id)
        newest[pair] = max(version, newest.get(pair, version), key=_order)
    return newest


def _order(version: Version) -> tuple[int, int]:
    return version.at, version.run_id or 0


def _named(said: Said | None, dataset: DatasetName, things: Things) -> str | None:
    names = (DatasetName(*name) for name in things.names_of(dataset)) if said else ()
    uses = (said.inputs.get(name) for name in names) if said else ()
    facets = (use.facets.in_force().get("version") for use in uses if use)
    return next((read_version(raw) for raw in facets if raw), None)


def _began(run: RunRow) -> int:
    return run.started_at or run.first_event_at or run.last_event_at or 0


def _ended(run: RunRow) -> int:
    return run.anchor_at or 0
