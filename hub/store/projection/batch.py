"""A batch of events, merged in memory by natural keys, before the store is touched."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final, NamedTuple, TypeVar

from msgspec import Raw, Struct, field

from hub.domain.events import DatasetUse, Event, JobEvent, RunEvent, event_digest, facets_of
from hub.domain.facets import (
    Assertion,
    ErrorMessage,
    Measures,
    NominalTime,
    ParentRun,
    read_error_message,
    read_nominal_time,
    read_parent,
    read_tests,
)
from hub.domain.names import DatasetName, JobName, RunName
from hub.domain.runs import Order, RunEventKey
from hub.store.projection.containers import (
    ASSERTIONS,
    QUALITY,
    SCHEMA,
    VERSION,
    Container,
    Containers,
)

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

INPUT: Final = "in"
OUTPUT: Final = "out"
QUALITY_SIDE: Final = "quality"


class Mention(Struct):
    """When one content of a thing's facets was sent: first, last, and with which rank at last.

    ``position`` is the first in the journal.
    """

    first_at: int
    last_at: int
    rank: int
    position: int


class RunDraft(Struct):
    """What a batch says of one run. Values go with the order that they hold by."""

    keys: dict[RunEventKey, int] = field(default_factory=dict)
    producer: str = ""
    inputs: set[DatasetName] = field(default_factory=set)
    outputs: set[DatasetName] = field(default_factory=set)
    columns: set[tuple[DatasetName, Container]] = field(default_factory=set)
    # Every run that was named as parent or root, although only one of each holds.
    ancestors: set[RunName] = field(default_factory=set)
    parent: tuple[Order, ParentRun] | None = None
    nominal: tuple[Order, NominalTime] | None = None
    error: tuple[Order, ErrorMessage] | None = None
    versions: dict[DatasetName, tuple[Order, str]] = field(default_factory=dict)
    schemas: dict[DatasetName, tuple[Order, bytes]] = field(default_factory=dict)
    metrics: dict[tuple[DatasetName, str], tuple[Order, Measures]] = field(default_factory=dict)
    assertions: dict[DatasetName, tuple[Order, tuple[Assertion, ...]]] = field(default_factory=dict)


class DeclarationDraft(NamedTuple):
    """What one JobEvent declares."""

    job: JobName
    event_time: int
    digest: bytes
    position: int
    inputs: frozenset[DatasetName]
    outputs: frozenset[DatasetName]
    columns: frozenset[tuple[DatasetName, Container]]


class Batch(Struct):
    """Events merged by natural keys. ``position`` is the last one's in the journal."""

    position: int = 0
    datasets: dict[DatasetName, dict[Container, Mention]] = field(default_factory=dict)
    jobs: dict[JobName, dict[Container, Mention]] = field(default_factory=dict)
    runs: dict[RunName, RunDraft] = field(default_factory=dict)
    declarations: list[DeclarationDraft] = field(default_factory=list)


def gather(events: Iterable[tuple[int, Event]], containers: Containers) -> Batch:
    """Merge events, each with its journal position, in whatever order they come."""
    batch = Batch()
    for position, event in events:
        batch.position = max(batch.position, position)
        if isinstance(event, RunEvent):
            rank = event.event_type.rank
            _Reading(batch, containers, event.event_time, rank, position).run(event)
        elif isinstance(event, JobEvent):
            _Reading(batch, containers, event.event_time, 0, position).declaration(event)
        else:
            _Reading(batch, containers, event.event_time, 0, position).dataset(event.dataset)
    return batch


class _Reading(NamedTuple):
    """One event being merged: into what, and with which time and rank its facets compete.

    ``position`` is its place in the journal.
    """

    batch: Batch
    containers: Containers
    at: int
    rank: int
    position: int

    def run(self, event: RunEvent) -> None:
        self._mention(self.batch.jobs, event.job, self.containers.get(event.job_facets))
        draft = self.batch.runs.setdefault(event.run, RunDraft())
        draft.keys.setdefault(RunEventKey(self.at, event.event_type, event.digest), self.position)
        draft.producer = max(draft.producer, event.producer or "")
        for use in event.inputs:
            draft.inputs.add(use.name)
            self._measure(draft, use.name, self.dataset(use), INPUT)
            self._measure(draft, use.name, self.containers.get_once(use.measures), INPUT)
        for use in event.outputs:
            draft.outputs.add(use.name)
            container = self.dataset(use)
            self._version(draft, use.name, container)
            self._measure(draft, use.name, container, OUTPUT)
            self._measure(draft, use.name, self.containers.get_once(use.measures), OUTPUT)
        self._run_facets(draft, event)

    def declaration(self, event: JobEvent) -> None:
        self._mention(self.batch.jobs, event.job, self.containers.get(event.job_facets))
        outputs = {(use.name, self.dataset(use)) for use in event.outputs}
        for use in event.inputs:
            self.dataset(use)
        self.batch.declarations.append(
            DeclarationDraft(
                event.job,
                event.event_time,
                event.digest,
                self.position,
                frozenset(use.name for use in event.inputs),
                frozenset(use.name for use in event.outputs),
                frozenset((name, each) for name, each in outputs if each.columns),
            )
        )

    def dataset(self, use: DatasetUse) -> Container:
        container = self.containers.get(use.facets)
        self._mention(self.batch.datasets, use.name, container)
        return container

    def _mention(
        self, things: dict[_K, dict[Container, Mention]], name: _K, said: Container
    ) -> None:
        contents = things.setdefault(name, {})
        mention = contents.get(said)
        if mention is None:
            contents[said] = Mention(self.at, self.at, self.rank, self.position)
            return
        mention.position = min(mention.position, self.position)
        mention.first_at = min(mention.first_at, self.at)
        mention.last_at, mention.rank = max((mention.last_at, mention.rank), (self.at, self.rank))

    def _version(self, draft: RunDraft, name: DatasetName, said: Container) -> None:
        if said.columns:
            draft.columns.add((name, said))
        if said.schema is not None:
            _claim(draft.schemas, name, self._order(said, SCHEMA), said.schema.digest)
        if said.version is not None:
            _claim(draft.versions, name, self._order(said, VERSION), said.version)

    def _measure(self, draft: RunDraft, name: DatasetName, said: Container, side: str) -> None:
        if said.statistics is not None:
            order = self._order(said, said.statistics_name)
            _claim(draft.metrics, (name, side), order, said.statistics)
        if said.quality is not None:
            order = self._order(said, QUALITY)
            _claim(draft.metrics, (name, QUALITY_SIDE), order, said.quality)
        if said.assertions:
            _claim(draft.assertions, name, self._order(said, ASSERTIONS), said.assertions)

    def _run_facets(self, draft: RunDraft, event: RunEvent) -> None:
        facets = facets_of(event.run_facets)
        if (raw := facets.get("parent")) and (parent := read_parent(raw)):
            draft.ancestors.update(filter(None, parent))
            draft.parent = _greater(draft.parent, self._order_of(raw), parent)
        if (raw := facets.get("nominalTime")) and (nominal := read_nominal_time(raw)):
            draft.nominal = _greater(draft.nominal, self._order_of(raw), nominal)
        if (raw := facets.get("errorMessage")) and (error := read_error_message(raw)):
            draft.error = _greater(draft.error, self._order_of(raw), error)
        if (raw := facets.get("test")) and (tests := read_tests(raw)):
            # The facet names no dataset: the tests are of what the run has read.
            for use in event.inputs:
                _claim(draft.assertions, use.name, self._order_of(raw), tests)

    def _order(self, said: Container, facet: str) -> Order:
        return Order(self.at, self.rank, said.facets[facet].digest)

    def _order_of(self, raw: Raw) -> Order:
        return Order(self.at, self.rank, event_digest(bytes(raw)))


def _claim(held: dict[_K, tuple[Order, _V]], key: _K, order: Order, value: _V) -> None:
    held[key] = _greater(held.get(key), order, value)


def _greater(held: tuple[Order, _V] | None, order: Order, value: _V) -> tuple[Order, _V]:
    return held if held is not None and held[0] >= order else (order, value)
