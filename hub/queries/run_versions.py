"""Which version of a dataset a run read, that is, which run had written it.

The newest one that was complete when the run began; else, because some producers let a chain of
runs begin at once, when it ended. Where the run's events name a version, of those of that name, if
there are any.
"""

from __future__ import annotations

from bisect import bisect_right
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hub.domain.facets import read_version
from hub.queries.datasets import datasets_of_sets, find_datasets
from hub.queries.marquez.versions import Reading, versions_called, versions_read
from hub.queries.moments import NOW

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from hub.domain.names import DatasetName
    from hub.queries.datasets import DatasetRow
    from hub.queries.marquez.versions import Version
    from hub.queries.moments import Moment
    from hub.queries.run_events import Said
    from hub.queries.runs import RunRow


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
    connection: Connection, runs: Collection[RunRow], said: Mapping[int, Said], moment: Moment = NOW
) -> dict[int, list[VersionRead]]:
    """Return what each run read, by the store's id of the run.

    ``said`` is what the runs' events say. At a moment of the past, what they had said counts, and
    versions that had been written and were known to be.
    """
    inputs = _inputs(connection, runs, said, moment)
    pairs = [(run, dataset) for run in runs for dataset in inputs[run.id]]
    named = {(run.id, row.id): _named(said.get(run.id), row.key) for run, row in pairs}
    names = {(dataset, name) for (_, dataset), name in named.items() if name is not None}
    called = versions_called(connection, names, moment) if names else {}
    begun = {Reading(run.id, row.id, _began(run)) for run, row in pairs}
    started = _by_pair(versions_read(connection, begun, moment))
    late = {
        Reading(run.id, row.id, run.anchor_at or 0)
        for run, row in pairs
        if (run.id, row.id) not in started
    }
    ended = _by_pair(versions_read(connection, late, moment))
    found: dict[int, list[VersionRead]] = {run.id: [] for run in runs}
    for run, row in pairs:
        name = named[run.id, row.id]
        so_called = called.get((row.id, name), []) if name is not None else []
        by_time = started.get((run.id, row.id)), ended.get((run.id, row.id))
        ways = zip(Basis, (_newest_before(run, so_called), *by_time), strict=True)
        basis, version = next(((how, each) for how, each in ways if each), (None, None))
        found[run.id].append(VersionRead(row, version, basis, name))
    return found


def _newest_before(run: RunRow, versions: list[Version]) -> Version | None:
    """Return the newest of versions, the oldest first, that a run may have read."""
    # What a run has written itself it cannot have read before.
    others = [version for version in versions if version.run_id != run.id]
    for instant in (_began(run), run.anchor_at or 0):
        place = bisect_right(others, instant, key=lambda version: version.at)
        if place:
            return others[place - 1]
    return None


def _inputs(
    connection: Connection, runs: Collection[RunRow], said: Mapping[int, Said], moment: Moment
) -> dict[int, list[DatasetRow]]:
    """Return what each run reads; at a moment of the past, what its events had said by then."""
    if moment.is_now:
        sets = {run.input_set_id for run in runs if run.input_set_id is not None}
        members = datasets_of_sets(connection, sets)
        return {run.id: members.get(run.input_set_id or 0, []) for run in runs}
    told = {run.id: said[run.id].inputs if run.id in said else {} for run in runs}
    rows = find_datasets(connection, {name for names in told.values() for name in names})
    return {
        key: [rows[name] for name in sorted(names) if name in rows] for key, names in told.items()
    }


def _by_pair(found: Mapping[Reading, Version]) -> dict[tuple[int, int], Version]:
    return {(each.run_id, each.dataset_id): version for each, version in found.items()}


def _named(said: Said | None, dataset: DatasetName) -> str | None:
    use = said.inputs.get(dataset) if said else None
    raw = use.facets.in_force().get("version") if use else None
    return read_version(raw) if raw else None


def _began(run: RunRow) -> int:
    return run.started_at or run.first_event_at or run.last_event_at or 0
