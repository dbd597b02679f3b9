"""A run that its scheduler tries again wakes nobody until its last attempt has failed."""

from msgspec import structs

from hub.testing.scenario import RunScript, Scenario, run

CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
LOST = "could not obtain lock on relation"


def tried(script: RunScript, number: int, *, of: int) -> RunScript:
    """Let a run be one of several attempts, as Airflow says it."""
    facet = {"task": {"retries": of - 1}, "taskInstance": {"try_number": number}}
    return structs.replace(script, facets={**script.facets, "airflow": facet})


def test_a_second_attempt_that_passes_wakes_nobody(world: Scenario) -> None:
    world.at("04:10", tried(CLEAN.fails(LOST), 1, of=3))
    world.at("04:16", tried(CLEAN, 2, of=3))
    world.at("05:00")

    assert world.heard() == []


def test_the_last_attempt_that_fails_is_told_at_once(world: Scenario) -> None:
    world.at("04:10", tried(CLEAN.fails(LOST), 1, of=2))
    assert world.heard() == []
    world.at("04:16", tried(CLEAN.fails(LOST), 2, of=2))

    assert world.heard() == ["04:10 triggered platform-pager INFRA_CONCURRENCY silver.repairs"]


def test_an_attempt_that_nothing_follows_is_told_of_after_a_while(world: Scenario) -> None:
    world.at("04:10", tried(CLEAN.fails(LOST), 1, of=3))
    world.at("04:24")
    assert world.heard() == []
    world.at("04:26")

    assert world.heard() == ["04:10 triggered platform-pager INFRA_CONCURRENCY silver.repairs"]


def test_what_is_not_tried_again_is_told_at_once(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails(LOST))

    assert world.heard() == ["04:10 triggered platform-pager INFRA_CONCURRENCY silver.repairs"]
