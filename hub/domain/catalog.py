"""What people declare in files: domains, sources, products, SLOs, receivers and routes.

The catalog is read from the configuration folder as one value; it is either whole and valid, or
refused with file and line. Everything that the hub decides about ownership starts here.
"""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from hub.domain.budgets import Budget
from hub.domain.duty.matching import Matcher
from hub.domain.duty.plans import Calendar, Escalation, Hours, Inhibition, Rota, Window
from hub.domain.identity.naming import NamingRule
from hub.domain.names import DatasetName, JobName, dataset_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


class OwnerKind(StrEnum):
    """Which kind of team can fix a failure; ``NONE`` where nobody needs to."""

    PLATFORM = "platform"
    DOMAIN = "domain"
    SOURCE_SYSTEM = "source-system"
    GOVERNANCE = "governance"
    NONE = "none"


class Layer(StrEnum):
    """Where in the lake a dataset lives: raw, conformed, or a product's output."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


class Severity(StrEnum):
    """How a person is reached: a page wakes somebody, a ticket waits for working hours.

    What is critical heeds no hours, unless they say so.
    """

    CRITICAL = "critical"
    PAGE = "page"
    TICKET = "ticket"


class Owner(Struct, frozen=True):
    """A team, and the receiver that reaches it."""

    name: str
    kind: OwnerKind
    receiver: str | None = None


class Domain(Struct, frozen=True):
    """A domain of the mesh: it owns products, their data and the jobs that make it."""

    name: str
    owner: Owner
    description: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    runbook: str | None = None


class OwnerRule(Struct, frozen=True):
    """Who owns the datasets and jobs whose ``NAMESPACE:NAME`` fits a glob; the last fit wins."""

    pattern: str
    owner: Owner


class Environment(Struct, frozen=True):
    """An environment, such as production: the namespaces, as globs, that belong to it."""

    name: str
    namespaces: tuple[str, ...]


class Source(Struct, frozen=True):
    """A system that data comes from. Its owner is asked when data does not come at all."""

    name: str
    owner: Owner
    # The domain that answers for the shape of what the source sends.
    domain: str
    description: str = ""


class Gate(Struct, frozen=True):
    """The quality gate at a step's boundary: checks that a batch must pass to be promoted.

    ``checks`` are ODCS quality rules beyond those of the step's contract; ``plugin`` runs them.
    """

    plugin: str = "duckdb"
    checks: tuple[dict[str, Any], ...] = ()


class Step(Struct, frozen=True, kw_only=True):
    """One lane or transform of a product.

    Exactly one of ``lane`` and ``transform`` names the plugin. ``writes`` is a lake dataset such
    as ``bronze.scans``; ``reads`` are lake datasets. ``contract`` is the id of the contract that
    each record must keep.
    """

    name: str
    product: str
    writes: str
    lane: str | None = None
    transform: str | None = None
    source: str | None = None
    reads: tuple[str, ...] = ()
    contract: str | None = None
    format: str | None = None
    # The field of what is written that says when a record happened.
    event_time: str | None = None
    sql: str | None = None
    partition_by: tuple[str, ...] = ()
    gate: Gate = Gate()
    options: dict[str, Any] = field(default_factory=dict)
    # Where people read what to do when it fails.
    runbook: str | None = None

    @property
    def layer(self) -> Layer:
        """The layer of the dataset that the step writes."""
        return Layer(self.writes.partition(".")[0])

    @property
    def job_name(self) -> str:
        """The OpenLineage name of the step's job."""
        return f"{self.product}.{self.name}"


class Dataset(Struct, frozen=True):
    """A dataset of a product that no step of ours writes: dbt, Spark or others make it.

    ``written`` is how files name it: ``NAMESPACE:NAME``.
    """

    name: DatasetName
    layer: Layer | None = None
    contract: str | None = None

    @property
    def written(self) -> str:
        """How files name it."""
        return ":".join(self.name)


# The tier of the products that most depend on.
TIER_OF_MOST: Final = 1
# No SLO looks at more of a dataset's runs.
MOST_RUNS: Final = 400


class SloKind(StrEnum):
    """What an SLO measures.

    The age of the data; the share of its checks, rows or runs that are good; how many rows come;
    how many of the expected intervals, or of a field's values, are there; whether runs begin, and
    how many of them pass; how soon the hub judges what it is told; how many records are refused.
    """

    FRESHNESS = "freshness"
    QUALITY = "quality"
    VOLUME = "volume"
    COMPLETENESS = "completeness"
    PUNCTUALITY = "punctuality"
    AVAILABILITY = "availability"
    LATENCY = "latency"
    DEAD_LETTERS = "dead_letters"


class Clock(StrEnum):
    """What tells freshness: the time of the newest record, or of the last run that passed."""

    DATA = "data"
    PROCESSING = "processing"


class Counted(StrEnum):
    """Of what quality is the share.

    Checks that pass, rows not refused, runs without a failure, or checks that could be evaluated.
    """

    CHECKS = "checks"
    ROWS = "rows"
    RUNS = "runs"
    EVALUATED = "evaluated"


class Per(StrEnum):
    """What volume is counted by: each run, or each day (local) on which something comes."""

    RUN = "run"
    DAY = "day"


class Volume(Struct, frozen=True, kw_only=True):
    """How many rows are to come: so many, or such a share of the median of the last few.

    ``of_last`` is how many runs or days before are looked at; those without any bound are compared
    with what is usual (``baseline``).
    """

    per: Per = Per.RUN
    least: int | None = None
    most: int | None = None
    least_share: float | None = None
    most_share: float | None = None
    of_last: int = 10

    @property
    def is_learned(self) -> bool:
        """Whether nobody says how many rows are to come."""
        return {self.least, self.most, self.least_share, self.most_share} == {None}


class Slo(Struct, frozen=True, kw_only=True):
    """A service level objective on one dataset of a product.

    Freshness is either by interval (``within_seconds``: the newest data is never older than
    that) or by schedule (``schedule`` is a cron expression in ``timezone``; each tick's data is
    there ``grace_seconds`` later at the latest; on ``holidays`` nothing is due), on either
    ``clock``; or by what was usual in the last ``learned_from`` arrivals. Quality: at least
    ``objective`` of what is ``counted`` in the last ``window_runs`` runs is good, or ``at_least``
    so many of the runs. Completeness: at least ``objective`` of the last ``window_ticks`` ticks'
    data is there, or of the values of ``of_field``. Punctuality: for each tick (as its Airflow
    tells where that ``is_observed``), or as usual, a run of ``job`` begins; of the step that
    writes the dataset where that is none. Availability: so many of its last ``window_runs`` runs
    pass. Latency: so many of the last ``window_runs`` runs that wrote the dataset were judged
    ``within_seconds`` of the receipt of their last event. Dead letters: ``at_most`` so many came of
    the step that writes the dataset in the last ``within_seconds``. ``budget`` says in how much of
    the time all this must hold.
    """

    name: str
    product: str
    dataset: str
    kind: SloKind
    within_seconds: int | None = None
    schedule: str | None = None
    timezone: str = "UTC"
    grace_seconds: int = 0
    holidays: Calendar | None = None
    clock: Clock = Clock.DATA
    learned_from: int | None = None
    objective: float = 1.0
    counted: Counted = Counted.CHECKS
    at_least: int | None = None
    at_most: int = 0
    window_runs: int = 1
    volume: Volume | None = None
    of_field: str | None = None
    window_ticks: int = 30
    job: JobName | None = None
    is_observed: bool = False
    severity: Severity = Severity.PAGE
    # Without one, every breach is told of at once.
    budget: Budget | None = None

    @property
    def is_learned(self) -> bool:
        """Whether what was usual stands for an objective that nobody set."""
        return self.learned_from is not None or bool(self.volume and self.volume.is_learned)

    @property
    def has_deadline(self) -> bool:
        """Whether it says when what it waits for is to be there: nothing is late before."""
        return self.kind in (SloKind.FRESHNESS, SloKind.PUNCTUALITY) and not self.is_learned

    @property
    def is_judged_by_clock(self) -> bool:
        """Whether passing time can change how it stands."""
        is_counted = self.kind in (SloKind.QUALITY, SloKind.AVAILABILITY, SloKind.LATENCY)
        return not is_counted and self.of_field is None

    @property
    def measured(self) -> str | None:
        """What of each run only shows in the moment in which it is judged; None where all stays."""
        if self.kind is SloKind.LATENCY:
            return "judged in time"
        if self.kind is SloKind.QUALITY and self.counted is Counted.EVALUATED:
            return "checks evaluated"
        return None

    @property
    def is_about_runs(self) -> bool:
        """Whether it is about the runs of a job, whatever came of the data."""
        return self.kind in (SloKind.PUNCTUALITY, SloKind.AVAILABILITY)

    @property
    def is_of_rows(self) -> bool:
        """Whether it looks at runs that say how many rows they wrote, and at no others."""
        return self.kind is SloKind.VOLUME or self.counted is Counted.ROWS

    @property
    def remembers(self) -> int:
        """How many runs must be remembered to judge it, beyond the last."""
        if self.kind in (SloKind.FRESHNESS, SloKind.PUNCTUALITY):
            return self.learned_from or 0
        if self.kind is SloKind.QUALITY:
            return self.window_runs if self.counted is Counted.ROWS else 0
        if self.kind in (SloKind.AVAILABILITY, SloKind.LATENCY, SloKind.DEAD_LETTERS):
            return 0
        if self.volume is not None:
            return MOST_RUNS if self.volume.per is Per.DAY else self.volume.of_last + 1
        return 0 if self.of_field else min(MOST_RUNS, 2 * self.window_ticks)


class Product(Struct, frozen=True, kw_only=True):
    """A data product: the steps that make it, what else it consists of, its SLOs, its domain."""

    name: str
    domain: str
    description: str = ""
    tier: int = 2
    owner: Owner | None = None
    steps: tuple[Step, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    slos: tuple[Slo, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    runbook: str | None = None


class Receiver(Struct, frozen=True):
    """A place that notifications go to: a notifier plugin with its options."""

    name: str
    notifier: str
    options: dict[str, Any] = field(default_factory=dict)
    # The name of the hours within which it may be told.
    hours: str | None = None
    # Who is told instead where it cannot be reached; the platform's, unless it says.
    fallback: str | None = None
    # Where it is declared: FILE:LINE.
    place: str = ""
    # Whether it is told that an incident is over.
    send_resolved: bool = True


class Route(Struct, frozen=True):
    """A node of the routing tree.

    ``match`` maps a label (``routing.LABELS``, or one declared) to the values that it may have;
    all must hold, and all ``matchers``. The first child that matches wins unless it says
    ``continues``. ``receiver: owner`` stands for the receiver of the team that owns the incident.
    The others are as in ``incidents.Pace``; None is what the route around it says.
    """

    receiver: str = "owner"
    match: dict[str, tuple[str, ...]] = field(default_factory=dict)
    continues: bool = False
    routes: tuple[Route, ...] = ()
    wait_seconds: int | None = None
    interval_seconds: int | None = None
    repeat_seconds: int | None = None
    escalation: str | None = None
    hours: str | None = None
    matchers: tuple[Matcher, ...] = ()


class Lake(Struct, frozen=True):
    """Where the lake is, which plugin keeps it, and its OpenLineage namespace."""

    path: str = ".hub/lake"
    plugin: str = "delta"
    namespace: str = "lake"


class Catalog(Struct, frozen=True, dict=True):
    """Everything declared, by name."""

    platform: Owner = Owner("platform", OwnerKind.PLATFORM)
    governance: Owner = Owner("governance", OwnerKind.GOVERNANCE)
    domains: dict[str, Domain] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    receivers: dict[str, Receiver] = field(default_factory=dict)
    route: Route = Route()
    lake: Lake = Lake()
    # ODCS documents by id, as written.
    contracts: dict[str, str] = field(default_factory=dict)
    naming: tuple[NamingRule, ...] = ()
    owners: tuple[OwnerRule, ...] = ()
    environments: tuple[Environment, ...] = ()
    hours: dict[str, Hours] = field(default_factory=dict)
    windows: tuple[Window, ...] = ()
    inhibitions: tuple[Inhibition, ...] = ()
    escalations: dict[str, Escalation] = field(default_factory=dict)
    rotas: dict[str, Rota] = field(default_factory=dict)

    @property
    def teams(self) -> list[Owner]:
        """Every team that is declared to own something, some of them twice."""
        return [
            self.platform,
            self.governance,
            *(source.owner for source in self.sources.values()),
            *(product.owner for product in self.products.values() if product.owner),
            *(domain.owner for domain in self.domains.values()),
            *(rule.owner for rule in self.owners),
        ]

    def fallback_of(self, receiver: str) -> str | None:
        """Return who is told where a receiver cannot be reached; a receiver's or a rota's name."""
        declared = self.receivers.get(receiver)
        chosen = (declared and declared.fallback) or self.platform.receiver
        return None if chosen == receiver else chosen

    def environment_of(self, namespace: str) -> str:
        """Return the environment that a namespace belongs to; empty where it is of none."""
        for environment in self.environments:
            if any(fnmatchcase(namespace, pattern) for pattern in environment.namespaces):
                return environment.name
        return ""

    @property
    def steps(self) -> Iterator[Step]:
        """Every step of every product, in the order of declaration."""
        return (step for product in self.products.values() for step in product.steps)

    @property
    def slos(self) -> Iterator[Slo]:
        """Every SLO of every product."""
        return (slo for product in self.products.values() for slo in product.slos)

    def slo(self, name: str) -> Slo | None:
        """Return an SLO by its name."""
        return self._slos_by_name.get(name)

    def product_of(self, dataset: DatasetName) -> Product | None:
        """Return the product that a dataset is part of."""
        return self.products_by_dataset.get(dataset)

    def product_at(self, node: str) -> Product | None:
        """Return the product that a dataset is part of, by its node id."""
        return self._products_at.get(node)

    def layer_of(self, dataset: DatasetName) -> Layer | None:
        """Return the layer of a dataset that a product declares."""
        step = self.writer(dataset)
        return step.layer if step else self._layers.get(dataset)

    def writer(self, dataset: DatasetName) -> Step | None:
        """Return the step that writes ``dataset``, the first declared; if it is in the lake."""
        is_ours = dataset.namespace == self.lake.namespace
        return self._writers.get(dataset.name) if is_ours else None

    def step(self, product: str, name: str) -> Step | None:
        """Return a product's step by its name."""
        declared = self.products.get(product)
        steps = declared.steps if declared else ()
        return next((step for step in steps if step.name == name), None)

    def step_of(self, job: JobName) -> Step | None:
        """Return the step whose job ``job`` is."""
        return self._steps_by_job.get(job)

    def rank(self, dataset: str) -> int:
        """Return a number greater than that of every lake dataset that ``dataset`` is made from."""
        return self._ranks.get(dataset, len(self._ranks))

    def dataset(self, name: str) -> DatasetName:
        """Return the OpenLineage name of a dataset as files name it: of the lake, or declared."""
        return self._elsewhere.get(name) or DatasetName(self.lake.namespace, name)

    def job(self, step: Step) -> JobName:
        """Return the OpenLineage name of a step's job: its domain is the namespace."""
        return JobName(self.products[step.product].domain, step.job_name)

    @cached_property
    def made_from(self) -> Mapping[str, Sequence[str]]:
        """What each dataset is made from by the steps declared; node ids."""
        return _gathered((writes, read) for read, writes in self._flows())

    @cached_property
    def makes(self) -> Mapping[str, Sequence[str]]:
        """What is made from each dataset by the steps declared; node ids."""
        return _gathered(self._flows())

    def _flows(self) -> Iterator[tuple[str, str]]:
        for step in self.steps:
            writes = dataset_id(self.dataset(step.writes))
            for read in step.reads:
                yield dataset_id(self.dataset(read)), writes

    @cached_property
    def _writers(self) -> dict[str, Step]:
        found: dict[str, Step] = {}
        for step in self.steps:
            found.setdefault(step.writes, step)
        return found

    @cached_property
    def products_by_dataset(self) -> Mapping[DatasetName, Product]:
        """The product that each declared dataset is part of, in the order of declaration."""
        found: dict[DatasetName, Product] = {}
        for product in self.products.values():
            for name in self.datasets_of(product):
                found.setdefault(name, product)
        return found

    def datasets_of(self, product: Product) -> list[DatasetName]:
        """Return what a product consists of: what its steps write, and what others make."""
        written = (self.dataset(step.writes) for step in product.steps)
        return list(dict.fromkeys([*written, *(each.name for each in product.datasets)]))

    @cached_property
    def _slos_by_name(self) -> dict[str, Slo]:
        return {slo.name: slo for slo in self.slos}

    @cached_property
    def _products_at(self) -> dict[str, Product]:
        return {dataset_id(name): found for name, found in self.products_by_dataset.items()}

    @cached_property
    def _elsewhere(self) -> dict[str, DatasetName]:
        found = (each for product in self.products.values() for each in product.datasets)
        return {each.written: each.name for each in found}

    @cached_property
    def _layers(self) -> dict[DatasetName, Layer | None]:
        found = (each for product in self.products.values() for each in product.datasets)
        return {each.name: each.layer for each in found}

    @cached_property
    def _steps_by_job(self) -> dict[JobName, Step]:
        return {self.job(step): step for step in self.steps}

    @cached_property
    def _ranks(self) -> dict[str, int]:
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for step in self.steps:
            sorter.add(step.writes, *step.reads)
        # What is made in a circle stays out, and comes last.
        with suppress(CycleError):
            sorter.prepare()
        ranks: dict[str, int] = {}
        while ready := sorter.get_ready():
            ranks |= dict.fromkeys(ready, len(ranks))
            sorter.done(*ready)
        return ranks


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
