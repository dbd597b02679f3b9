"""How SLOs stand, as told by a process that judges none of them, and by one that has just begun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from hub.domain.catalog import Counted, Per, Slo, SloKind, Volume
from hub.flow.evaluate import Evaluate, Judge
from hub.graph.index import LineageIndex
from hub.queries.slos import as_of_now, slo_states
from hub.store.opening import Store
from hub.testing.scenario import RunScript, Scenario
from tests.scenarios.test_amounts import bring, letter, slo
from tests.scenarios.test_clocks import LOAD, marked, state, with_slos

MINUTE = 60_000_000
EACH_HOUR: dict[str, Any] = {"schedule": "0 * * * *", "grace_seconds": 600}


def counted_nulls(share: float) -> RunScript:
    script = bring(100)
    [output] = script.outputs
    nulls = {"rowCount": 100, "columnMetrics": {"amount": {"nullCount": int(100 * share)}}}
    facets = {**output["outputFacets"], "dataQualityMetrics": nulls}
    return structs.replace(script, outputs=({**output, "outputFacets": facets},))


def outcomes_of(*outcomes: str) -> RunScript:
    tests = [{"name": f"t{n}", "status": each} for n, each in enumerate(outcomes)]
    return marked(LOAD.reads("bronze.payments"), test={"tests": tests})


FULL = counted_nulls(0).checks("bronze.payments", passed=["a", "b"])
HALF = counted_nulls(0.5).checks("bronze.payments", passed=["a"], failed=["b"])
EACH = {
    "data no older than": slo(SloKind.FRESHNESS, within_seconds=3_600),
    "data each hour": slo(SloKind.FRESHNESS, **EACH_HOUR),
    "data as usual": slo(SloKind.FRESHNESS, learned_from=60),
    "checks": slo(SloKind.QUALITY, objective=0.8, window_runs=2),
    "rows": slo(SloKind.QUALITY, objective=0.8, window_runs=2, counted=Counted.ROWS),
    "runs": slo(SloKind.QUALITY, at_least=2, window_runs=3, counted=Counted.RUNS),
    "evaluated": slo(SloKind.QUALITY, objective=0.8, window_runs=3, counted=Counted.EVALUATED),
    "volume": slo(SloKind.VOLUME, volume=Volume(least=5)),
    "volume of a day": slo(SloKind.VOLUME, volume=Volume(per=Per.DAY, least=5)),
    "intervals": slo(SloKind.COMPLETENESS, objective=0.9, window_ticks=4, **EACH_HOUR),
    "nulls": slo(SloKind.COMPLETENESS, objective=0.9, of_field="amount"),
    "runs in time": slo(SloKind.PUNCTUALITY, **EACH_HOUR),
    "runs that pass": slo(SloKind.AVAILABILITY, at_least=2, window_runs=3),
    "the hub itself": slo(SloKind.LATENCY, within_seconds=30, objective=0.5, window_runs=4),
    "refused": slo(SloKind.DEAD_LETTERS, at_most=1, within_seconds=7_200),
}


def elsewhere(world: Scenario, slo: str = "it") -> tuple[str, str] | None:
    """How an SLO stands, asked of a process that judges nothing."""
    catalog = world.catalog
    idle = Evaluate(
        world.store,
        lambda: catalog,
        clock=world.clock,
        judge=Judge(),
        index=LineageIndex(lambda: catalog),
    )
    with world.store.database.read() as connection:
        return idle.reading(connection, slo)


@pytest.mark.parametrize("objective", EACH.values(), ids=EACH.keys())
def test_whoever_is_asked_how_an_slo_stands_says_the_same(store: Store, objective: Slo) -> None:
    world = Scenario(store, with_slos(objective), start="2026-11-23 04:00")

    def told() -> tuple[str, str] | None:
        """What the process that judges tells, and then any other one too."""
        here = world.reading("it")
        assert elsewhere(world) == here
        world.restart()
        assert world.reading("it") == here == elsewhere(world)
        assert here is not None
        assert here[0] == state(world, "it").state
        return here

    answers = [told()]
    for hour in range(5, 9):
        world.at(f"0{hour}:05", FULL, outcomes_of("pass", "pass"))
        answers.append(told())
    world.at("09:05", HALF, outcomes_of("pass", "skip"), bring(1, refused=9), letter(1))
    answers.append(told())
    world.at("09:40", counted_nulls(0.5).fails("boom"), letter(2))
    world.append(*bring(1).events(world.now, 800))
    world.now += 20 * MINUTE
    world.settle()
    answers.append(told())
    world.at("14:07")
    answers.append(told())
    assert len(set(answers)) > 2, answers


def test_a_process_that_judges_nothing_tells_of_what_nobody_has_judged_yet(
    another: Callable[..., Scenario],
) -> None:
    world = another(with_slos(EACH["data no older than"], renamed("sound")))
    world.at("05:00", FULL)
    assert elsewhere(world, "unheard of") is None
    # The stages are away from here on.
    world.now += 2 * 60 * MINUTE
    with world.store.database.read() as connection:
        row = slo_states(connection)["it"]
        shown = as_of_now(connection, row, lambda _connection, name: elsewhere(world, name))
    assert shown is not None
    assert (shown.state, shown.since) == ("ok", row.since)
    assert shown.detail == (
        "the newest data is 0 seconds old; it may be 1 hour; as of now it is breached, which has"
        " not been judged yet: the newest data is 2 hours old; it may be 1 hour; the last run that"
        " passed ended 2 hours ago"
    )


def renamed(name: str) -> Slo:
    return structs.replace(EACH["checks"], name=name)


def test_what_was_counted_before_a_restart_counts_after_it(
    another: Callable[..., Scenario],
) -> None:
    soon = slo(SloKind.LATENCY, within_seconds=30, objective=0.5, window_runs=2)
    world = another(with_slos(soon))
    since = "none before 2026-11-23 04:00 UTC is known"
    assert world.reading("it") == ("no-data", f"no run has been told of yet; {since}")
    world.append(*bring(1).events(world.now, 801))
    world.settle()
    fast = "1 of the last 1 run were judged within 30 seconds of their receipt"
    assert world.reading("it") == ("ok", f"{fast}; the objective is 0.5; {since}")
    world.append(*bring(1).events(world.now, 802))
    world.now += MINUTE
    world.restart()
    assert world.reading("it") == (
        "ok",
        "1 of the last 2 runs were judged within 30 seconds of their receipt; the objective is 0.5",
    )
    world.append(*bring(1).events(world.now, 803))
    world.now += MINUTE
    world.restart()
    assert state(world, "it").state == "breached"
    assert len(world.heard()) == 1


def test_what_was_counted_of_one_thing_does_not_count_for_another(
    another: Callable[..., Scenario],
) -> None:
    world = another(with_slos(EACH["nulls"]))
    world.at("05:00", counted_nulls(0.5))
    assert state(world, "it").state == "breached"
    other = structs.replace(EACH["nulls"], of_field="currency")
    world.catalog = with_slos(other)
    world.restart()
    assert world.reading("it") == ("no-data", "no run has counted the nulls of currency")
    world.catalog = with_slos(EACH["nulls"])
    world.restart()
    assert world.reading("it") == ("breached", "0.5 of amount is there; the objective is 0.9")


def test_an_objective_that_is_lowered_holds_at_once(another: Callable[..., Scenario]) -> None:
    world = another(with_slos(EACH["checks"]))
    world.at("05:00", HALF)
    assert state(world, "it").state == "breached"
    assert [line.split()[1] for line in world.heard()] == ["triggered"]
    world.catalog = with_slos(structs.replace(EACH["checks"], objective=0.5))
    world.at("05:10")
    assert state(world, "it").state == "ok"
