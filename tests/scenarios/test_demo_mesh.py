"""The demo's bad day under a virtual clock: five faults are five incidents, in whatever order."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from examples.demo.faults import FAULTS
from hub.domain.deadletters import NewDeadLetter
from hub.settings import load_catalog, load_settings
from hub.store import incident_book
from hub.testing.scenario import RunScript, Scenario, run

ROOT = Path(__file__).parents[2]
START = datetime.fromisoformat("2026-11-23 12:00")
FULL = {
    "origin": "lake",
    "exceptions": [{"type": "DeltaError", "message": "File too large (os error 27)", "errno": 27}],
}


def step(domain: str, product: str, name: str, number: int = 0) -> RunScript:
    """Return a run of a step, inside one of its product where it has a number."""
    made = run(f"{domain}/{product}.{name}", f"{number:08d}-0000-4000-8000-000000000000")
    return made.of_step(product, name).inside(whole(domain, product)) if number else made


def whole(domain: str, product: str) -> RunScript:
    number = sum(map(ord, product))
    return run(f"{domain}/{product}", f"{number:08d}-1111-4111-8111-111111111111")


def newest(days: float) -> str:
    return f"{(START - timedelta(days=days)).isoformat()}Z"


def good_days() -> list[RunScript]:
    lanes = [
        ("fleet", "rides", "ride_events", "bronze.rides", 0.5),
        ("fleet", "stations", "station_files", "bronze.stations", 1),
        ("fleet", "maintenance", "repair_files", "bronze.repairs", 1),
        ("membership", "members", "member_files", "bronze.members", 7),
        ("finance", "revenue", "payment_files", "bronze.payments", 4),
    ]
    made = [
        step("fleet", "stations", "station_load").reads("bronze.stations", "bronze.rides"),
        step("fleet", "maintenance", "bicycle_health").reads("bronze.repairs"),
        step("membership", "members", "journeys").reads("bronze.rides", "bronze.members"),
        step("finance", "revenue", "revenue_daily").reads("silver.journeys", "bronze.payments"),
    ]
    written = [
        step(domain, product, name).writes(dataset, rows=10, newest=newest(age))
        for domain, product, name, dataset, age in lanes
    ]
    outputs = ("silver.station_load", "silver.bicycle_health", "silver.journeys")
    for each, dataset in zip(made, (*outputs, "gold.revenue_daily"), strict=True):
        written.append(each.writes(dataset, rows=10, newest=newest(2)))
    return written


def bad_day() -> list[RunScript | NewDeadLetter]:
    not_made = {"origin": "upstream"}
    journeys = step("membership", "members", "journeys", 5).reads("bronze.rides")
    return [
        NewDeadLetter(
            stage="bronze",
            product="rides",
            step="ride_events",
            encoding="avro",
            payload=b"\xff",
            rule="undecodable",
            reasons=("no record of the schema",),
            dataset="dataset:lake:bronze.rides",
            source="bicycles",
            origin="rides#1",
        ),
        step("fleet", "stations", "station_files", 1)
        .writes("bronze.stations")
        .fails("File too large (os error 27)", **FULL),
        step("fleet", "stations", "station_load", 2)
        .reads("bronze.stations", "bronze.rides")
        .writes("silver.station_load")
        .aborts("held back: bronze.stations was not made", **not_made),
        whole("fleet", "stations").fails("not completed: station_files", **not_made),
        step("fleet", "maintenance", "repair_files", 3)
        .writes("bronze.repairs")
        .fails("field bicycle_id is missing", origin="contract", source="workshop"),
        step("fleet", "maintenance", "bicycle_health", 4)
        .reads("bronze.repairs")
        .writes("silver.bicycle_health")
        .aborts("held back: bronze.repairs was not made", **not_made),
        whole("fleet", "maintenance").fails("not completed: repair_files", **not_made),
        journeys.checks("silver.journeys", failed=["nobody is paid for riding"])
        .writes("silver.journeys")
        .fails("silver.journeys is not promoted", origin="gate"),
        whole("membership", "members").fails("not completed: journeys", **not_made),
        step("finance", "revenue", "payment_files", 6).writes("bronze.payments", rows=0),
        step("finance", "revenue", "revenue_daily", 7).writes("gold.revenue_daily", rows=0),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_five_faults_are_five_incidents_and_five_first_pages(
    another: Callable[..., Scenario], seed: int
) -> None:
    world = another(load_catalog(load_settings(ROOT / "examples" / "mesh", environ={})), str(START))
    world.at("12:00", *good_days())
    happenings = bad_day()
    if seed:
        Random(seed).shuffle(happenings)
    world.at("12:05", *happenings)
    world.at("12:10")

    with world.store.database.read() as connection:
        book = incident_book.load_book(connection, now=world.now)
    found = sorted(
        (each.failure_class.value, each.owner.name, each.owner.kind.value, each.root)
        for each in book.incidents.values()
    )
    expected = [(f.failure_class, f.owner, f.owner_kind, f.root) for f in FAULTS]
    assert found == sorted(expected)
    told = [each.reason for each in world.mailbox.notifications]
    assert told == ["triggered"] * len(FAULTS)
