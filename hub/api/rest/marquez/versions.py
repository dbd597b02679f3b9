"""Which version of a dataset is meant: by its id, as the current one, or as a run found it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain, islice
from typing import Final, NamedTuple

from hub.api.rest.marquez.asking import Asking
from hub.api.rest.marquez.identifiers import seen_version_uuid, written_version_uuid
from hub.api.rest.marquez.problems import not_found
from hub.domain.names import DatasetName
from hub.queries import run_versions
from hub.queries.datasets import DatasetRow
from hub.queries.marquez.versions import Version, every_version
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
    asking: Asking,
    versions: Collection[Version],
    names: Mapping[int, DatasetName],
    known: Iterable[RunRow] = (),
) -> dict[Version, str]:
    """Return the ids that versions go by; some of the runs that wrote them may be ``known``."""
    runs = {row.id: row for row in known}
    keys = {each.run_id for each in versions if each.run_id is not None} - runs.keys()
    runs |= runs_by_id(asking.connection, keys) if keys else {}
    return {
        each: seen_version_uuid(names[each.dataset_id], each.schema)
        if each.run_id is None
        else written_version_uuid(names[each.dataset_id], runs[each.run_id].key)
        for each in versions
    }


def find_version(asking: Asking, row: DatasetRow, uuid: str) -> Version:
    """Return the version of a dataset that goes by an id."""
    every = list(every_version(asking.connection, row.id, moment=asking.moment))
    versions = chain([only_version(row)], every)
    while some := list(islice(versions, _LOT)):
        for version, found in version_ids(asking, some, {row.id: row.key}).items():
            if found == uuid.lower():
                return version
    raise not_found("Dataset version", uuid)


def versions_read_by(
    asking: Asking,
    runs: Collection[RunRow],
    said: Mapping[int, Said],
    members: Mapping[int, list[DatasetRow]] | None = None,
) -> dict[int, list[Read]]:
    """Return which versions each run read, by the store's id of the run.

    ``members`` are those of the sets that the runs name, where the caller has read them.
    """
    found = run_versions.versions_read_by(
        asking.connection, runs, said, asking.sources.journal, asking.moment, members=members
    )
    return {
        key: [Read(each.dataset, each.version or only_version(each.dataset)) for each in reads]
        for key, reads in found.items()
    }


def names_of(reads: Iterable[Read]) -> dict[int, DatasetName]:
    """Return the names of the datasets that were read, by the store's ids."""
    return {each.dataset.id: each.dataset.key for each in reads}
