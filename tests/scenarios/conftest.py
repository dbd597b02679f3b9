"""A small mesh of bicycles, and a hub that watches it under a virtual clock."""

from collections.abc import Callable

import pytest

from hub.domain.catalog import (
    Catalog,
    Domain,
    Owner,
    OwnerKind,
    Product,
    Receiver,
    Route,
    Slo,
    SloKind,
    Source,
    Step,
)
from hub.domain.commands import ApproveAlias, WithdrawRuling, entry_of
from hub.store.opening import Store
from hub.testing.scenario import Scenario

RECEIVERS = (
    "platform-pager",
    "fleet-pager",
    "finance-pager",
    "workshop-desk",
    "provider-desk",
    "tickets",
)


def domain(name: str) -> Domain:
    return Domain(name, Owner(f"{name}-data", OwnerKind.DOMAIN, f"{name}-pager"))


def source(name: str, of: str, receiver: str) -> Source:
    return Source(name, Owner(f"{name}-it", OwnerKind.SOURCE_SYSTEM, receiver), of)


def lane(product: str, name: str, writes: str, source: str) -> Step:
    return Step(name=name, product=product, writes=writes, lane="files", source=source)


def join(product: str, name: str, writes: str, *reads: str) -> Step:
    return Step(name=name, product=product, writes=writes, transform="duckdb", reads=reads)


def daily(name: str, product: str, dataset: str) -> Slo:
    return Slo(
        name=name,
        product=product,
        dataset=dataset,
        kind=SloKind.FRESHNESS,
        schedule="0 6 * * *",
        timezone="UTC",
        grace_seconds=3600,
    )


REPAIRS = Product(
    name="repairs",
    domain="fleet",
    steps=(
        lane("repairs", "load", "bronze.repairs", "workshop"),
        join("repairs", "clean", "silver.repairs", "bronze.repairs"),
    ),
)
PAYMENTS = Product(
    name="payments",
    domain="finance",
    steps=(lane("payments", "load", "bronze.payments", "provider"),),
    slos=(daily("payments-fresh", "payments", "bronze.payments"),),
)
EARNINGS = Product(
    name="earnings",
    domain="finance",
    steps=(
        join("earnings", "sum", "gold.earnings", "bronze.payments", "silver.repairs"),
        join("earnings", "costs", "silver.costs", "silver.repairs"),
        join("earnings", "report", "gold.report", "silver.costs", "gold.earnings"),
    ),
)
MESH = Catalog(
    platform=Owner("data-platform", OwnerKind.PLATFORM, "platform-pager"),
    governance=Owner("governance", OwnerKind.GOVERNANCE, "platform-pager"),
    domains={name: domain(name) for name in ("fleet", "finance")},
    sources={
        "workshop": source("workshop", "fleet", "workshop-desk"),
        "provider": source("provider", "finance", "provider-desk"),
    },
    products={each.name: each for each in (REPAIRS, PAYMENTS, EARNINGS)},
    receivers={name: Receiver(name, "mailbox") for name in RECEIVERS},
    route=Route(routes=(Route(receiver="tickets", match={"severity": ("ticket",)}),)),
)


@pytest.fixture
def world(sqlite_store: Store) -> Scenario:
    """The mesh on a Monday at four in the morning."""
    return Scenario(sqlite_store, MESH, start="2026-11-23 04:00")


@pytest.fixture
def another(sqlite_store: Store) -> Callable[..., Scenario]:
    """Make a scenario with another catalog or start."""

    def make(catalog: Catalog = MESH, start: str = "2026-11-23 04:00") -> Scenario:
        return Scenario(sqlite_store, catalog, start=start)

    return make


def say(world: Scenario, ruling: ApproveAlias | WithdrawRuling, *, restarts: bool) -> None:
    """Let an operator rule, while no process follows it where another one begins then."""
    if restarts:
        world.store.journal.append([entry_of(ruling)], recorded_at=world.now)
        world.restart()
    else:
        world.submit(ruling)


def state(world: Scenario, slo: str) -> str | None:
    reading = world.reading(slo)
    return None if reading is None else reading[0]
