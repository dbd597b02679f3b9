"""The shapes of the catalog's files, as people write them."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

from hub.domain.catalog import Severity

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


class Source(Struct, forbid_unknown_fields=True):
    source: str
    domain: str
    team: str
    receiver: str | None = None
    description: str = ""


class Domains(Struct, forbid_unknown_fields=True):
    platform: Team | None = None
    governance: Team | None = None
    domains: list[Domain] = []
    sources: list[Source] = []


class Receiver(Struct, forbid_unknown_fields=True):
    receiver: str
    notifier: str
    options: dict[str, Any] = {}


class Route(Struct, forbid_unknown_fields=True, rename={"continues": "continue"}):
    receiver: str = OWNER_RECEIVER
    match: dict[str, str | int | list[str | int]] = {}
    continues: bool = False
    wait: str | None = None
    routes: list[Route] = []


class Receivers(Struct, forbid_unknown_fields=True):
    receivers: list[Receiver] = []
    route: Route | None = None


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


class Freshness(Struct, forbid_unknown_fields=True):
    dataset: str
    within: str | None = None
    schedule: str | None = None
    timezone: str = "UTC"
    grace: str = "0s"


class Quality(Struct, forbid_unknown_fields=True):
    dataset: str
    objective: float = 1.0
    window_runs: int = 1


class Slo(Struct, forbid_unknown_fields=True):
    slo: str
    freshness: Freshness | None = None
    quality: Quality | None = None
    severity: Severity = Severity.PAGE


class Product(Struct, forbid_unknown_fields=True):
    product: str
    domain: str
    description: str = ""
    tier: int = 2
    owner: Team | None = None
    steps: list[Step] = []
    slos: list[Slo] = []


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


class Names(Struct, forbid_unknown_fields=True):
    rules: list[NameRule] = []
