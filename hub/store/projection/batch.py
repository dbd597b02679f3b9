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


class Place(NamedTuple):
    """Where in the journal an event is, which entry told of it, and the end of that one's block.

    An event tells of itself, unless it was quarantined: then its release does. What the hub knows
    is told apart block by block, so it has known the event from ``known_at`` on.
    """

    position: int
    told_at: int
    known_at: int


class Told(NamedTuple):
    """An event, and its place."""

    place: Place
    event: Event


class Mention(Struct):
    """When one content of a thing's facets was sent: first, last, and with which rank at last.

    ``position`` is that of the first entry that told of it.
    """

    first_at: int
    last_at: int
    rank: int
    position: int


class RunDraft(Struct):
    """What a batch says of one run.

    Values go with the order that they hold by; what is named, with the place that told of it.
    """

    keys: dict[RunEventKey, Place] = field(default_factory=dict)
    producer: str = ""
    inputs: dict[DatasetName, Place] = field(default_factory=dict)
    outputs: dict[DatasetName, Place] = field(default_factory=dict)
    columns: dict[tuple[DatasetName, Container], Place] = field(default_factory=dict)
    # Every run that was named as parent or root, although only one of each holds.
    ancestors: dict[RunName, Place] = field(default_factory=dict)
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
    place: Place
    inputs: frozenset[DatasetName]
    outputs: frozenset[DatasetName]
    columns: frozenset[tuple[DatasetName, Container]]


class Batch(Struct):
    """Events merged by natural keys."""

    datasets: dict[DatasetName, dict[Container, Mention]] = field(default_factory=dict)
    jobs: dict[JobName, dict[Container, Mention]] = field(default_factory=dict)
    runs: dict[RunName, RunDraft] = field(default_factory=dict)
    declarations: list[DeclarationDraft] = field(default_factory=list)


def gather(events: Iterable[Told], containers: Containers) -> Batch:
    """Merge events, in whatever order they come."""
    batch = Batch()
    for place, event in sorted(events, key=_told_at):
        if isinstance(event, RunEvent):
            rank = event.event_type.rank
            _Reading(batch, containers, event.event_time, rank, place).run(event)
        elif isinstance(event, JobEvent):
            _Reading(batch, containers, event.event_time, 0, place).declaration(event)
        else:
            _Reading(batch, containers, event.event_time, 0, place).dataset(event.dataset)
    return batch


def _told_at(told: Told) -> int:
    return told.place.told_at


class _Reading(NamedTuple):
    """One event being merged: into what, and with which time and rank its facets compete."""

    batch: Batch
    containers: Containers
    at: int
    rank: int
    place: Place

    def run(self, event: RunEvent) -> None:
        self._mention(self.batch.jobs, event.job, self.containers.get(event.job_facets))
        draft = self.batch.runs.setdefault(event.run, RunDraft())
        draft.keys.setdefault(RunEventKey(self.at, event.event_type, event.digest), self.place)
        draft.producer = max(draft.producer, event.producer or "")
        for use in event.inputs:
            draft.inputs.setdefault(use.name, self.place)
            self._measure(draft, use.name, self.dataset(use), INPUT)
            self._measure(draft, use.name, self.containers.get_once(use.measures), INPUT)
        for use in event.outputs:
            draft.outputs.setdefault(use.name, self.place)
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
                self.place,
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
            contents[said] = Mention(self.at, self.at, self.rank, self.place.told_at)
            return
        mention.first_at = min(mention.first_at, self.at)
        mention.last_at, mention.rank = max((mention.last_at, mention.rank), (self.at, self.rank))

    def _version(self, draft: RunDraft, name: DatasetName, said: Container) -> None:
        if said.columns:
            draft.columns.setdefault((name, said), self.place)
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
            for run in filter(None, parent):
                draft.ancestors.setdefault(run, self.place)
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
