"""A batch of events, merged in memory by natural keys, before the store is touched."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Final, NamedTuple, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from hub.domain.lineage.inference import Inference
from hub.domain.names import DatasetName, JobName, RunName
from hub.domain.openlineage.conformance import (
    GOT_LARGE_FACET,
    GOT_TIME_WITHOUT_ZONE,
    GOT_UNUSABLE_DATASET,
    SAID_COLUMN_LINEAGE,
    SAID_OUTPUT_SIZE,
)
from hub.domain.openlineage.dependencies import IMPLICIT, UP, Dependency
from hub.domain.openlineage.events import (
    ABSENT,
    DatasetEvent,
    DatasetUse,
    Event,
    JobEvent,
    RunEvent,
)
from hub.domain.openlineage.facets import Assertion, Measures
from hub.domain.openlineage.flows import Flows, by_jobs
from hub.domain.openlineage.runs import Order, RunEventKey, pack_order
from hub.domain.retention import DAY
from hub.store.projection.containers import (
    Container,
    Containers,
    Measured,
    NamedColumns,
    RunSaid,
    Uses,
    columns_of,
)

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

INPUT: Final = "in"
OUTPUT: Final = "out"
QUALITY_SIDE: Final = "quality"
# Less than any event's own: at one time a job's own word on itself wins.
_FORWARDED: Final = -1


class Place(Struct, frozen=True, gc=False):
    """Where in the journal an event is, which entry told of it, and the end of that one's block.

    An event tells of itself, unless it was quarantined: then its release does. What the hub knows
    is told apart block by block, so it has known the event from ``known_at`` on.
    """

    position: int
    told_at: int
    known_at: int


class Told(Struct, frozen=True, gc=False):
    """An event, and its place."""

    place: Place
    event: Event


class Span(Struct, frozen=True, gc=False):
    """The first and last time at which something was named, and where in the journal first.

    A mere parent has no times.
    """

    first_at: int | None
    last_at: int | None
    position: int

    def widened(self, other: Span) -> Span:
        """Return the span that includes both."""
        first, last = self.first_at, self.last_at
        if other.first_at is not None and (first is None or other.first_at < first):
            first = other.first_at
        if other.last_at is not None and (last is None or other.last_at > last):
            last = other.last_at
        return Span(first, last, min(self.position, other.position))


class Mention(Struct, gc=False):
    """When one content of a thing's facets was sent: first, last, and with which rank at last.

    ``position`` is that of the first entry that told of it.
    """

    first_at: int
    last_at: int
    rank: int
    position: int

    @property
    def span(self) -> Span:
        """When and where it was sent, whatever its rank."""
        return Span(self.first_at, self.last_at, self.position)


# By a thing, a content of its facets, and a day (event time).
_DatasetDays = dict[tuple[DatasetName, Container, int], Mention]
_JobDays = dict[tuple[JobName, Container, int], Mention]


class Saying(Struct, gc=False):
    """What told first of something that a run says, and the last time and rank at which it did.

    ``until`` has what these had been before, and the position from which on they no longer were.
    """

    place: Place
    at: int
    rank: int
    until: list[tuple[int, int, int]] | None = None

    def packed(self) -> bytes:
        """Return what the packed order of a digest that it says begins with."""
        packed: bytes = pack_order(self.at, self.rank)
        return packed

    def packed_at(self, known_at: int) -> bytes:
        """Return the same as it was known at a position, which is no earlier than its place."""
        for until, at, rank in self.until or ():
            if known_at < until:
                packed: bytes = pack_order(at, rank)
                return packed
        return self.packed()


class Usage(Struct, frozen=True, eq=False):
    """What an event says that its job reads and writes, and of the job itself.

    In a batch, events that say the same have the same object. ``sources`` are datasets of which
    it is only told that fields come from them. ``flows`` are set where facets tell of data's way
    more than the lists do, and ``said`` is what all this has for the conformance of its producer.
    """

    job: JobName
    container: Container
    inputs: Uses
    outputs: Uses
    sources: Uses
    flows: Flows | None
    said: int
    # It has facets that are told apart by days.
    is_dated: bool = False


class RunDraft(Struct, gc=False):
    """What a batch says of one run.

    Values go with the order that they hold by; what is named, with the place that told of it.
    """

    keys: dict[RunEventKey, Place] = field(default_factory=dict)
    producer: str = ""
    # For its conformance; see ``hub.domain.openlineage.conformance``.
    said: int = 0
    usages: dict[Usage, Saying] = field(default_factory=dict)
    # When something was first said to be used, as it is known from each position on.
    begun: dict[Usage, dict[int, int]] = field(default_factory=dict)
    # From which position on it is known to be of a stream.
    stream_from: int | None = None
    facets: dict[RunSaid, Saying] = field(default_factory=dict)
    metrics: dict[tuple[DatasetName, str], tuple[Order, Measures]] = field(default_factory=dict)
    assertions: dict[DatasetName, tuple[Order, tuple[Assertion, ...]]] = field(default_factory=dict)


class DeclarationDraft(Struct, frozen=True):
    """What one JobEvent declares, or what another event says of a job that is not its own.

    ``can_omit``: what it leaves out counts. ``is_whole``: it does where nothing is named, too.
    """

    usage: Usage
    event_time: int
    digest: bytes
    producer: str | None
    place: Place
    can_omit: bool = True
    is_whole: bool = False


class InferenceDraft(Struct, frozen=True):
    """All that is inferred of a job by now, and the place of the decision that it is."""

    place: Place
    job: JobName
    said: tuple[Inference, ...]

    @property
    def datasets(self) -> Iterator[DatasetName]:
        """Every dataset that it names."""
        for said in self.said:
            yield from (*said.inputs, *said.outputs)
            for each in said.fields:
                yield from (each.source, each.target)


class Families(NamedTuple):
    """Every parent and root that was named, although only one of each holds for a run.

    ``jobs`` are a run's, its parent's and its root's, with the first entry that told of them.
    """

    runs: set[RunName]
    jobs: dict[tuple[JobName, JobName, JobName], int]


class Batch(Struct):
    """Events merged by natural keys, and inferences.

    ``forwarded`` are facets of jobs as the runs under theirs have them.
    """

    usages: dict[Usage, Mention]
    datasets: dict[DatasetName, dict[Container, Mention]]
    jobs: dict[JobName, dict[Container, Mention]]
    forwarded: dict[JobName, dict[Container, Mention]]
    runs: dict[RunName, RunDraft]
    declarations: list[DeclarationDraft]
    # By the job that waits, or that is waited for, as it is told of it.
    dependencies: dict[JobName, dict[Dependency, Mention]]
    families: Families
    # On which days things had facets that are told apart by days.
    dataset_days: _DatasetDays
    job_days: _JobDays
    inferences: list[InferenceDraft] = field(default_factory=list)

    def said_of_jobs(self) -> dict[JobName, dict[Container, Mention]]:
        """Return what is said of jobs, also by the runs under theirs."""
        found = dict(self.jobs)
        for job, forwarded in self.forwarded.items():
            # In copies: when a job was itself seen does not follow from what others say of it.
            held = found[job] = {key: replace(said) for key, said in found.get(job, {}).items()}
            for container, said in forwarded.items():
                mention(held, container, said)
        return found


def gather(events: Iterable[Told], containers: Containers) -> Batch:
    """Merge events, in whatever order they come."""
    gathering = _Gathering(containers)
    for told in sorted(events, key=_told_at):
        place, event = told.place, told.event
        if isinstance(event, RunEvent):
            gathering.run(event, place)
        elif isinstance(event, JobEvent):
            gathering.declaration(event, place)
        else:
            gathering.dataset(event, place)
    return gathering.batch()


_told_at: Final = attrgetter("place.told_at")


class _Gathering:
    """Events being merged. Mentions are counted by what events say whole, because that repeats."""

    def __init__(self, containers: Containers) -> None:
        self._containers = containers
        self._usages: dict[tuple[JobName, Container, Uses, Uses], Usage] = {}
        self._mentions: dict[Usage, Mention] = {}
        # On which days, where facets of either have to be told apart by days.
        self._days: dict[tuple[Usage, int], Mention] = {}
        # Of datasets that no job is said to use.
        self._described: dict[Uses, Mention] = {}
        self._described_days: dict[tuple[Uses, int], Mention] = {}
        self._runs: dict[RunName, RunDraft] = {}
        self._declarations: list[DeclarationDraft] = []
        self._dependencies: dict[JobName, dict[Dependency, Mention]] = {}
        # On which days.
        self._forwarded: _JobDays = {}

    def batch(self) -> Batch:
        """Return what has been gathered."""
        jobs: dict[JobName, dict[Container, Mention]] = {}
        lists = self._described
        for usage, said in self._mentions.items():
            mention(jobs.setdefault(usage.job, {}), usage.container, said)
            for uses in (usage.inputs, usage.outputs, usage.sources):
                mention(lists, uses, said)
        datasets: dict[DatasetName, dict[Container, Mention]] = {}
        for uses, said in lists.items():
            for each in uses.named:
                mention(datasets.setdefault(each.dataset, {}), each.container, said)
        forwarded: dict[JobName, dict[Container, Mention]] = {}
        for (job, container, _), said in self._forwarded.items():
            mention(forwarded.setdefault(job, {}), container, said)
        return Batch(
            *(self._mentions, datasets, jobs, forwarded, self._runs),
            *(self._declarations, self._dependencies, _families(self._runs)),
            *self._by_days(),
        )

    def _by_days(self) -> tuple[_DatasetDays, _JobDays]:
        """Return on which days things had facets that are told apart by days."""
        datasets: _DatasetDays = {}
        jobs: _JobDays = {}
        for key, said in self._forwarded.items():
            if key[1].is_dated:
                mention(jobs, key, said)
        lists = dict(self._described_days)
        for (usage, day), said in self._days.items():
            if usage.container.is_dated:
                mention(jobs, (usage.job, usage.container, day), said)
            for uses in (usage.inputs, usage.outputs):
                mention(lists, (uses, day), said)
        for (uses, day), said in lists.items():
            for each in uses.dated:
                mention(datasets, (each.dataset, each.container, day), said)
        return datasets, jobs

    def run(self, event: RunEvent, place: Place) -> None:
        at, rank = event.event_time, event.event_type.rank
        said = Mention(at, at, rank, place.told_at)
        usage = self._usage(event, said)
        draft = self._runs.get(event.run)
        if draft is None:
            draft = self._runs[event.run] = RunDraft()
        draft.keys.setdefault(RunEventKey(at, event.event_type, event.digest), place)
        if event.producer is not None and event.producer > draft.producer:
            draft.producer = event.producer
        draft.said |= usage.said
        if usage.container.is_stream and draft.stream_from is None:
            draft.stream_from = place.known_at
        if event.time_is_assumed or event.left_out:
            draft.said |= _wrong_with(event)
        _say(draft.usages, usage, place, said)
        _begin(draft, usage, event, place)
        if usage.flows is not None:
            self._others(event, usage.flows, place)
        self._measure(draft, event, event.inputs, usage.inputs, INPUT)
        if not usage.container.is_of_test:
            self._measure(draft, event, event.outputs, usage.outputs, OUTPUT)
        self._run_facets(draft, event, place, said)

    def declaration(self, event: JobEvent, place: Place) -> None:
        at = event.event_time
        usage = self._usage(event, Mention(at, at, 0, place.told_at))
        if usage.flows is not None:
            self._others(event, usage.flows, place)
        self._declarations.append(
            DeclarationDraft(
                *(usage, at, event.digest, event.producer, place),
                is_whole=usage.container.is_whole,
            )
        )

    def dataset(self, event: DatasetEvent, place: Place) -> None:
        at = event.event_time
        said = Mention(at, at, 0, place.told_at)
        uses = self._containers.of_list((event.dataset,))
        mention(self._described, uses, said)
        if uses.dated:
            mention(self._described_days, (uses, at // DAY), said)
        flows = by_jobs(None, None, uses.fed)
        self._others(event, flows, place)
        columns = (each for _, columns in uses.columns for each in columns.dependencies)
        sources = [*flows.own.inputs, *(each.source.dataset for each in columns)]
        if sources:
            # Which job makes it is not said: one of the dataset's own name stands for that.
            job = JobName(*event.dataset.name)
            usage = self._bare(job, self._containers.bare(sources), uses, said)
            self._declarations.append(
                DeclarationDraft(usage, at, event.digest, event.producer, place)
            )

    def _usage(self, event: RunEvent | JobEvent, said: Mention) -> Usage:
        """Return what an event says that its own job uses, and note that it was said."""
        container = self._containers.of_job(event.job_facets)
        # Where a test writes its findings is no data that anything is made from.
        outputs = () if container.is_of_test else event.outputs
        key = (
            *(event.job, container),
            *(self._containers.of_inputs(event.inputs), self._containers.of_list(outputs)),
        )
        usage = self._usages.get(key)
        if usage is None:
            usage = self._usages[key] = _used(self._containers, *key)
        mention(self._mentions, usage, said)
        if usage.is_dated:
            mention(self._days, (usage, said.last_at // DAY), said)
        return usage

    def _bare(self, job: JobName, inputs: Uses, outputs: Uses, said: Mention) -> Usage:
        """Return what is said of a job inside a facet, and note that it was said."""
        nothing = self._containers.bare(())
        container = self._containers.get(ABSENT)
        usage = Usage(job, container, inputs, outputs, nothing, flows=None, said=0)
        mention(self._mentions, usage, said)
        return usage

    def _others(self, event: Event, flows: Flows, place: Place) -> None:
        """Declare what an event says of jobs that are not its own."""
        at = event.event_time
        said = Mention(at, at, 0, place.told_at)
        for job, sides in flows.others.items():
            inputs, outputs = map(self._containers.bare, sides)
            usage = self._bare(job, inputs, outputs, said)
            self._declarations.append(
                DeclarationDraft(usage, at, event.digest, event.producer, place, can_omit=False)
            )
        for fed, feeding in flows.between:
            self._depends(fed, Dependency(UP, feeding, IMPLICIT, "", ""), said)

    def _depends(self, job: JobName, dependency: Dependency, said: Mention) -> None:
        mention(self._dependencies.setdefault(job, {}), dependency, said)

    def _measure(
        self,
        draft: RunDraft,
        event: RunEvent,
        datasets: Iterable[DatasetUse],
        uses: Uses,
        side: str,
    ) -> None:
        for each in uses.measured:
            if each.container.measured is not None:
                _claim_measures(draft, event, each.dataset, each.container.measured, side)
        for use in datasets:
            if use.measures is not ABSENT:
                measured = self._containers.measures(use.measures)
                if measured is not None:
                    _claim_measures(draft, event, use.name, measured, side)

    def _run_facets(self, draft: RunDraft, event: RunEvent, place: Place, when: Mention) -> None:
        said = self._containers.of_run(event.run, event.run_facets)
        _say(draft.facets, said, place, when)
        draft.said |= said.said
        at = event.event_time
        for job, container in said.forwarded:
            key = job, container, at // DAY
            mention(self._forwarded, key, Mention(at, at, _FORWARDED, place.told_at))
        if said.tests is not None:
            order, (_, tests) = _order(event), said.tests
            # The facet names no dataset: the tests are of what the run has read.
            for use in event.inputs:
                _claim(draft.assertions, use.name, order, tests)
        if said.dependencies is not None:
            for each in said.dependencies[1]:
                self._depends(event.run.job, each, when)


def _begin(draft: RunDraft, usage: Usage, event: RunEvent, place: Place) -> None:
    """Note when an event named what its run uses, if that may be of a stream."""
    is_stream = usage.container.is_stream
    if is_stream is None:
        is_stream = event.event_type.is_heartbeat
    if is_stream:
        times = draft.begun.setdefault(usage, {})
        at = event.event_time
        times[place.known_at] = min(at, times.get(place.known_at, at))


def _used(
    containers: Containers, job: JobName, container: Container, inputs: Uses, outputs: Uses
) -> Usage:
    """Return what lists of datasets and the facets with them say that a job uses."""
    flows, sources = None, containers.bare(())
    said = container.said | inputs.said & GOT_LARGE_FACET | outputs.said
    if container.lineage or outputs.fed:
        flows = by_jobs(job, container.lineage, outputs.fed)
        found = ((target, columns_of(columns)) for target, columns in flows.columns)
        known = [NamedColumns(target, columns) for target, columns in found if columns]
        inputs = inputs.joined(containers.bare(flows.own.inputs))
        outputs = outputs.joined(containers.bare(flows.own.outputs), known)
        said |= SAID_COLUMN_LINEAGE if known else 0
        sources = containers.bare(
            each.source.dataset for _, columns in known for each in columns.dependencies
        )
    is_dated = container.is_dated or bool(inputs.dated or outputs.dated)
    return Usage(job, container, inputs, outputs, sources, flows, said, is_dated)


def _families(runs: Mapping[RunName, RunDraft]) -> Families:
    elders: set[RunName | None] = set()
    jobs: dict[tuple[JobName, JobName, JobName], int] = {}
    for name, draft in runs.items():
        for said, told in draft.facets.items():
            if said.parent is not None:
                parent, root = family = said.parent[1]
                elders.update(family)
                key, at = (name.job, parent.job, (root or parent).job), told.place.told_at
                known = jobs.get(key)
                if known is None or at < known:
                    jobs[key] = at
    return Families({run for run in elders if run}, jobs)


def _wrong_with(event: RunEvent) -> int:
    found = GOT_TIME_WITHOUT_ZONE if event.time_is_assumed else 0
    return found | GOT_UNUSABLE_DATASET if event.left_out else found


def _say(held: dict[_K, Saying], key: _K, place: Place, said: Mention) -> None:
    """Note that a run says something, once more or for the first time."""
    before = held.get(key)
    if before is None:
        held[key] = Saying(place, said.last_at, said.rank)
    elif (said.last_at, said.rank) > (before.at, before.rank):
        if place.known_at != before.place.known_at:
            before.until = [*(before.until or ()), (place.known_at, before.at, before.rank)]
        before.at, before.rank = said.last_at, said.rank


def mention(held: dict[_K, Mention], key: _K, said: Mention) -> None:
    """Note once more that something was said."""
    before = held.get(key)
    if before is None:
        held[key] = Mention(said.first_at, said.last_at, said.rank, said.position)
        return
    if said.position < before.position:  # noqa: PLR1730 - min() costs
        before.position = said.position
    if said.first_at < before.first_at:  # noqa: PLR1730 - min() costs
        before.first_at = said.first_at
    if said.last_at > before.last_at or (
        said.last_at == before.last_at and said.rank > before.rank
    ):
        before.last_at, before.rank = said.last_at, said.rank


def _claim_measures(
    draft: RunDraft, event: RunEvent, name: DatasetName, said: Measured, side: str
) -> None:
    order = _order(event)
    if said.statistics is not None:
        if side is OUTPUT:
            draft.said |= SAID_OUTPUT_SIZE
        _claim(draft.metrics, (name, side), order, said.statistics)
    if said.quality is not None:
        _claim(draft.metrics, (name, QUALITY_SIDE), order, said.quality)
    if said.assertions:
        _claim(draft.assertions, name, order, said.assertions)


def _order(event: RunEvent) -> Order:
    return Order(event.event_time, event.event_type.rank, event.digest)


def _claim(held: dict[_K, tuple[Order, _V]], key: _K, order: Order, value: _V) -> None:
    held[key] = _greater(held.get(key), order, value)


def _greater(held: tuple[Order, _V] | None, order: Order, value: _V) -> tuple[Order, _V]:
    return held if held is not None and held[0] >= order else (order, value)
