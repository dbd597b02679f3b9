"""The shapes of the catalog's files, as people write them."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

from hub.domain.budgets import SpentPolicy
from hub.domain.catalog import Clock, Counted, Layer, Per, Severity
from hub.domain.failures.failure import FailureClass

# What an SLO is one of.
SLO_PARTS = (
    "freshness",
    "quality",
    "volume",
    "completeness",
    "punctuality",
    "availability",
    "latency",
    "dead_letters",
)
# In a route: the receiver of whichever team owns the incident.
OWNER_RECEIVER = "owner"


class Team(Struct, forbid_unknown_fields=True):
    team: str
    receiver: str | None = None


class Domain(Struct, forbid_unknown_fields=True):
    domain: str
    team: str
    receiver: str | None = None
    description: str = ""
    labels: dict[str, str | int] = {}
    runbook: str | None = None


class Source(Struct, forbid_unknown_fields=True):
    source: str
    domain: str
    team: str
    receiver: str | None = None
    description: str = ""


class OwnerRule(Struct, forbid_unknown_fields=True):
    match: str
    team: str
    receiver: str | None = None


class Environment(Struct, forbid_unknown_fields=True):
    environment: str
    namespaces: list[str]


class Domains(Struct, forbid_unknown_fields=True):
    platform: Team | None = None
    governance: Team | None = None
    domains: list[Domain] = []
    sources: list[Source] = []
    owners: list[OwnerRule] = []
    environments: list[Environment] = []


class Receiver(Struct, forbid_unknown_fields=True):
    receiver: str
    notifier: str
    options: dict[str, Any] = {}
    hours: str | None = None
    fallback: str | None = None
    send_resolved: bool = True


class Route(Struct, forbid_unknown_fields=True, rename={"continues": "continue"}):
    receiver: str = OWNER_RECEIVER
    match: dict[str, str | int | list[str | int]] = {}
    matchers: list[str] = []
    continues: bool = False
    wait: str | None = None
    interval: str | None = None
    repeat: str | None = None
    escalation: str | None = None
    hours: str | None = None
    routes: list[Route] = []


class Inhibition(Struct, forbid_unknown_fields=True):
    inhibition: str
    source: list[str]
    target: list[str]
    equal: list[str] = []


class Receivers(Struct, forbid_unknown_fields=True):
    receivers: list[Receiver] = []
    route: Route | None = None
    inhibitions: list[Inhibition] = []


class Hours(
    Struct, forbid_unknown_fields=True, rename={"opens": "from", "closes": "until"}, kw_only=True
):
    hours: str
    opens: str | int
    closes: str | int
    timezone: str = "UTC"
    days: list[str] = field(default_factory=lambda: ["mon", "tue", "wed", "thu", "fri"])
    unless: list[str] | None = None
    holidays: str | None = None


class Rota(Struct, forbid_unknown_fields=True, kw_only=True):
    rota: str
    calendar: str
    people: dict[str, str]
    otherwise: str
    timezone: str = "UTC"


class EscalationStep(Struct, forbid_unknown_fields=True):
    after: str
    to: list[str]


class Escalation(Struct, forbid_unknown_fields=True):
    escalation: str
    steps: list[EscalationStep]


class OnCall(Struct, forbid_unknown_fields=True):
    hours: list[Hours] = []
    rotas: list[Rota] = []
    escalations: list[Escalation] = []


class Window(Struct, forbid_unknown_fields=True, rename={"begins": "from", "ends": "until"}):
    window: str
    matchers: list[str]
    begins: str | None = None
    ends: str | None = None
    rule: str | None = None
    calendar: str | None = None
    timezone: str = "UTC"
    comment: str = ""


class Maintenance(Struct, forbid_unknown_fields=True):
    windows: list[Window] = []


class Gate(Struct, forbid_unknown_fields=True):
    plugin: str = "duckdb"
    checks: list[dict[str, Any]] = []


class Step(Struct, forbid_unknown_fields=True):
    step: str
    writes: str
    lane: str | None = None
    transform: str | None = None
    source: str | None = None
    reads: list[str] = []
    contract: str | None = None
    format: str | None = None
    event_time: str | None = None
    sql: str | None = None
    partition_by: list[str] = []
    gate: Gate | None = None
    options: dict[str, Any] = {}
    runbook: str | None = None


class Freshness(Struct, forbid_unknown_fields=True):
    dataset: str
    within: str | None = None
    schedule: str | None = None
    usual: bool = False
    of_last: int = 60
    timezone: str = "UTC"
    grace: str = "0s"
    holidays: str | None = None
    clock: Clock = Clock.DATA


class Quality(Struct, forbid_unknown_fields=True):
    dataset: str
    of: Counted = Counted.CHECKS
    objective: float = 1.0
    at_least: int | None = None
    window_runs: int = 1


class Volume(
    Struct, forbid_unknown_fields=True, rename={"least": "min", "most": "max"}, kw_only=True
):
    dataset: str
    per: Per = Per.RUN
    timezone: str = "UTC"
    least: int | None = None
    most: int | None = None
    min_share: float | None = None
    max_share: float | None = None
    usual: bool = False
    of_last: int | None = None


class Completeness(Struct, forbid_unknown_fields=True, rename={"of_field": "field"}, kw_only=True):
    dataset: str
    objective: float = 1.0
    of_field: str | None = None
    schedule: str | None = None
    timezone: str = "UTC"
    grace: str = "0s"
    holidays: str | None = None
    window_ticks: int = 30


class Budget(Struct, forbid_unknown_fields=True):
    target: float
    no_data: Literal["good", "bad"] | None = None
    window: str = "30d"
    timezone: str = "UTC"
    limits: list[Literal["1h", "6h", "1d", "3d"]] | None = None
    when_spent: list[SpentPolicy] = []


class Punctuality(Struct, forbid_unknown_fields=True, kw_only=True):
    dataset: str
    job: str | None = None
    schedule: str | None = None
    observed: bool = False
    usual: bool = False
    of_last: int = 60
    timezone: str = "UTC"
    grace: str = "0s"
    holidays: str | None = None


class Availability(Struct, forbid_unknown_fields=True, kw_only=True):
    dataset: str
    job: str | None = None
    objective: float = 1.0
    at_least: int | None = None
    window_runs: int = 30


class Latency(Struct, forbid_unknown_fields=True, kw_only=True):
    dataset: str
    within: str
    objective: float = 1.0
    window_runs: int = 1


class DeadLetters(Struct, forbid_unknown_fields=True, kw_only=True):
    dataset: str
    at_most: int = 0
    within: str = "1h"


class Slo(Struct, forbid_unknown_fields=True):
    slo: str
    freshness: Freshness | None = None
    quality: Quality | None = None
    volume: Volume | None = None
    completeness: Completeness | None = None
    punctuality: Punctuality | None = None
    availability: Availability | None = None
    latency: Latency | None = None
    dead_letters: DeadLetters | None = None
    severity: Severity | None = None
    budget: Budget | None = None

    @property
    def dataset(self) -> str | None:
        """The dataset that it is about, as far as it says so."""
        parts = (getattr(self, name) for name in SLO_PARTS)
        return next((part.dataset for part in parts if part is not None), None)


class Dataset(Struct, forbid_unknown_fields=True):
    namespace: str
    name: str
    layer: Layer | None = None
    contract: str | None = None


class Product(Struct, forbid_unknown_fields=True):
    product: str
    domain: str
    description: str = ""
    tier: int = 2
    owner: Team | None = None
    labels: dict[str, str | int] = {}
    runbook: str | None = None
    steps: list[Step] = []
    datasets: list[Dataset] = []
    slos: list[Slo] = []


class Rule(Struct, forbid_unknown_fields=True, rename={"failure_class": "class"}, kw_only=True):
    rule: str
    failure_class: FailureClass
    message: str | None = None
    exception: str | None = None
    producer: str | None = None
    confidence: float | None = None
    because: str = ""


class RuleSet(Struct, forbid_unknown_fields=True):
    rule_set: str
    rules: list[Rule] = []


class NameTemplate(Struct, forbid_unknown_fields=True):
    match: str
    write: str


class NameRule(Struct, forbid_unknown_fields=True):
    rule: str
    namespaces: str
    kinds: list[Literal["dataset", "job"]] = field(default_factory=lambda: ["dataset"])
    templates: list[NameTemplate] = []
    trim_partitions: bool = False
    fold_case: bool = False
    namespace: str | None = None
    known_addresses: bool = False


class Names(Struct, forbid_unknown_fields=True):
    rules: list[NameRule] = []
