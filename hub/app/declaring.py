"""What products and contracts declare, told to the journal as JobEvents (ADR 65)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import json

import hub
from hub.domain.contracts import sources_of
from hub.domain.instants import format_instant
from hub.domain.names import DatasetName, JobName
from hub.domain.openlineage.facets import DECLARATION
from hub.settings.documents import parse_document
from hub.store.in_force import Declared, put_declared, what_was_declared

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hub.domain.catalog import Catalog
    from hub.flow.ingest import EventReader
    from hub.store.opening import Store

_PRODUCER: Final = f"urn:hub:files:{hub.__version__}"
_EVENT: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent"
_FACET: Final = {
    "_producer": _PRODUCER,
    "_schemaURL": "urn:hub:facet:1-0-0:HubDeclarationJobFacet",
    "whole": True,
}
# The key of what a contract says about where data comes from.
_SOURCES: Final = "transformSourceObjects"


class Sides(NamedTuple):
    """What a job is declared to read and to write."""

    inputs: set[DatasetName]
    outputs: set[DatasetName]


class Declarations:
    """Tells what the files declare anew, and what they no longer do."""

    def __init__(
        self,
        store: Store,
        catalog: Callable[[], Catalog],
        reader: EventReader,
        *,
        clock: Callable[[], int],
    ) -> None:
        """Prepare it; ``catalog`` returns what is declared now, ``clock`` µs UTC."""
        self._store = store
        self._catalog = catalog
        self._reader = reader
        self._clock = clock

    def declare(self, connection: Connection) -> bool:
        """Append what is new, in the transaction that notes it; tell whether anything is."""
        before, now = what_was_declared(connection), self._clock()
        declared = sides_declared(self._catalog())
        digests = {job: _digest(sides) for job, sides in declared.items()}
        changed = {job for job, _ in before.jobs.items() ^ digests.items()}
        if not changed:
            return False
        # Of two declarations the later holds, so none may be as old as the one before.
        at = max(now, before.at + 1)
        entries = [
            self._reader.read(_event(job, declared.get(job, Sides(set(), set())), at))
            for job in sorted(changed)
        ]
        self._store.journal.append(entries, recorded_at=now, connection=connection)
        put_declared(connection, Declared(at, digests))
        return True


def sides_declared(catalog: Catalog) -> dict[JobName, Sides]:
    """Return what each step reads and writes, and whatever else contracts say is made from what."""
    found: dict[JobName, Sides] = {}
    for job, inputs, output in _said(catalog):
        sides = found.setdefault(job, Sides(set(), set()))
        sides.inputs.update(inputs)
        sides.outputs.add(output)
    return found


def _said(catalog: Catalog) -> Iterator[tuple[JobName, Iterable[DatasetName], DatasetName]]:
    sources = _Sources(catalog)
    for step in catalog.steps:
        reads = map(catalog.dataset, step.reads)
        inputs = [*reads, *sources.of(step.contract, step.writes)]
        yield catalog.job(step), inputs, catalog.dataset(step.writes)
    for product in catalog.products.values():
        for each in product.datasets:
            # Which job makes it is not said: one of the dataset's own name stands for that.
            if inputs := sources.of(each.contract, each.name.name):
                yield JobName(*each.name), inputs, each.name


class _Sources:
    """What contracts say that datasets are made from, where it is sure which these are."""

    def __init__(self, catalog: Catalog) -> None:
        self._contracts = catalog.contracts
        self._read: dict[str, Mapping[str, Any]] = {}
        self._named: dict[str, set[DatasetName]] = {}
        known = {*catalog.products_by_dataset}
        known.update(catalog.dataset(read) for step in catalog.steps for read in step.reads)
        for name in known:
            for written in (":".join(name), name.name):
                self._named.setdefault(written, set()).add(name)

    def of(self, contract: str | None, dataset: str) -> list[DatasetName]:
        """Return what a contract says that a dataset is made from."""
        text = self._contracts.get(contract or "", "")
        if contract is None or _SOURCES not in text:
            return []
        if contract not in self._read:
            self._read[contract] = parse_document(text, Path(contract)).value
        named = (self._named.get(each, ()) for each in sources_of(self._read[contract], dataset))
        return [name for found in named if len(found) == 1 for name in found]


def _digest(sides: Sides) -> str:
    named = json.encode([sorted(side) for side in sides])
    return blake2b(named, digest_size=16, person=b"declared").hexdigest()


def _event(job: JobName, sides: Sides, at: int) -> bytes:
    inputs, outputs = ([name._asdict() for name in sorted(side)] for side in sides)
    return json.encode(
        {
            "eventTime": format_instant(at),
            "producer": _PRODUCER,
            "schemaURL": _EVENT,
            "job": {**job._asdict(), "facets": {DECLARATION: _FACET}},
            "inputs": inputs,
            "outputs": outputs,
        }
    )
