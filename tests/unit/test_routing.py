from typing import Any

import pytest
from msgspec import structs

from hub.domain.catalog import (
    Catalog,
    Domain,
    Environment,
    Owner,
    OwnerKind,
    OwnerRule,
    Product,
    Route,
    Severity,
    Source,
    Step,
)
from hub.domain.duty.matching import parse_matcher
from hub.domain.errors import InvalidInput
from hub.domain.failures.failure import FailureClass, Verdict
from hub.domain.incidents.incident import Ownership, Pace
from hub.domain.incidents.routing import find_owner, labels_of, place_of, route
from hub.domain.incidents.signals import Signal, SignalKind

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
    place = place_of(catalog, signal)
    found = find_owner(catalog, signal, place)
    return route(catalog, found, labels_of(catalog, signal, place, found.owner))


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


def with_(**changes: Any) -> Catalog:  # noqa: ANN401 - any field
    return structs.replace(MESH, **changes)


OWNERS = (
    OwnerRule("elsewhere:*", Owner("all-of-it", OwnerKind.DOMAIN, "all")),
    OwnerRule("elsewhere:x*", Owner("the-x-team", OwnerKind.DOMAIN, "x-phone")),
    OwnerRule("*:raw.*", Owner("raw-data", OwnerKind.DOMAIN, "raw")),
)


@pytest.mark.parametrize(
    ("dataset", "job", "owner"),
    [
        ("dataset:elsewhere:xyz", None, "the-x-team"),
        ("dataset:elsewhere:abc", None, "all-of-it"),
        ("dataset:elsewhere:raw.abc", None, "raw-data"),
        ("dataset:here:abc", "job:elsewhere:nightly", "all-of-it"),
        ("dataset:lake:bronze.repairs", None, "fleet-data"),
    ],
)
def test_of_owner_patterns_that_fit_the_last_wins_and_domains_come_before_them(
    dataset: str, job: str | None, owner: str
) -> None:
    signal = structs.replace(a_signal("LOGIC", job=job), datasets=(dataset,))

    assert routed(signal, with_(owners=OWNERS)).owner.name == owner


def test_what_nobody_owns_is_caught_and_that_is_known() -> None:
    caught = routed(a_signal("LOGIC", "elsewhere.x"))

    assert caught.is_caught
    assert not routed(a_signal("LOGIC")).is_caught
    assert not routed(a_signal("UNKNOWN")).is_caught


def labels(signal: Signal, catalog: Catalog, *touched: str) -> dict[str, str]:
    place = place_of(catalog, signal)
    return labels_of(catalog, signal, place, find_owner(catalog, signal, place).owner, touched)


def test_labels_say_what_a_signal_is_about() -> None:
    found = labels(a_signal("LOGIC", job="job:fleet:repairs.load"), MESH)

    assert found == {
        "class": "LOGIC",
        "dataset": "bronze.repairs",
        "domain": "fleet",
        "job": "repairs.load",
        "kind": "run-failed",
        "layer": "bronze",
        "namespace": "lake",
        "owner": "fleet-data",
        "owner_kind": "domain",
        "product": "repairs",
        "severity": "page",
        "source": "workshop",
        "tier": "1",
    }


def test_the_tier_is_that_of_the_most_important_product_touched() -> None:
    assert labels(a_signal("LOGIC", "gold.owned"), MESH)["tier"] == "2"
    assert labels(a_signal("LOGIC", "gold.owned"), MESH, "owned", "repairs")["tier"] == "1"


def test_an_environment_is_known_by_namespaces_unless_a_product_says_otherwise() -> None:
    environments = (Environment("development", ("*-dev", "lake")), Environment("rest", ("*",)))
    catalog = with_(environments=environments)
    said = structs.replace(MESH.products["repairs"], labels={"environment": "prod", "region": "eu"})
    saying = with_(environments=environments, products={**MESH.products, "repairs": said})

    assert labels(a_signal("LOGIC"), catalog)["environment"] == "development"
    assert labels(a_signal("LOGIC"), saying)["environment"] == "prod"
    assert labels(a_signal("LOGIC"), saying)["region"] == "eu"


def test_a_route_takes_from_those_around_it_what_it_leaves_open() -> None:
    inner = Route("owner", {"class": ("LOGIC",)}, repeat_seconds=60)
    outer = Route("owner", {"domain": ("fleet",)}, routes=(inner,), wait_seconds=7, hours="office")
    root = Route(routes=(outer,), repeat_seconds=3600, escalation="all", interval_seconds=5)
    found = routed(a_signal("LOGIC"), with_(route=root))

    assert found.pace == Pace(7, 5, 60, "all", {"fleet-pager": "office"})
    assert found.path[-1] == (
        "fleet-data is reached through fleet-pager"
        " by the route for domain fleet then for class LOGIC"
    )


def test_of_several_routes_the_most_patient_wait_and_the_least_patient_repeat_count() -> None:
    one = Route("a", {"class": ("LOGIC",)}, continues=True, wait_seconds=1, repeat_seconds=10)
    two = Route("b", matchers=(parse_matcher("tier=1"),), wait_seconds=5, repeat_seconds=5)
    found = routed(a_signal("LOGIC"), with_(route=Route(routes=(one, two))))

    assert found.receivers == ("a", "b")
    assert (found.pace.wait_seconds, found.pace.repeat_seconds) == (5, 5)


@pytest.mark.parametrize(
    ("matcher", "holds"),
    [
        ("tier=1", True),
        ("tier!=1", False),
        ("dataset~bronze.*", True),
        ("dataset!~silver.*", True),
        ("environment=", True),
        ("environment!=dev", True),
        ("environment~?*", False),
    ],
)
def test_a_matcher_compares_a_label_and_a_missing_one_is_empty(
    matcher: str, *, holds: bool
) -> None:
    assert parse_matcher(matcher).holds(labels(a_signal("LOGIC"), MESH)) is holds
    assert str(parse_matcher(matcher)) == matcher


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('product="repairs"', "repairs"),
        ('product = " two words "', " two words "),
        ('product=""', ""),
        (r'product="the \"best\" one"', 'the "best" one'),
        (r'product="back\\slash, line\nand \*"', "back\\slash, line\nand \\*"),
        ('product="~repairs"', "~repairs"),
        ("product=a, b = {c}", "a, b = {c}"),
        ("product=Σ🚲", "Σ🚲"),
    ],
)
def test_a_value_may_be_quoted_as_in_alertmanager_and_is_written_so_that_it_can_be_read(
    written: str, value: str
) -> None:
    matcher = parse_matcher(written)
    assert matcher.value == value
    assert parse_matcher(str(matcher)) == matcher


@pytest.mark.parametrize(
    "text", ['product="repairs', 'product=repairs"', 'product="a"b"', 'x="\\"']
)
def test_quotes_that_do_not_match_are_no_value_that_nothing_has(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_matcher(text)
    assert "quotes" in refused.value.message
    assert refused.value.fix


@pytest.mark.parametrize("text", ["", "tier", "=1", "Tier=1", "tier=" + "x" * 401])
def test_what_is_no_matcher_is_refused_with_what_would_be(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_matcher(text)


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


@pytest.mark.parametrize(
    ("matcher", "holds"),
    [
        ("job=a", True),
        ("job=b", True),
        ("job=c", False),
        ("job!=b", False),
        ("job!=c", True),
        ("job~b*", True),
        ("job!~b*", False),
        ("tier=1", False),
    ],
)
def test_a_matcher_asks_for_each_name_of_a_thing(matcher: str, *, holds: bool) -> None:
    assert parse_matcher(matcher).holds({"job": "a"}, {"job": ("b", "bb")}) is holds
