"""Which version of a dataset is meant: by its id, as the current one, or as a run found it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain, islice
from typing import Final, NamedTuple

from hub.api.rest.marquez.asking import Asking
from hub.api.rest.marquez.identifiers import seen_version_uuid, written_version_uuid
from hub.api.rest.marquez.problems import not_found
from hub.domain.facets import read_version
from hub.domain.names import DatasetName
from hub.queries.datasets import DatasetRow, datasets_of_sets
from hub.queries.marquez.versions import (
    Reading,
    Version,
    every_version,
    versions_called,
    versions_read,
)
from hub.queries.run_events import Said
from hub.queries.runs import RunRow, runs_by_id

_LOT: Final = 1_000


class Read(NamedTuple):
    """That a run read a version of a dataset."""

    dataset: DatasetRow
    version: Version


def only_version(row: DatasetRow) -> Version:
    """Return the version of a dataset that has been neither written nor described."""
    return Version(row.id, None, row.first_seen or 0, None)


def version_ids(
    asking: Asking, versions: Collection[Version], names: Mapping[int, DatasetName]
) -> dict[Version, str]:
    """Return the ids that versions go by."""
    keys = {each.run_id for each in versions if each.run_id is not None}
    runs = runs_by_id(asking.connection, keys) if keys else {}
    return {
        each: seen_version_uuid(names[each.dataset_id], each.schema)
        if each.run_id is None
        else written_version_uuid(names[each.dataset_id], runs[each.run_id].key)
        for each in versions
    }


def find_version(asking: Asking, row: DatasetRow, uuid: str) -> Version:
    """Return the version of a dataset that goes by an id."""
    versions = chain([only_version(row)], list(every_version(asking.connection, row.id)))
    while some := list(islice(versions, _LOT)):
        for version, found in version_ids(asking, some, {row.id: row.key}).items():
            if found == uuid.lower():
                return version
    raise not_found("Dataset version", uuid)


def versions_read_by(
    asking: Asking, runs: Collection[RunRow], said: Mapping[int, Said]
) -> dict[int, list[Read]]:
    """Return which versions each run read, by the store's id of the run.

    That is the version that its events name; else the newest one that was complete when it began;
    else, because some producers let a chain of runs begin at once, when it ended.
    """
    sets = {run.input_set_id for run in runs if run.input_set_id is not None}
    inputs = datasets_of_sets(asking.connection, sets)
    named = {
        (run.id, row.id): name
        for run in runs
        if run.id in said
        for row in inputs.get(run.input_set_id or 0, ())
        if (name := _version_named(said[run.id], row.key)) is not None
    }
    names = {(dataset, name) for (_, dataset), name in named.items()}
    called = versions_called(asking.connection, names) if names else {}
    begun = {
        (run.id, row.id): Reading(run.id, row.id, _began(run))
        for run in runs
        for row in inputs.get(run.input_set_id or 0, ())
    }
    found = versions_read(asking.connection, set(begun.values()))
    ended = {
        (run.id, row.id): Reading(run.id, row.id, run.anchor_at or 0)
        for run in runs
        for row in inputs.get(run.input_set_id or 0, ())
        if begun[run.id, row.id] not in found
    }
    later = versions_read(asking.connection, set(ended.values()))
    return {
        run.id: [
            Read(
                row,
                called.get((row.id, named.get((run.id, row.id), "")))
                or found.get(begun[run.id, row.id])
                or later.get(ended.get((run.id, row.id), begun[run.id, row.id]))
                or only_version(row),
            )
            for row in inputs.get(run.input_set_id or 0, ())
        ]
        for run in runs
    }


def _version_named(said: Said, dataset: DatasetName) -> str | None:
    use = said.inputs.get(dataset)
    raw = use.facets.in_force().get("version") if use else None
    return read_version(raw) if raw else None


def _began(run: RunRow) -> int:
    return run.started_at or run.first_event_at or run.last_event_at or 0


def names_of(reads: Iterable[Read]) -> dict[int, DatasetName]:
    """Return the names of the datasets that were read, by the store's ids."""
    return {each.dataset.id: each.dataset.key for each in reads}
