from typing import Any

import pytest

from hub.domain.catalog import (
    Catalog,
    Domain,
    Owner,
    OwnerKind,
    Product,
    Route,
    Severity,
    Source,
    Step,
)
from hub.domain.failures import FailureClass, Verdict
from hub.domain.incidents import Ownership
from hub.domain.routing import find_owner, labels_of, place_of, route
from hub.domain.signals import Signal, SignalKind

LOAD = Step(name="load", product="repairs", writes="bronze.repairs", lane="f", source="workshop")
MESH = Catalog(
    platform=Owner("data-platform", OwnerKind.PLATFORM, "platform-pager"),
    governance=Owner("stewards", OwnerKind.GOVERNANCE, "stewards-desk"),
    domains={
        "fleet": Domain("fleet", Owner("fleet-data", OwnerKind.DOMAIN, "fleet-pager")),
        "quiet": Domain("quiet", Owner("quiet-data", OwnerKind.DOMAIN)),
    },
    sources={
        "workshop": Source(
            "workshop", Owner("workshop-it", OwnerKind.SOURCE_SYSTEM, "workshop-desk"), "fleet"
        )
    },
    products={
        "repairs": Product(name="repairs", domain="fleet", tier=1, steps=(LOAD,)),
        "owned": Product(
            name="owned",
            domain="fleet",
            owner=Owner("two-people", OwnerKind.DOMAIN, "two-phones"),
            steps=(Step(name="make", product="owned", writes="gold.owned", transform="d"),),
        ),
        "quiet": Product(
            name="quiet",
            domain="quiet",
            steps=(Step(name="make", product="quiet", writes="silver.quiet", transform="d"),),
        ),
    },
)


def a_signal(failure_class: str, dataset: str = "bronze.repairs", **rest: Any) -> Signal:  # noqa: ANN401 - any field
    verdict = Verdict(
        failure_class=FailureClass(failure_class),
        rule="r",
        rule_set="s",
        evidence="e",
        confidence=0.9,
    )
    return Signal(
        id="1",
        kind=SignalKind.RUN_FAILED,
        subject="job:fleet:repairs.load",
        title="t",
        verdict=verdict,
        onset_at=0,
        datasets=(f"dataset:lake:{dataset}",),
        **rest,
    )


def routed(signal: Signal, catalog: Catalog = MESH) -> Ownership:
    owner, path = find_owner(catalog, signal)
    return route(catalog, owner, labels_of(signal, owner, place_of(catalog, signal)), path)


@pytest.mark.parametrize(
    ("failure_class", "owner"),
    [
        ("INFRA_COMPUTE", "data-platform"),
        ("INFRA_CAPACITY", "data-platform"),
        ("INFRA_CONCURRENCY", "data-platform"),
        ("CONFIG", "data-platform"),
        ("UNKNOWN", "data-platform"),
        ("ACCESS", "stewards"),
        ("SOURCE_UNAVAILABLE", "workshop-it"),
        ("SCHEMA_CONTRACT", "fleet-data"),
        ("DATA_QUALITY", "fleet-data"),
        ("LOGIC", "fleet-data"),
        ("QUERY_LIMIT", "fleet-data"),
    ],
)
def test_each_class_has_its_owner(failure_class: str, owner: str) -> None:
    assert routed(a_signal(failure_class)).owner.name == owner


def test_a_declared_source_that_cannot_be_reached_is_asked_itself() -> None:
    found = routed(a_signal("INFRA_NETWORK", source="workshop"))

    assert found.owner.name == "workshop-it"
    assert "not the platform's" in " ".join(found.path)


@pytest.mark.parametrize(
    ("signal", "owner"),
    [
        (a_signal("LOGIC", "gold.owned"), "two-people"),
        (a_signal("LOGIC", "gold.owned", owners=("team:fleet-data",)), "fleet-data"),
        (
            a_signal("LOGIC", "elsewhere.x", owners=("group:nobody-we-know",)),
            "group:nobody-we-know",
        ),
        (a_signal("LOGIC", "elsewhere.x", job="job:fleet:other"), "fleet-data"),
        (a_signal("LOGIC", "elsewhere.x"), "data-platform"),
    ],
)
def test_ownership_facets_come_before_products_before_domains_before_the_platform(
    signal: Signal, owner: str
) -> None:
    assert routed(signal).owner.name == owner


def test_the_path_tells_each_step_in_words() -> None:
    assert routed(a_signal("SCHEMA_CONTRACT")).path == (
        "the class is SCHEMA_CONTRACT: the domain that owns the data mends those",
        "source workshop is produced by domain fleet",
        "domain fleet is owned by fleet-data",
        "fleet-data is reached through fleet-pager",
    )


def test_an_owner_without_a_receiver_is_told_through_the_platform_and_that_is_said() -> None:
    found = routed(a_signal("LOGIC", "silver.quiet"))

    assert found.owner.name == "quiet-data"
    assert found.receivers == ("platform-pager",)
    assert "quiet-data has no receiver" in found.path[-1]


def test_without_any_receiver_it_is_said_that_nobody_is_told() -> None:
    found = routed(a_signal("LOGIC"), Catalog())

    assert found.receivers == ()
    assert found.path[-1] == "no receiver is declared: nobody is told"


TICKETS = Route("tickets", {"severity": ("ticket",)})
TIER_ONE = Route("tier-one", {"tier": ("1",), "class": ("LOGIC", "UNKNOWN")}, continues=True)
FLEET = Route(
    "owner", {"domain": ("fleet",)}, routes=(Route("bronze-desk", {"layer": ("bronze",)}),)
)


@pytest.mark.parametrize(
    ("routes", "severity", "receivers"),
    [
        ((TICKETS,), Severity.PAGE, ("fleet-pager",)),
        ((TICKETS,), Severity.TICKET, ("tickets",)),
        ((TIER_ONE, FLEET), Severity.PAGE, ("tier-one", "bronze-desk")),
        ((FLEET, TIER_ONE), Severity.PAGE, ("bronze-desk",)),
        ((TIER_ONE,), Severity.PAGE, ("tier-one",)),
    ],
)
def test_the_first_matching_child_wins_unless_it_continues(
    routes: tuple[Route, ...], severity: Severity, receivers: tuple[str, ...]
) -> None:
    catalog = Catalog(
        **{name: getattr(MESH, name) for name in MESH.__struct_fields__ if name != "route"},
        route=Route(routes=routes),
    )

    assert routed(a_signal("LOGIC", severity=severity), catalog).receivers == receivers
