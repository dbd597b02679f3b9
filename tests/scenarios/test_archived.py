"""Incidents and dead letters that are long over leave the store, and what is open stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs
from pyarrow import parquet

from hub.domain.deadletters import NewDeadLetter
from hub.domain.incidents.decisions import DeadLettersDiscarded
from hub.domain.retention import RetentionPolicy
from hub.flow.project import project_all, rebuild, verify
from hub.flow.retain import apply, plan
from hub.store.opening import Store
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import MESH, REPAIRS

QUIET = structs.replace(MESH, products={"repairs": REPAIRS})
POLICY = RetentionPolicy(incidents_days=9, dead_letters_days=9)
LOAD = run("fleet/repairs.load").writes("bronze.repairs")
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
TABLES = ("incident", "incident_entry", "incident_signal", "signal", "notification", "dead_letter")


@pytest.fixture
def world(store: Store) -> Scenario:
    """A mesh in which nothing is late, on a Monday at four in the morning."""
    return Scenario(store, QUIET, start="2026-11-23 04:00")


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


def retain(world: Scenario, root: Path) -> dict[str, int]:
    return apply(world.store, POLICY, root, now=world.now, settle=lambda: project_all(world.store))


def counts(world: Scenario) -> dict[str, int]:
    with world.store.database.read() as connection:
        return {
            table: int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608 - of ours
            for table in TABLES
        }


def archived(root: Path, table: str) -> int:
    return sum(parquet.read_metadata(each).num_rows for each in root.glob(f"*/*/{table}.parquet"))


def test_an_incident_leaves_with_all_that_hangs_on_it_once_it_is_long_over(
    world: Scenario, tmp_path: Path
) -> None:
    world.at("05:00", CLEAN.fails("syntax error"))
    world.at("06:00", CLEAN)
    world.at("2026-11-30 07:00", LOAD.fails("No space left on device"))
    before = counts(world)
    world.at("2026-12-02 05:00")
    assert not any(retain(world, tmp_path).values())
    world.at("2026-12-02 07:00")
    planned = {
        each.table: each.goes for each in plan(world.store, POLICY, tmp_path, world.now).tables
    }
    gone = retain(world, tmp_path)

    assert gone["incidents"] == planned["incident"] == 1
    after = counts(world)
    assert after["incident"] == after["signal"] == after["incident_signal"] == 1
    for table in TABLES:
        assert before[table] - after[table] == archived(tmp_path, table) == planned[table]
    assert verify(world.store, archive=tmp_path) == []
    assert not any(retain(world, tmp_path).values())
    rebuild(world.store, archive=tmp_path)
    assert counts(world) == after


def test_what_is_open_stays_and_is_resolved_as_ever(world: Scenario, tmp_path: Path) -> None:
    world.at("05:00", CLEAN.fails("syntax error"))
    world.at("2027-01-05 05:00")
    world.heard()
    assert retain(world, tmp_path)["incidents"] == 0
    world.at("05:10", CLEAN)

    assert [line.split()[1] for line in world.heard()] == ["resolved"]


def test_an_incident_that_nobody_could_be_told_of_yet_stays(
    world: Scenario, tmp_path: Path
) -> None:
    world.delivers = False
    world.at("05:00", CLEAN.fails("syntax error"))
    world.at("06:00", CLEAN)
    world.at("2027-01-05 05:00")
    [planned, *_] = plan(world.store, POLICY, tmp_path, world.now).tables
    assert planned.kept == {"a notification of it has not been sent": 1}
    assert retain(world, tmp_path)["incidents"] == 0


def test_incidents_that_were_merged_leave_together(world: Scenario, tmp_path: Path) -> None:
    two = [
        run(f"finance/earnings.{name}").reads("silver.repairs").writes(f"gold.{name}")
        for name in ("costs", "sum")
    ]
    world.at("04:30", CLEAN, *two)
    world.at("05:00", *(each.fails("no such column: cost") for each in two))
    world.at("05:00:30", CLEAN.fails("syntax error"))
    world.at("06:00", CLEAN, *two)
    with world.store.database.read() as connection:
        merged = connection.exec_driver_sql("SELECT count(merged_into) FROM incident").scalar_one()
    assert merged == 1
    world.at("2026-12-24 05:00")

    assert retain(world, tmp_path)["incidents"] == 2
    assert not any(counts(world).values())
    assert verify(world.store, archive=tmp_path) == []


def test_an_incident_that_comes_again_after_it_was_archived_is_told_again(
    world: Scenario, tmp_path: Path
) -> None:
    world.at("05:00", CLEAN.fails("syntax error"))
    world.at("06:00", CLEAN)
    world.at("2026-12-24 05:00")
    assert retain(world, tmp_path)["incidents"] == 1
    world.heard()
    world.at("05:30", CLEAN.fails("syntax error"))

    assert [line.split()[1] for line in world.heard()] == ["triggered"]
    assert verify(world.store, archive=tmp_path) == []


def test_dead_letters_that_are_settled_leave_and_open_ones_stay_with_their_incident(
    world: Scenario, tmp_path: Path
) -> None:
    world.at("05:00", letter(1), letter(2))
    with world.store.database.read() as connection:
        [first, _] = connection.exec_driver_sql(
            "SELECT id FROM dead_letter ORDER BY origin"
        ).scalars()
    world.decide(DeadLettersDiscarded(at=world.now, letters=(str(first),), reason="test data"))
    world.at("2026-12-24 05:00")
    gone = retain(world, tmp_path)

    assert (gone["dead_letters"], gone["incidents"]) == (1, 0)
    assert counts(world)["dead_letter"] == 1
    assert verify(world.store, archive=tmp_path) == []


def test_a_letter_that_comes_again_after_it_was_archived_is_open_again(
    world: Scenario, tmp_path: Path
) -> None:
    world.at("05:00", letter(1))
    with world.store.database.read() as connection:
        [key] = connection.exec_driver_sql("SELECT id FROM dead_letter").scalars()
    world.decide(DeadLettersDiscarded(at=world.now, letters=(str(key),), reason="test data"))
    world.at("2026-12-24 05:00")
    retain(world, tmp_path)
    assert counts(world)["dead_letter"] == 0
    world.at("05:30", letter(1))

    with world.store.database.read() as connection:
        assert list(connection.exec_driver_sql("SELECT state FROM dead_letter").scalars()) == [
            "open"
        ]
    assert verify(world.store, archive=tmp_path) == []
