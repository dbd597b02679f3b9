"""What evaluate asks of the projected runs to judge SLOs, on both stores, and within bounds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Connection, event

from hub.domain.names import DatasetName, JobName
from hub.store import run_context, slo_context
from hub.store.natural_keys import find_datasets, find_jobs
from hub.store.opening import Store
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import MESH
from tests.scenarios.test_names import FRESH, PARTITIONED, load, mesh

PAYMENTS = DatasetName("lake", "bronze.payments")
JOB = JobName("finance", "payments.load")
PAID = run("finance/payments.load").writes("bronze.payments", rows=3)
CHECKED = PAID.checks("bronze.payments", passed=["a"], failed=["b"])
START = "2026-11-23 04:00"


def marked(script: RunScript, **facets: object) -> RunScript:
    return structs.replace(script, facets={**script.facets, **facets})


def keys(connection: Connection) -> list[int]:
    return [*find_jobs(connection, [JOB]).values()]


def datasets(connection: Connection) -> list[int]:
    return [*find_datasets(connection, [PAYMENTS]).values()]


BACKFILL: dict[str, object] = {"hub_backfill": {}}


@pytest.fixture
def world(store: Store) -> Scenario:
    return Scenario(store, MESH, start=START)


def test_the_last_writes_are_those_of_the_present(world: Scenario) -> None:
    world.at("05:00", PAID)
    for minute in range(5):
        world.at(f"05:1{minute}", marked(PAID, **BACKFILL))
    with world.store.database.read() as connection:
        found = slo_context.last_writes(connection, datasets(connection), now=world.now).found
        passed = slo_context.last_passed(
            connection,
            datasets(connection),
            now=world.now,
            limit=9,
            among=slo_context.Passed.PRESENT,
        )
        everything = slo_context.last_passed(
            connection, datasets(connection), now=world.now, limit=9, among=slo_context.Passed.ALL
        )
    assert [write.is_past for write in found] == [True, True, True, False]
    assert [write.is_past for write in passed] == [False]
    assert len(everything) == 6


def test_writes_that_were_told_after_a_position_do_not_hide_those_before(world: Scenario) -> None:
    world.at("05:00", PAID)
    with world.store.database.read() as connection:
        until = world.store.journal.head(connection)
        [first] = slo_context.last_writes(connection, datasets(connection), now=world.now).found
    for minute in range(5):
        world.at(f"05:1{minute}", PAID)
    with world.store.database.read() as connection:
        names, now = datasets(connection), world.now
        before = slo_context.last_writes(connection, names, now=now, until=until)
        after = slo_context.last_writes(connection, names, now=now)
    assert before == ([first], None)
    assert len(after.found) == slo_context.FEW_WRITES
    assert after.unread_at == now - 2 * 60_000_000


def test_checks_and_ends_and_beginnings_of_the_past_are_passed_over(world: Scenario) -> None:
    world.at("05:00", CHECKED)
    ended = world.now
    world.at("05:10", marked(CHECKED, **BACKFILL))
    world.at("05:20", marked(PAID.fails("boom"), **BACKFILL))
    with world.store.database.read() as connection:
        checked = slo_context.last_checks(connection, datasets(connection), limit=5)
        assert checked == [(ended, (1, 2))]
        jobs = keys(connection)
        assert slo_context.last_run_of(connection, jobs, by=world.now) == ("COMPLETE", ended)
        assert slo_context.last_outcomes(connection, jobs, limit=5) == [(True, ended)]
        [begun] = slo_context.last_begun(connection, jobs, now=world.now, limit=5)
        assert begun.at == ended - 1_000_000


def test_a_run_inside_a_backfill_is_of_it(world: Scenario) -> None:
    whole = marked(run("finance/payments", "018f0000-0000-7000-8000-00000000000a"), **BACKFILL)
    part = structs.replace(PAID, run_id="018f0000-0000-7000-8000-00000000000b").inside(whole)
    world.at("05:00", whole)
    world.at("05:01", part)
    world.at("05:02", PAID)
    with world.store.database.read() as connection:
        [begun] = slo_context.last_begun(connection, keys(connection), now=world.now, limit=5)
        assert begun.at == world.now - 1_000_000
        found = slo_context.last_writes(connection, datasets(connection), now=world.now).found
    assert [write.is_past for write in found] == [False, True]


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """Collect what is asked of a store, with its parameters."""
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, text: str, values: Any, *_rest: object) -> None:  # noqa: ANN401 - the driver's
        asked.append((text, values))

    engine = store.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_whether_a_job_has_passed_since_is_found_by_the_index_of_its_runs(
    sqlite_store: Store,
) -> None:
    world = Scenario(sqlite_store, MESH, start=START)
    world.at("05:00", PAID)
    failed_at = world.now
    world.at("05:10", PAID)
    with (
        sqlite_store.database.read() as connection,
        statements(sqlite_store) as asked,
    ):
        jobs = keys(connection)
        assert run_context.passed_since(connection, jobs, after=failed_at) is not None
        assert run_context.passed_since(connection, jobs, after=world.now) is None
    [(text, values), *_] = [each for each in asked if "anchor_at" in each[0]]
    with sqlite_store.database.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        steps = [row.detail for row in plan]
    assert any("job_id=? AND anchor_at>?" in step for step in steps)
    assert not any(step.startswith("SCAN run") for step in steps)


def test_of_many_names_those_are_asked_that_came_last(store: Store) -> None:
    world = Scenario(store, MESH, start=START)
    world.at("05:00", CHECKED)
    counts = []
    for first, last in ((0, 60), (60, 90)):
        for number in range(first, last):
            name = f"bronze.part{number}"
            script = run("finance/payments.load").writes(name, rows=3)
            old = marked(script.checks(name, passed=["a"]), **BACKFILL)
            world.append(*old.events(world.now + number, 10 + number))
        world.settle()
        with store.database.read() as connection:
            parts = [DatasetName("lake", f"bronze.part{number}") for number in range(last)]
            names = [*find_datasets(connection, [PAYMENTS, *parts]).values()]
            with statements(store) as asked:
                writes = slo_context.last_writes(connection, names, now=world.now)
                passed = slo_context.last_passed(
                    connection, names, now=world.now, limit=2, among=slo_context.Passed.PRESENT
                )
                checks = slo_context.last_checks(connection, names, limit=2)
                given = {"limit": 2, "after": checks[0].at - 1, "until": world.now}
                following = slo_context.next_checks(connection, names, **given)
        # What was there before a backfill of more names than are asked is not hidden by it.
        assert [write.is_past for write in passed] == [False]
        assert passed[0] in writes.found
        assert [each.checks for each in checks] == [(1, 2)]
        assert following == checks
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_new_partition_asks_for_nothing_of_those_before(store: Store) -> None:
    world = Scenario(store, mesh(FRESH, naming=(PARTITIONED,)), start=START)
    world.at("05:20", load("2026-11-22"))
    world.at("05:25", load("2026-11-23"))
    with statements(store) as asked:
        world.at("2026-11-24 05:30", load("2026-11-24"))
    assert [text for text, _ in asked if "written_at BETWEEN" in text] == []
    world.at("07:00")
    assert world.heard() == []


def test_what_is_asked_of_a_job_and_its_data_is_asked_of_all_their_names(world: Scenario) -> None:
    again = run("finance/payments_v2")
    owners = {"ownership": {"owners": [{"name": "ana"}]}}
    schema = {"schema": {"fields": [{"name": "iban", "type": "string"}]}}
    nulls = {"dataQualityMetrics": {"rowCount": 4, "columnMetrics": {"iban": {"nullCount": 1}}}}
    copy = {"namespace": "lake", "name": "bronze.copy"}
    world.at("05:00", PAID)
    world.at("05:10", structs.replace(again, job_facets=owners, outputs=(copy,)).fails("boom"))
    told = {**copy, "facets": {**schema, **owners}, "outputFacets": nulls}
    world.at("05:20", structs.replace(again, outputs=(told,)))
    ended = world.now
    world.at("05:30", PAID.fails("boom"))
    with world.store.database.read() as connection:
        names = [JOB, JobName("finance", "payments_v2")]
        found = find_jobs(connection, names)
        jobs = [found[each] for each in names]
        data = [PAYMENTS, DatasetName("lake", "bronze.copy")]
        datasets = [*find_datasets(connection, data).values()]
        outcomes = slo_context.last_outcomes(connection, jobs, limit=3)
        begun = slo_context.last_begun(connection, jobs, now=world.now, limit=2)
        passed = run_context.passed_since(connection, jobs, after=ended - 1)

        assert [each.passed for each in outcomes] == [False, True, False]
        assert [each.at for each in begun] == [world.now - 1_000_000, ended - 1_000_000]
        assert slo_context.last_run_of(connection, jobs, by=ended) == ("COMPLETE", ended)
        assert slo_context.last_counted(connection, [find_datasets(connection, data)[data[1]]]) == [
            passed and passed.position
        ]
        assert run_context.last_success(connection, jobs, before=world.now) == ended
        assert run_context.durations(connection, jobs, limit=5) == [1_000_000, 1_000_000]
        assert run_context.job_datasets(connection, jobs) == ([], sorted(data))
        assert run_context.writers_of(connection, datasets) == sorted(names)
        assert run_context.owners_of(connection, datasets, ()) == ["ana"]
        assert run_context.owners_of(connection, (), jobs) == ["ana"]
        assert not run_context.has_new_code(connection, jobs, after=0)
        assert run_context.schemas_since(connection, datasets, 0) is None
