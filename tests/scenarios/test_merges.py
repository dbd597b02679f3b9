"""What a root that is told after its consequences makes of them, and how long those are held."""

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from random import Random

import pytest
from msgspec import structs

from hub.domain.catalog import Catalog, Route, Severity, Slo, SloKind, Volume
from hub.domain.commands import AcknowledgeIncident, CreateSilence
from hub.domain.duty.matching import parse_matcher
from hub.domain.duty.plans import Escalation, EscalationStep
from hub.domain.incidents.incident import IncidentState, Role
from hub.store import incident_book
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import MESH
from tests.scenarios.test_real_producers import EVENTS, NOBODYS

PATIENT = structs.replace(MESH, route=structs.replace(MESH.route, wait_seconds=30))
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
PAY = run("finance/payments.load").writes("bronze.payments")
SUM = run("finance/earnings.sum").reads("bronze.payments", "silver.repairs").writes("gold.earnings")
COSTS = run("finance/earnings.costs").reads("silver.repairs").writes("silver.costs")
REPORT = run("finance/earnings.report").reads("silver.costs", "gold.earnings").writes("gold.report")
WHOLE = run("elsewhere/dag", "11111111-1111-4111-8111-111111111111")
PART = run("elsewhere/dag.task", "22222222-2222-4222-8222-222222222222").inside(WHOLE)
QUERY = run("elsewhere/dag.task.query.1", "33333333-3333-4333-8333-333333333333").inside(PART)

DIAMOND = (
    CLEAN.fails("syntax error at or near"),
    SUM.fails("no such column: cost"),
    COSTS.fails("no such column: cost"),
    REPORT.fails("no such column: cost"),
)
Another = Callable[..., Scenario]


def open_roots(world: Scenario) -> list[str]:
    with world.store.database.read() as connection:
        book = incident_book.load_book(connection, now=world.now)
    return sorted(each.root.rpartition(":")[2] for each in book.incidents.values())


def play(world: Scenario, runs: tuple[RunScript, ...], when: str = "04:10") -> None:
    for each in runs:
        world.at(when, each)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2), (2, 0, 3, 1)])
def test_a_diamond_pages_once_in_whatever_order_it_is_told(
    another: Another, order: tuple[int, ...]
) -> None:
    world = another(PATIENT)
    play(world, tuple(DIAMOND[index] for index in order))
    world.at("04:20")

    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]
    assert open_roots(world) == ["silver.repairs"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_two_roots_over_one_child_are_two_incidents_in_whatever_order(
    another: Another, order: tuple[int, ...]
) -> None:
    runs = (
        CLEAN.fails("syntax error at or near"),
        PAY.fails("contract broken", origin="contract", source="provider"),
        SUM.fails("no such column: cost"),
    )
    world = another(PATIENT)
    play(world, tuple(runs[index] for index in order))
    world.at("04:20")

    assert sorted(world.heard()) == [
        "04:10 triggered finance-pager SCHEMA_CONTRACT bronze.payments",
        "04:10 triggered fleet-pager LOGIC silver.repairs",
    ]


def test_a_root_told_after_the_page_for_its_consequence_takes_the_page_over(
    world: Scenario,
) -> None:
    world.at("04:10", COSTS.fails("no such table: costs"))
    world.at("04:10:30", CLEAN.fails("syntax error at or near"))

    assert world.heard() == [
        "04:10 triggered finance-pager LOGIC silver.costs",
        "04:10 triggered fleet-pager LOGIC silver.repairs",
        "04:10 resolved finance-pager LOGIC silver.repairs",
    ]
    assert world.mailbox.notifications[-1].body["handed_to"] == "fleet-data"
    assert open_roots(world) == ["silver.repairs"]


def test_whoever_has_a_ticket_is_paged_for_what_it_came_of(another: Another) -> None:
    few = Slo(
        name="few",
        product="payments",
        dataset="bronze.payments",
        kind=SloKind.VOLUME,
        volume=Volume(least=10),
        severity=Severity.TICKET,
    )
    payments = structs.replace(MESH.products["payments"], slos=(few,))
    products = {**MESH.products, "payments": payments}
    world = another(structs.replace(MESH, products=products, route=Route()))
    world.at("04:10", run("finance/payments.load").writes("bronze.payments", rows=1))
    world.at("04:20", PAY.fails("contract broken", origin="contract", source="provider"))
    world.at("04:30", run("finance/payments.load").writes("bronze.payments", rows=99))

    assert world.heard() == [
        "04:10 triggered finance-pager DATA_QUALITY bronze.payments ticket",
        "04:20 triggered finance-pager SCHEMA_CONTRACT bronze.payments",
        "04:20 resolved finance-pager DATA_QUALITY bronze.payments ticket",
        "04:30 resolved finance-pager SCHEMA_CONTRACT bronze.payments",
    ]


def test_whoever_saw_to_a_consequence_did_not_see_to_its_root(world: Scenario) -> None:
    world.at("04:10", COSTS.fails("no such column: cost"))
    with world.store.database.read() as connection:
        [key] = incident_book.load_book(connection, now=world.now).incidents
    world.submit(AcknowledgeIncident(incident=key, actor="ada"))
    world.at("04:10:30", CLEAN.fails("syntax error at or near"))

    with world.store.database.read() as connection:
        found = incident_book.find_incident(connection, key)
    assert found is not None
    assert (found.state, found.acknowledged_at) == (IncidentState.TRIGGERED, None)
    assert "04:10 triggered fleet-pager LOGIC silver.repairs" in world.heard()


def test_of_two_incidents_with_one_root_the_younger_is_attached_to_the_older(
    world: Scenario,
) -> None:
    world.at("04:10", SUM.fails("no such column: cost"), COSTS.fails("no such column: cost"))
    with world.store.database.read() as connection:
        older, younger = incident_book.load_book(connection, now=world.now).incidents
    world.heard()
    world.at("04:10:30", CLEAN.fails("syntax error at or near"))

    [over] = [n for n in world.mailbox.notifications if n.body["attached_to"]]
    assert (over.reason, over.body["incident"]) == ("resolved", younger)
    assert over.body["attached_to"] == older
    assert over.summary.startswith(f"[attached to {older}]")
    assert open_roots(world) == ["silver.repairs"]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_a_full_disk_is_found_where_it_struck_first(another: Another, *, is_reversed: bool) -> None:
    exceptions = [{"type": "OSError", "message": "File too large", "errno": 27}]
    full = {"origin": "lake", "exceptions": exceptions}
    load = run("fleet/repairs.load").writes("bronze.repairs").fails("File too large", **full)
    runs = [load, CLEAN.fails("File too large", **full), COSTS.fails("File too large", **full)]
    world = another(PATIENT)
    play(world, tuple(reversed(runs)) if is_reversed else tuple(runs))
    world.at("04:20")

    assert world.heard() == ["04:10 triggered platform-pager INFRA_CAPACITY bronze.repairs"]
    assert open_roots(world) == ["bronze.repairs"]


def test_what_failed_long_before_is_no_consequence(world: Scenario) -> None:
    world.at("04:10", COSTS.fails("no such table: costs"))
    world.at("06:10", CLEAN.fails("syntax error at or near"))

    assert open_roots(world) == ["silver.costs", "silver.repairs"]


def test_a_broken_model_explains_its_tests_also_when_they_are_told_first(
    another: Another,
) -> None:
    world = another(PATIENT)
    test = run("dbt/costs.test").checks("silver.costs", failed=["not_null"])
    world.at("04:10", test.fails(), COSTS.fails("syntax error at or near"))
    world.at("04:20")

    assert world.heard() == ["04:10 triggered finance-pager LOGIC silver.costs"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_query_its_task_and_their_dag_are_one_failure_in_whatever_order(
    another: Another, order: tuple[int, ...]
) -> None:
    runs = (QUERY.fails(), PART.fails("no such table: costs"), WHOLE.fails("task_failure"))
    world = another(PATIENT)
    play(world, tuple(runs[index] for index in order))
    world.at("04:20")

    assert world.heard() == ["04:10 triggered platform-pager LOGIC dag.task"]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_dag_its_task_and_what_spark_does_in_it_are_one_failure_in_whatever_order(
    another: Another, order: tuple[int, ...]
) -> None:
    app = run("spark/app", "55555555-5555-4555-8555-555555555555").inside(PART)
    insert = run("spark/app.insert", "66666666-6666-4666-8666-666666666666").inside(app)
    runs = (
        insert.reads("silver.repairs").writes("silver.costs").fails("no such table: repairs"),
        app.fails("Job aborted due to stage failure"),
        PART.fails("Task failed with exit code 1"),
        WHOLE.fails("task_failure"),
    )
    world = another(PATIENT)
    for index in order:
        world.at("04:10", runs[index])
        if order[0]:
            world.restart()
    world.at("04:11", REPORT.fails("no such column: cost"))
    world.at("04:20")
    assert world.heard() == ["04:10 triggered finance-pager LOGIC silver.costs"]
    world.at("05:00", run("spark/app.insert"), run("spark/app"), run(f"elsewhere/{PART.job}"))

    assert [line.split()[1] for line in world.heard()] == ["resolved"]


def test_two_parts_of_one_run_that_fail_for_themselves_are_two_failures(another: Another) -> None:
    other = run("elsewhere/dag.other", "44444444-4444-4444-8444-444444444444").inside(WHOLE)
    world = another(PATIENT)
    world.at("04:10", WHOLE.fails("task_failure"), PART.fails("no such table: costs"))
    world.at("04:10", other.fails("[Errno 28] No space left on device"))
    world.at("04:20")

    assert open_roots(world) == ["dag.other", "dag.task"]


def test_a_consequence_that_began_before_its_root_healed_is_held(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    late = COSTS.fails("no such table: costs").events(world.now + 60_000_000, 77)
    world.at("04:20", CLEAN)
    world.heard()
    world.append(*late)
    world.settle()
    assert world.heard() == []
    world.at("04:30", COSTS.fails("no such table: costs"))

    assert world.heard() == ["04:30 triggered finance-pager LOGIC silver.costs"]


def test_holds_outlive_a_restart(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.at("04:11", COSTS.fails("no such table: costs"))
    late = SUM.fails("no such table: costs").events(world.now, 77)
    world.at("04:20", CLEAN)
    world.restart()
    world.heard()
    world.append(*late)
    world.settle()
    assert world.heard() == []
    world.at("04:30", COSTS.fails("no such table: costs"))

    assert world.heard() == ["04:30 triggered finance-pager LOGIC silver.costs"]


def patient(catalog: Catalog) -> Catalog:
    return structs.replace(catalog, route=Route(wait_seconds=5))


@pytest.mark.parametrize("order", ["one by one", "reversed", "shuffled"])
def test_a_dbt_build_that_is_told_in_any_order_pages_once_for_each_broken_node(
    another: Another, order: str
) -> None:
    world = another(patient(NOBODYS), "2026-11-23 12:00")
    world.append(*(EVENTS / "dbt_default_green.ndjson").read_bytes().splitlines())
    lines = (EVENTS / "dbt_default_broken.ndjson").read_bytes().splitlines()
    if order == "reversed":
        lines.reverse()
    if order == "shuffled":
        Random(2026).shuffle(lines)
    for line in lines:
        world.append(line)
        world.settle()
    world.pass_until(world.now + 60_000_000)

    told = sorted(line.split(maxsplit=1)[1] for line in world.heard())
    assert told == [
        "triggered ops DATA_QUALITY shop.main.parcel_facts",
        "triggered ops UNKNOWN shop.main.freight_costs",
    ]


def test_a_captured_dbt_build_pages_once_for_each_broken_node(
    another: Another, shared_data: Path
) -> None:
    world = another(patient(NOBODYS), "2026-11-23 12:00")
    captured = shared_data / "openlineage" / "captured_dbt_default.ndjson"
    for line in captured.read_bytes().splitlines():
        world.append(line)
        world.settle()
    world.pass_until(world.now + 60_000_000)

    assert sorted(line.split(maxsplit=1)[1] for line in world.heard()) == [
        "triggered ops DATA_QUALITY shop.main.order_facts",
        "triggered ops UNKNOWN shop.main.broken_model",
    ]


def blast(world: Scenario) -> tuple[list[str], list[str], tuple[str, ...]]:
    """Return what the open incident touches: datasets, those held back, and products."""
    with world.store.database.read() as connection:
        [incident] = incident_book.load_book(connection, now=world.now).incidents.values()
    found = incident.explanation.blast
    names = (
        [name.rpartition(":")[2] for name in part] for part in (found.datasets, found.held_back)
    )
    return next(names), next(names), found.products


@pytest.mark.parametrize("restarts", [False, True])
def test_what_attaches_is_counted_in_the_blast_radius_though_its_lineage_came_later(
    world: Scenario, *, restarts: bool
) -> None:
    world.at("04:10", run("x/a").writes("x.a").fails("KeyError: 'a'"))
    assert blast(world) == ([], ["x.a"], ())
    if restarts:
        world.restart()
    world.at("04:11", run("x/b").reads("x.a").writes("x.b").fails("KeyError: 'b'"))
    world.at("04:12", run("x/report").reads("x.b").writes("gold.report").fails("KeyError: 'c'"))

    datasets = ["x.b", "gold.report"]
    assert blast(world) == (datasets, ["x.a", *datasets], ("earnings",))


def test_all_roots_of_one_trouble_count_in_its_blast_radius(world: Scenario) -> None:
    world.at("04:10", PAY.fails("[Errno 28] No space left on device"))
    world.at("04:11", run("x/a").writes("x.a").fails("[Errno 28] No space left on device"))
    world.at("04:12", CLEAN.fails("[Errno 28] No space left on device"))

    datasets, held_back, products = blast(world)
    assert {"x.a", "silver.repairs", "silver.costs", "gold.earnings"} <= set(datasets)
    assert {"bronze.payments", "x.a", "silver.repairs", "silver.costs"} <= set(held_back)
    assert set(products) == {"payments", "repairs", "earnings"}


def of_tier_1(receiver: str, escalation: str | None = None) -> Catalog:
    """Return a mesh whose earnings are of tier 1, with a route for that."""
    earnings = structs.replace(MESH.products["earnings"], tier=1)
    node = Route(receiver, match={"tier": ("1",)}, escalation=escalation)
    chain = Escalation("chain", (EscalationStep(600, ("tickets",)),))
    return structs.replace(
        MESH,
        products={"earnings": structs.replace(earnings, slos=())},
        route=structs.replace(MESH.route, routes=(node,)),
        escalations={"chain": chain},
    )


def widen_to_tier_1(world: Scenario) -> None:
    world.at("04:10", run("x/a").writes("x.a").fails("KeyError: 'a'"))
    world.heard()
    world.at("04:12", run("x/report").reads("x.a").writes("gold.report").fails("KeyError: 'c'"))


def test_what_comes_to_touch_tier_1_goes_where_its_routes_lead(another: Another) -> None:
    world = another(of_tier_1("finance-pager"))
    widen_to_tier_1(world)

    assert world.heard() == [
        "04:10 triggered finance-pager SCHEMA_CONTRACT x.a",
        "04:12 resolved platform-pager SCHEMA_CONTRACT x.a",
    ]


def test_what_comes_to_touch_tier_1_is_escalated_as_such(another: Another) -> None:
    world = another(of_tier_1("owner", "chain"))
    widen_to_tier_1(world)
    assert world.heard() == []
    world.at("04:21")

    assert world.heard() == ["04:10 escalated tickets SCHEMA_CONTRACT x.a"]


def test_a_silence_of_a_lower_tier_holds_nothing_that_comes_to_touch_tier_1(
    another: Another,
) -> None:
    world = another(of_tier_1("owner"))
    silence = CreateSilence(
        matchers=(parse_matcher("namespace=lake"), parse_matcher("tier!=1")),
        owner="ada",
        comment="we know",
        starts_at=world.now,
        ends_at=world.now + 3_600_000_000,
    )
    world.submit(silence)
    widen_to_tier_1(world)

    assert world.heard() == ["04:10 triggered platform-pager SCHEMA_CONTRACT x.a"]


def test_what_somebody_sees_to_wakes_nobody_else_when_it_touches_tier_1(another: Another) -> None:
    world = another(of_tier_1("finance-pager"))
    world.at("04:10", run("x/a").writes("x.a").fails("KeyError: 'a'"))
    with world.store.database.read() as connection:
        [key] = incident_book.load_book(connection, now=world.now).incidents
    world.submit(AcknowledgeIncident(incident=key, actor="ada"))
    world.heard()
    world.at("04:12", run("x/report").reads("x.a").writes("gold.report").fails("KeyError: 'c'"))

    assert world.heard() == []


def consequences(world: Scenario) -> dict[str, set[str]]:
    """What belongs to each open incident, by the job where it began."""
    with world.store.database.read() as connection:
        book = incident_book.load_book(connection, now=world.now)
    return {
        incident.root.rpartition(":")[2]: {
            held.signal.subject.rpartition(":")[2]
            for held in book.of(key)
            if held.roles[key] is Role.CONSEQUENCE
        }
        for key, incident in book.incidents.items()
    }


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 4, 0, 3, 1)])
def test_what_comes_of_two_roots_belongs_to_both_in_whatever_order_it_is_told(
    another: Another, order: tuple[int, ...]
) -> None:
    world = another(PATIENT)
    healthy = run("s/trim").reads("joined").writes("trimmed")
    chain = (
        run("s/one").writes("one"),
        run("s/other").writes("other"),
        run("s/join").reads("one", "other").writes("joined"),
        run("s/sum").reads("trimmed").writes("sums"),
        run("s/report").reads("sums").writes("report"),
    )
    play(world, (*chain, healthy), "04:00")
    failing = [each.fails(f"KeyError: 'c{n}'") for n, each in enumerate(chain)]
    play(world, tuple(failing[index] for index in order))

    below = {"join", "sum", "report"}
    assert consequences(world) == {"one": below, "other": below}
    assert open_roots(world) == ["one", "other"]
