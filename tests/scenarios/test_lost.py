"""Runs that nobody ends: when they are lost, who is told, and what overrules it."""

from collections.abc import Callable

import msgspec
import pytest
from msgspec import structs

from hub.domain.instants import format_instant
from hub.domain.names import JobName, RunName
from hub.flow.project.rebuild import rebuild, verify
from hub.queries.moments import Moment
from hub.queries.pages import PageRequest
from hub.queries.run_reports import runs_at
from hub.queries.runs import RunRow, find_runs, list_runs
from hub.store.fingerprint import combine, fingerprint_tables
from hub.testing.scenario import Scenario, run
from tests.scenarios.conftest import MESH, REPAIRS

QUIET = structs.replace(MESH, products={"repairs": REPAIRS})
LOAD = run("fleet/repairs.load").writes("bronze.repairs")
KEY = "99999999-9999-4999-8999-999999999999"
HOUR = 3_600_000_000


@pytest.fixture
def world(another: Callable[..., Scenario]) -> Scenario:
    """A mesh in which nothing is late, on a Monday at four in the morning."""
    return another(QUIET)


def begin(
    world: Scenario, event_type: str = "START", *, streams: bool = False, ahead: int = 0
) -> None:
    """Tell of a run, and nothing more, by a clock that may be ahead."""
    facet = {"processingType": "STREAMING", "integration": "FLINK"}
    event = {
        "eventType": event_type,
        "eventTime": format_instant(world.now + ahead),
        "producer": "https://example.org/scenario",
        "run": {"runId": KEY},
        "job": {
            "namespace": "fleet",
            "name": "repairs.load",
            "facets": {"jobType": facet} if streams else {},
        },
        "outputs": [{"namespace": "lake", "name": "bronze.repairs"}],
    }
    world.append(msgspec.json.encode(event))
    world.settle()


def the_run(world: Scenario) -> RunRow:
    name = RunName(JobName("fleet", "repairs.load"), KEY)
    with world.store.database.read() as connection:
        return find_runs(connection, [name])[name]


def test_a_run_that_nobody_ends_is_lost_and_pages_the_platform(world: Scenario) -> None:
    begin(world)
    world.at("09:59")
    assert the_run(world).state == "RUNNING"
    world.at("10:01")

    found = the_run(world)
    assert found.state == "LOST"
    assert found.reason is not None
    assert "since 2026-11-23T04:00:00" in found.reason
    assert "lease is 6 hours" in found.reason
    assert world.heard() == ["10:00 triggered platform-pager INFRA_COMPUTE bronze.repairs"]
    with world.store.database.read() as connection:
        page = list_runs(connection, PageRequest(10), state="LOST")
        assert [row.run_id for row in page.rows] == [KEY]
        assert not list_runs(connection, PageRequest(10), state="RUNNING").rows


def test_of_the_past_a_run_is_lost_once_that_was_declared(world: Scenario) -> None:
    begin(world)
    world.at("09:59")
    silent_at = world.now
    world.at("10:01")
    lost = the_run(world)
    lost_at = world.now
    world.at("10:05")
    begin(world, "COMPLETE")

    with world.store.database.read() as connection:
        position = world.store.journal.position_at(connection, silent_at)
        moments = (Moment(silent_at), Moment(position=position), Moment(lost_at), Moment(world.now))
        then = [runs_at(connection, [the_run(world)], moment)[0] for moment in moments]
    assert [(row.state, row.reason) for row in then] == [
        ("RUNNING", None),
        ("RUNNING", None),
        ("LOST", lost.reason),
        ("COMPLETE", None),
    ]


def test_a_lease_follows_what_runs_of_the_job_usually_take(world: Scenario) -> None:
    for minute in (1, 2, 3):
        world.at(f"04:0{minute}", LOAD)
    begin(world)
    world.at("04:17")
    assert the_run(world).state == "RUNNING"
    world.at("04:18:01")

    assert the_run(world).state == "LOST"


def test_every_sign_of_life_begins_the_lease_anew(world: Scenario) -> None:
    begin(world)
    world.at("09:00")
    begin(world, "RUNNING")
    world.at("14:59")
    assert the_run(world).state == "RUNNING"
    world.at("15:01")

    assert the_run(world).state == "LOST"


def test_a_run_goes_on_while_runs_inside_it_do(world: Scenario) -> None:
    begin(world)
    whole = run("fleet/repairs.load", KEY)
    part = run("fleet/repairs.load.part", "11111111-1111-4111-8111-111111111111")
    world.at("09:00", part.inside(whole))
    world.at("14:59")

    assert the_run(world).state == "RUNNING"


def test_a_stream_is_never_lost(world: Scenario) -> None:
    begin(world, streams=True)
    world.at("2026-12-23 04:00")

    assert the_run(world).state == "RUNNING"
    assert world.heard() == []


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("COMPLETE", ["10:00 resolved platform-pager INFRA_COMPUTE bronze.repairs"]),
        ("RUNNING", ["10:00 resolved platform-pager INFRA_COMPUTE bronze.repairs"]),
    ],
)
def test_whatever_is_heard_later_overrules_it(
    world: Scenario, outcome: str, told: list[str]
) -> None:
    begin(world)
    world.at("10:30")
    world.heard()
    begin(world, outcome)

    assert the_run(world).state == outcome
    assert the_run(world).reason is None
    assert [line.replace("10:30", "10:00") for line in world.heard()] == told


def test_a_failure_that_is_told_late_takes_the_incident_over(world: Scenario) -> None:
    begin(world)
    world.at("10:30")
    world.heard()
    late = run("fleet/repairs.load", KEY).writes("bronze.repairs")
    _start, end = late.fails("field x is missing", origin="contract").events(world.now, 1)
    world.append(end)
    world.settle()

    assert the_run(world).state == "FAIL"
    assert world.heard() == [
        "10:00 triggered fleet-pager SCHEMA_CONTRACT bronze.repairs",
        "10:30 resolved platform-pager SCHEMA_CONTRACT bronze.repairs",
    ]


@pytest.mark.parametrize("ahead", [2 * HOUR, 70 * 365 * 24 * HOUR])
@pytest.mark.parametrize("restarts", [False, True])
def test_a_run_from_the_future_is_lost_when_its_lease_has_run_out_since_it_was_received(
    world: Scenario, ahead: int, restarts: bool
) -> None:
    begin(world, ahead=ahead)
    if restarts:
        world.restart()
    world.at("10:00")
    assert the_run(world).state == "RUNNING"
    world.at("10:02")

    assert the_run(world).state == "LOST"
    assert world.heard() == ["10:01 triggered platform-pager INFRA_COMPUTE bronze.repairs"]
    world.at("11:00")
    begin(world, "RUNNING")
    assert [line.split()[1] for line in world.heard()] == ["resolved"]


def test_a_run_inside_that_is_from_the_future_holds_no_run_open(world: Scenario) -> None:
    begin(world)
    whole = run("fleet/repairs.load", KEY)
    part = run("fleet/repairs.load.part", "11111111-1111-4111-8111-111111111111").inside(whole)
    world.at("05:00")
    world.append(*part.events(world.now + 48 * HOUR, 1))
    world.at("11:00")
    assert the_run(world).state == "RUNNING"
    world.at("11:02")

    assert the_run(world).state == "LOST"


def test_a_run_whose_job_has_passed_since_is_lost_quietly(world: Scenario) -> None:
    begin(world)
    world.at("05:00", LOAD)
    world.at("10:30")

    assert the_run(world).state == "LOST"
    assert world.heard() == []


def test_many_runs_that_are_lost_at_once_are_one_incident(world: Scenario) -> None:
    for name in ("one", "two", "three"):
        start, _end = run(f"elsewhere/{name}").writes(f"{name}.made").events(world.now, len(name))
        world.append(start)
    world.at("11:00")

    assert len(world.heard()) == 1


def test_what_is_lost_outlives_a_rebuild_and_a_restart_and_is_no_part_of_the_fingerprint(
    world: Scenario,
) -> None:
    begin(world)
    with world.store.database.read() as connection:
        before = combine(fingerprint_tables(connection))
    world.at("10:30")
    rebuild(world.store)

    assert the_run(world).state == "LOST"
    assert verify(world.store) == []
    with world.store.database.read() as connection:
        assert combine(fingerprint_tables(connection)) == before
    world.heard()
    world.restart()
    world.at("2026-11-24 10:30")
    assert world.heard() == []


def test_a_process_that_starts_knows_the_runs_that_have_not_ended(world: Scenario) -> None:
    begin(world)
    world.restart()
    world.at("10:30")

    assert the_run(world).state == "LOST"
