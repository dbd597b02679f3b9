"""Who is told of what, once, and who is not."""

from collections.abc import Callable

import pytest
from msgspec import structs

from hub.domain.catalog import Product
from hub.domain.deadletters import NewDeadLetter, ReplayOutcome
from hub.domain.incidents.decisions import DeadLettersReplayed
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import MESH, daily, lane

LOAD = run("fleet/repairs.load").writes("bronze.repairs")
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
PAY = run("finance/payments.load").writes("bronze.payments")
SUM = run("finance/earnings.sum").reads("bronze.payments", "silver.repairs").writes("gold.earnings")
COSTS = run("finance/earnings.costs").reads("silver.repairs").writes("silver.costs")
REPORT = run("finance/earnings.report").reads("silver.costs", "gold.earnings").writes("gold.report")


def letter(number: int) -> NewDeadLetter:
    return NewDeadLetter(
        stage="bronze",
        product="repairs",
        step="load",
        encoding="avro",
        payload=b"\xff",
        rule="undecodable",
        reasons=("not an Avro record",),
        dataset="dataset:lake:bronze.repairs",
        source="workshop",
        origin=f"stream#{number}",
    )


def test_a_renamed_column_pages_the_producers_domain(world: Scenario) -> None:
    world.at(
        "04:10", LOAD.fails("field bicycle_id is missing", origin="contract", source="workshop")
    )

    assert world.heard() == ["04:10 triggered fleet-pager SCHEMA_CONTRACT bronze.repairs"]


def test_an_undecodable_message_makes_one_ticket_and_the_lane_goes_on(world: Scenario) -> None:
    world.at("04:10", letter(1), letter(2))
    world.at("04:20", LOAD.writes("bronze.repairs", rows=10), letter(3))

    assert world.heard() == ["04:10 triggered tickets SCHEMA_CONTRACT bronze.repairs ticket"]


def test_the_ticket_is_over_when_the_last_letter_is_resolved(world: Scenario) -> None:
    letters = [letter(1), letter(2)]
    world.at("04:10", *letters)
    for minute, each in enumerate(letters, start=20):
        assert len(world.heard()) == (1 if minute == 20 else 0)
        world.pass_until(world.now + 600_000_000)
        outcome = ReplayOutcome(letter=each.id, resolved=True)
        world.decide(DeadLettersReplayed(at=world.now, outcomes=(outcome,)))

    assert world.heard() == ["04:30 resolved tickets SCHEMA_CONTRACT bronze.repairs ticket"]


def test_a_withheld_file_pages_the_sources_owner_after_the_deadline(world: Scenario) -> None:
    world.at("05:00", PAY.writes("bronze.payments", rows=100))
    world.at("2026-11-24 06:00", run("finance/payments.load").writes("bronze.payments", rows=0))
    world.at("2026-11-24 06:59")
    assert world.heard() == []
    world.at("2026-11-24 07:01")

    assert world.heard() == ["07:00 triggered provider-desk SOURCE_UNAVAILABLE bronze.payments"]


def test_a_withheld_file_that_comes_after_all_ends_it(world: Scenario) -> None:
    world.at("05:00", PAY.writes("bronze.payments", rows=100))
    world.at("2026-11-24 06:30", run("finance/payments.load").writes("bronze.payments", rows=0))
    world.at("2026-11-24 09:00", PAY.writes("bronze.payments", rows=100))

    assert world.heard() == [
        "07:00 triggered provider-desk SOURCE_UNAVAILABLE bronze.payments",
        "09:00 resolved provider-desk SOURCE_UNAVAILABLE bronze.payments",
    ]


def test_old_data_from_a_run_without_fault_is_its_sources_fault(world: Scenario) -> None:
    old = PAY.writes("bronze.payments", rows=5, newest="2026-11-19T12:00:00Z")
    world.at("05:00", old)

    assert world.heard() == ["05:00 triggered provider-desk SOURCE_UNAVAILABLE bronze.payments"]


def test_a_lane_whose_runs_have_a_name_of_their_own_has_a_source_that_is_silent(
    world: Scenario,
) -> None:
    land = run("airflow/land_payments")
    world.at("05:00", land.writes("bronze.payments", rows=100))
    world.at("2026-11-24 06:00", land.writes("bronze.payments", rows=0))
    world.at("2026-11-24 07:01")

    assert world.heard() == ["07:00 triggered provider-desk SOURCE_UNAVAILABLE bronze.payments"]


def test_of_a_lane_that_runs_by_its_name_another_that_writes_the_same_says_nothing(
    world: Scenario,
) -> None:
    world.at("05:00", PAY.writes("bronze.payments", rows=100))
    world.at("2026-11-24 06:00", run("airflow/vacuum").writes("bronze.payments", rows=0))
    world.at("2026-11-24 07:01")

    assert world.heard() == ["07:00 triggered platform-pager INFRA_COMPUTE bronze.payments"]


def test_a_broken_rule_pages_the_domain_of_the_dataset(world: Scenario) -> None:
    world.at("04:10", COSTS.checks("silver.costs", failed=["not_negative"]).fails("gate"))

    assert world.heard() == ["04:10 triggered finance-pager DATA_QUALITY silver.costs"]


def test_a_full_disk_pages_the_platform(world: Scenario) -> None:
    exceptions = [{"type": "OSError", "message": "File too large", "errno": 27}]
    world.at("04:10", LOAD.fails("File too large", origin="lake", exceptions=exceptions))

    assert world.heard() == ["04:10 triggered platform-pager INFRA_CAPACITY bronze.repairs"]


def test_what_fails_downstream_of_a_failure_pages_nobody(world: Scenario) -> None:
    world.at("04:10", LOAD.fails("field bicycle_id is missing", origin="contract"))
    world.at("04:11", CLEAN.aborts("held back: bronze.repairs was not made", origin="upstream"))
    world.at("04:12", SUM.fails("KeyError: 'bicycle'"))
    world.at("04:13", REPORT.fails("it broke"))

    assert world.heard() == ["04:10 triggered fleet-pager SCHEMA_CONTRACT bronze.repairs"]


def test_a_diamond_pages_once(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.at("04:11", SUM.fails("no such column: cost"), COSTS.fails("no such column: cost"))
    world.at("04:12", REPORT.fails("no such column: cost"))

    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]


def test_two_independent_roots_are_two_incidents_and_the_child_belongs_to_both(
    world: Scenario,
) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.at("04:11", PAY.fails("contract broken", origin="contract", source="provider"))
    world.at("04:12", SUM.fails("no such column: cost"))

    assert world.heard() == [
        "04:10 triggered fleet-pager LOGIC silver.repairs",
        "04:11 triggered finance-pager SCHEMA_CONTRACT bronze.payments",
    ]


def test_a_full_disk_is_no_consequence_of_missing_data(world: Scenario) -> None:
    world.at("04:10", LOAD.fails("field bicycle_id is missing", origin="contract"))
    world.at("04:11", CLEAN.fails("No space left on device"))

    assert world.heard()[1:] == ["04:11 triggered platform-pager INFRA_CAPACITY silver.repairs"]


def test_the_same_trouble_in_many_places_pages_once(world: Scenario) -> None:
    for minute, job in enumerate((LOAD, PAY, COSTS)):
        world.at(f"04:1{minute}", job.fails("[Errno 28] No space left on device"))

    assert world.heard() == ["04:10 triggered platform-pager INFRA_CAPACITY bronze.repairs"]


def test_the_root_heals_and_the_child_passes_without_a_page(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.at("04:11", COSTS.fails("no such column: cost"))
    world.at("04:20", CLEAN)
    world.at("04:21", COSTS)

    assert world.heard() == [
        "04:10 triggered fleet-pager LOGIC silver.repairs",
        "04:20 resolved fleet-pager LOGIC silver.repairs",
    ]


def test_a_child_that_still_fails_after_its_root_healed_pages_its_own_owner(
    world: Scenario,
) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.at("04:11", COSTS.fails("no such table: costs"))
    world.at("04:20", CLEAN)
    world.at("04:30", COSTS.fails("no such table: costs"))

    assert world.heard()[2:] == ["04:30 triggered finance-pager LOGIC silver.costs"]


def test_a_child_that_stays_late_after_its_root_healed_pages_its_own_owner(
    world: Scenario,
) -> None:
    world.at("05:00", PAY.writes("bronze.payments", rows=100))
    world.at("2026-11-24 05:00", PAY.fails("contract broken", origin="contract", source="provider"))
    world.at("2026-11-24 08:00")
    assert world.heard() == ["05:00 triggered finance-pager SCHEMA_CONTRACT bronze.payments"]
    world.at("2026-11-24 08:10", run("finance/payments.load").writes("bronze.payments", rows=0))
    world.at("2026-11-25 08:00")

    assert world.heard() == [
        "08:10 resolved finance-pager SCHEMA_CONTRACT bronze.payments",
        "07:00 triggered provider-desk SOURCE_UNAVAILABLE bronze.payments",
    ]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_run_from_the_future_does_not_pass_for_fresh_data(
    world: Scenario, restarts: bool
) -> None:
    world.at("05:00")
    century = 70 * 365 * 86_400_000_000
    world.append(*PAY.writes("bronze.payments", rows=100).events(world.now + century, 1))
    world.settle()
    if restarts:
        world.restart()
    world.at("08:00")
    assert world.heard() == []
    world.at("2026-11-24 08:00")
    assert len(world.heard()) == 1


@pytest.mark.parametrize("restarts", [False, True])
def test_one_record_from_the_future_does_not_make_old_data_of_later_runs_fresh(
    another: Callable[..., Scenario], restarts: bool
) -> None:
    within = structs.replace(daily("it", "payments", "bronze.payments"), within_seconds=86_400)
    within = structs.replace(within, schedule=None, grace_seconds=0)
    payments = structs.replace(MESH.products["payments"], slos=(within,))
    world = another(structs.replace(MESH, products={**MESH.products, "payments": payments}))
    world.at(
        "05:00",
        run("finance/payments.load").writes("bronze.payments", 9, newest="2099-01-01T00:00:00Z"),
    )
    world.at(
        "17:00",
        run("finance/payments.load").writes("bronze.payments", 9, newest="2026-11-22T00:00:00Z"),
    )
    if restarts:
        world.restart()

    world.at("2026-11-24 05:01")

    assert [line.split()[1] for line in world.heard()] == ["triggered"]


def test_writes_from_the_future_hide_no_later_ones_from_a_process_that_starts(
    world: Scenario,
) -> None:
    century = 70 * 365 * 86_400_000_000
    for number in range(4):
        write = PAY.writes("bronze.payments", rows=100)
        world.append(*write.events(world.now + century + number, 70 + number))
    world.at("2026-11-24 05:00", PAY.writes("bronze.payments", rows=100))
    world.heard()
    world.restart()
    world.at("2026-11-24 08:00")
    assert world.heard() == []


def test_a_run_from_the_future_does_not_pass_for_a_source_without_news(world: Scenario) -> None:
    world.at("05:00", PAY.writes("bronze.payments", rows=100))
    century = 70 * 365 * 86_400_000_000
    world.append(*PAY.writes("bronze.payments", rows=0).events(world.now + century, 77))
    world.at("2026-11-24 08:00")
    assert [line.split()[3] for line in world.heard()] == ["INFRA_COMPUTE"]


def test_a_failure_that_repeats_is_told_once(world: Scenario) -> None:
    for hour in range(4, 7):
        world.at(f"0{hour}:30", CLEAN.fails("syntax error at or near"))

    assert world.heard() == ["04:30 triggered fleet-pager LOGIC silver.repairs"]


def test_the_run_around_a_failed_run_adds_no_page(world: Scenario) -> None:
    whole = run("fleet/repairs", "11111111-1111-4111-8111-111111111111")
    part = run("fleet/repairs.clean", "22222222-2222-4222-8222-222222222222").inside(whole)
    world.at("04:10", part.reads("bronze.repairs").writes("silver.repairs").fails("syntax error"))
    world.at("04:11", whole.fails("task_failure"))

    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]


def test_the_run_around_may_say_what_the_failed_run_did_not(world: Scenario) -> None:
    task = run("fleet/repairs.clean", "11111111-1111-4111-8111-111111111111")
    query = run("fleet/repairs.clean.query.1", "22222222-2222-4222-8222-222222222222").inside(task)
    world.at("04:10:00", query.fails())
    world.at("04:10:01", task.writes("silver.repairs").fails("no such table: repairs"))

    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]


def test_the_run_around_may_say_what_the_failed_run_was_to_write(world: Scenario) -> None:
    task = run("fleet/repairs.clean", "11111111-1111-4111-8111-111111111111")
    query = run("fleet/repairs.clean.sql.1", "22222222-2222-4222-8222-222222222222").inside(task)
    world.at("04:10:00", query.fails("no such table: repairs"))
    world.at("04:10:01", task.writes("silver.repairs").fails("the query failed"))

    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]


def test_a_failure_without_a_word_pages_triage_after_a_short_wait(world: Scenario) -> None:
    whole = run("elsewhere/dag", "11111111-1111-4111-8111-111111111111")
    part = run("elsewhere/dag.task", "22222222-2222-4222-8222-222222222222").inside(whole)
    world.at("04:10", part.fails())
    assert world.heard() == []
    world.at("04:11")

    assert world.heard() == ["04:10 triggered platform-pager UNKNOWN dag.task"]


def test_nobody_waits_longer_than_the_outermost_run(world: Scenario) -> None:
    whole = run("elsewhere/dag", "11111111-1111-4111-8111-111111111111")
    part = run("elsewhere/dag.task", "22222222-2222-4222-8222-222222222222").inside(whole)
    world.at("04:10:00", part.fails())
    world.at("04:10:02", whole.fails("task_failure"))

    assert world.heard() == ["04:10 triggered platform-pager UNKNOWN dag.task"]


def test_a_whole_that_passes_has_passed_in_its_parts(world: Scenario) -> None:
    world.at("04:10", run("elsewhere/dag.task").fails("syntax error"))
    world.at("04:20", run("elsewhere/dag"))

    assert [line.split()[1] for line in world.heard()] == ["triggered", "resolved"]


def test_a_product_run_in_part_says_nothing_of_its_other_steps(world: Scenario) -> None:
    world.at("04:10", CLEAN.of_step("repairs", "clean").fails("syntax error"))
    world.at("04:20", LOAD.of_step("repairs", "load"), run("fleet/repairs"))

    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]


def test_a_run_that_somebody_cancelled_pages_nobody(world: Scenario) -> None:
    world.at("04:10", CLEAN.aborts())

    assert world.heard() == []


def test_a_failure_told_late_of_a_job_that_has_passed_since_pages_nobody(world: Scenario) -> None:
    late = CLEAN.fails("syntax error").events(world.now, 77)
    world.at("04:30", CLEAN)
    world.append(*late)
    world.settle()

    assert world.heard() == []


def test_a_pass_from_the_future_mutes_no_failure(world: Scenario) -> None:
    century = 70 * 365 * 86_400_000_000
    world.append(*CLEAN.events(world.now + century, 70))
    world.at("04:30", CLEAN.fails("syntax error"))
    assert world.heard() == ["04:30 triggered fleet-pager LOGIC silver.repairs"]


def test_a_failure_from_the_future_is_over_when_its_job_passes(world: Scenario) -> None:
    century = 70 * 365 * 86_400_000_000
    world.append(*CLEAN.fails("syntax error").events(world.now + century, 70))
    world.at("04:30", CLEAN)
    assert [line.split()[1] for line in world.heard()] == ["triggered", "resolved"]


def test_a_failed_check_in_a_run_that_passed_is_told_and_ends_when_it_passes(
    world: Scenario,
) -> None:
    test = run("dbt/order_facts.test")
    world.at("04:10", test.checks("silver.costs", failed=["unique_id"], passed=["not_null_id"]))
    world.at("04:20", test.checks("silver.costs", passed=["not_null_id"]))
    assert world.heard() == ["04:10 triggered finance-pager DATA_QUALITY silver.costs"]
    world.at("04:30", test.checks("silver.costs", passed=["unique_id"]))

    assert world.heard() == ["04:30 resolved finance-pager DATA_QUALITY silver.costs"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"message": "[Errno 28] No space left on device"}, "INFRA_CAPACITY"),
        ({"message": "permission denied for table repairs"}, "ACCESS"),
        ({"message": "HTTP 503 from the source", "source": "provider"}, "SOURCE_UNAVAILABLE"),
        ({"message": "could not translate host name"}, "INFRA_NETWORK"),
    ],
)
def test_what_fails_for_a_reason_of_its_own_is_no_consequence(
    world: Scenario, said: dict[str, str], told: str
) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.at("04:11", COSTS.fails(**said))

    assert [line.split()[3] for line in world.heard()] == ["LOGIC", told]


def test_what_a_source_cannot_send_is_one_failure_in_all_that_read_it(
    another: Callable[..., Scenario],
) -> None:
    visits = Product(
        name="visits",
        domain="fleet",
        steps=(lane("visits", "load", "bronze.visits", "workshop"),),
    )
    world = another(structs.replace(MESH, products={**MESH.products, "visits": visits}))
    other = run("fleet/visits.load").writes("bronze.visits")
    for each in (LOAD, other, PAY):
        world.at("04:10", each.fails("HTTP 503 from the source"))
    assert world.heard() == [
        "04:10 triggered workshop-desk SOURCE_UNAVAILABLE bronze.repairs",
        "04:10 triggered provider-desk SOURCE_UNAVAILABLE bronze.payments",
    ]
    world.at("04:20", LOAD)
    assert world.heard() == []
    world.at("04:30", other)

    assert [line.split()[1:3] for line in world.heard()] == [["resolved", "workshop-desk"]]


def each_day(world: Scenario, *days: int) -> None:
    """Let all that is made from the repairs pass on some days of November."""
    for day in days:
        world.at(f"2026-11-{day} 04:12", PAY, CLEAN, COSTS, SUM, REPORT)


def test_two_healthy_datasets_lie_between_a_failure_and_its_consequence_and_no_third(
    world: Scenario,
) -> None:
    far = run("finance/far").reads("gold.report").writes("gold.far")
    world.at("04:00", LOAD, CLEAN, COSTS, PAY, SUM, REPORT, far)
    world.at("04:10", LOAD.fails("field bicycle_id is missing", origin="contract"))
    world.at("04:11", CLEAN, COSTS)
    world.at("04:12", REPORT.fails("KeyError: 'bicycle_id'"))
    assert len(world.heard()) == 1
    world.at("04:13", REPORT)
    world.at("04:14", far.fails("KeyError: 'bicycle_id'"))

    assert [line.split()[-1] for line in world.heard()] == ["gold.far"]


@pytest.mark.parametrize(("days", "told"), [((23,), []), ((23, 24), ["gold.report"])])
def test_what_has_passed_a_day_after_a_failure_upstream_does_not_fail_of_it(
    world: Scenario, days: tuple[int, ...], told: list[str]
) -> None:
    world.at("04:10", LOAD.fails("field bicycle_id is missing", origin="contract"))
    each_day(world, *days)
    world.heard()
    world.at(f"2026-11-{days[-1] + 1} 04:30", REPORT.fails("KeyError: 'bicycle_id'"))

    pages = [line for line in world.heard() if "payments" not in line]
    assert [line.split()[-1] for line in pages] == told


def test_what_passes_for_days_may_yet_fail_of_what_fails_again_upstream(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("syntax error at or near"))
    world.at("2026-11-24 04:12", COSTS)
    world.at("2026-11-25 04:10", CLEAN.fails("syntax error at or near"))
    world.at("2026-11-25 04:12", COSTS.fails("KeyError: 'bicycle_id'"))

    assert [line for line in world.heard() if "silver" in line] == [
        "04:10 triggered fleet-pager LOGIC silver.repairs"
    ]
