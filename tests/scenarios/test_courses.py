"""How incidents went, from what happened to them: told, seen to, handed on, corrected, over."""

from collections.abc import Callable

import pytest
from msgspec import structs

from hub.domain.commands import (
    AcknowledgeIncident,
    AmendIncident,
    ReassignIncident,
    ResolveIncident,
)
from hub.domain.entries import EntryKind
from hub.domain.incidents.courses import Amendment, Figure, GroupBy, Outcome, Report, Times
from hub.queries.incidents import (
    IncidentFilter,
    IncidentRow,
    incidents_by_id,
    list_incidents,
    timelines_of,
)
from hub.queries.pages import PageRequest
from hub.queries.response_times import response_times
from hub.store.opening import Store
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import MESH as WATCHED

LOAD = run("fleet/repairs.load").writes("bronze.repairs")
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
FAILS = CLEAN.fails("syntax error at or near")
MESH = structs.replace(
    WATCHED,
    products={name: structs.replace(each, slos=()) for name, each in WATCHED.products.items()},
)


@pytest.fixture
def world(another: Callable[..., Scenario]) -> Scenario:
    return another(MESH)


def row(world: Scenario) -> IncidentRow:
    with world.store.database.read() as connection:
        return list_incidents(connection, PageRequest(1), IncidentFilter()).rows[0]


def counted(world: Scenario, by: GroupBy | None = None) -> Report:
    with world.store.database.read() as connection:
        [found] = response_times(connection, by=by, now=world.now)
    return found


def p50(times: Times) -> float | None:
    return None if times.p50 is None else times.p50.seconds


def test_a_course_is_kept_from_its_onset_to_its_end(world: Scenario) -> None:
    world.at("04:10", FAILS)
    world.at("04:20")
    world.submit(AcknowledgeIncident(incident=row(world).id, actor="ada"))
    world.at("05:10", CLEAN)

    found = counted(world)
    assert (found.n, found.open) == (1, 0)
    times = (found.mttd, found.delivery, found.mtta, found.mttr)
    assert [p50(each) for each in times] == [1, 0, 600, 3601]
    assert (found.pages, found.actionable.share, found.misrouted.share) == (1, 1, 0)


def long_failure(world: Scenario, script: RunScript) -> Report:
    """Let a run begin at four, fail half an hour later, and pass half an hour after that."""
    begins, _ends = script.events(world.now, 7)
    world.append(begins)
    world.at("04:30")
    _begins, ends = script.events(world.now, 7)
    world.append(ends)
    world.at("04:40")
    world.submit(AcknowledgeIncident(incident=row(world).id, actor="ada"))
    world.at("05:00", script.passes())
    return counted(world)


def test_it_began_when_the_run_that_failed_did(world: Scenario) -> None:
    found = long_failure(world, FAILS)

    times = (found.mttd, found.mttr, found.recovery)
    assert [p50(each) for each in times] == [1801, 3601, 1800]
    first = world.mailbox.notifications[0]
    assert first.body["onset_at"] == "2026-11-23T03:59:59.000000Z"
    assert first.summary.endswith("(since 2026-11-23 03:59 UTC)")


def test_what_a_stream_fails_with_did_not_begin_when_it_did(world: Scenario) -> None:
    facet = {"processingType": "STREAMING", "integration": "FLINK"}
    found = long_failure(world, structs.replace(FAILS, job_facets={"jobType": facet}))

    assert [p50(each) for each in (found.mttd, found.mttr)] == [0, 1800]


def late(world: Scenario, script: RunScript, when: str, number: int) -> None:
    """Tell now of a run that ended at another time."""
    world.append(*script.events(world.instant(when), number))
    world.settle()


def test_a_root_that_is_told_late_says_since_when(world: Scenario) -> None:
    world.at("04:10", FAILS)
    told = row(world)
    world.at("04:20")
    late(world, LOAD.fails("HTTP 503 from the source", source="workshop"), "04:05", 99)

    found = row(world)
    assert (found.id, found.root) == (told.id, "dataset:lake:bronze.repairs")
    assert found.onset_at == world.instant("04:05") - 1_000_000
    assert [each.reason for each in world.mailbox.notifications][:1] == ["triggered"]
    assert len({each.dedup_key for each in world.mailbox.notifications}) == 1


def test_a_root_that_began_later_than_what_came_of_it_says_since_when_too(world: Scenario) -> None:
    begins, _ends = FAILS.events(world.now, 7)
    world.append(begins)
    world.at("04:30")
    _begins, ends = FAILS.events(world.now, 7)
    world.append(ends)
    world.settle()
    assert row(world).onset_at == world.instant("03:59:59")
    late(world, LOAD.fails("HTTP 503 from the source", source="workshop"), "04:05", 99)

    assert row(world).onset_at == world.instant("04:05") - 1_000_000


def test_it_began_with_the_first_of_its_failures_whichever_is_told_first(world: Scenario) -> None:
    world.at("04:10", FAILS)
    late(world, FAILS, "04:02", 99)

    assert row(world).onset_at == world.instant("04:02") - 1_000_000
    with world.store.database.read() as connection:
        entries = timelines_of(connection, [row(world).id])[row(world).id]
    assert "it began at 2026-11-23T04:01:59.000000Z" in [each.message for each in entries]
    assert world.heard() == ["04:10 triggered fleet-pager LOGIC silver.repairs"]


def test_pages_per_week_are_of_no_time_that_is_yet_to_come(world: Scenario) -> None:
    start = world.now
    world.at("04:10", FAILS)
    world.at("2026-11-30 04:00")

    with world.store.database.read() as connection:
        [found] = response_times(
            connection, since=start, until=2 * world.now - start, now=world.now
        )
    assert (found.pages, found.pages_per_week) == (1, 1)


def test_what_has_passed_and_is_held_open_may_be_over_since_then(world: Scenario) -> None:
    for fails_at, passes_at in (("04:10", "04:15"), ("04:20", "04:25"), ("04:30", "04:35")):
        world.at(fails_at, FAILS)
        world.submit(AcknowledgeIncident(incident=row(world).id, actor="ada"))
        world.at(passes_at, CLEAN)
    world.at("04:50")
    held = counted(world)
    world.at("06:00")
    over = counted(world)

    assert (held.open, held.mttr.p90) == (1, Figure(301, is_lower_bound=True))
    assert (over.open, over.mttr.p90) == (0, Figure(301, is_lower_bound=False))


def test_what_somebody_resolves_has_recovered_when_it_passes(world: Scenario) -> None:
    world.at("04:10", FAILS)
    world.at("04:20")
    world.submit(ResolveIncident(incident=row(world).id, actor="ada"))
    world.at("05:00")
    before, lasting = row(world), counted(world)
    world.restart()
    world.at("05:10", CLEAN)
    after, over = row(world), counted(world)

    assert (before.recovered_at, after.recovered_at) == (None, world.now)
    assert (lasting.open, lasting.mttr.open) == (0, 1)
    assert lasting.mttr.p50 == Figure(3001, is_lower_bound=True)
    assert over.mttr.p50 == Figure(3601, is_lower_bound=False)


def test_it_has_recovered_when_the_last_of_its_roots_has_in_whatever_order_that_is_told(
    world: Scenario,
) -> None:
    full = "No space left on device"
    world.at("04:10", LOAD.fails(full), CLEAN.fails(full))
    world.at("05:10", CLEAN)
    late(world, LOAD, "04:40", 99)

    found = row(world)
    assert (found.state, found.recovered_at) == ("resolved", world.instant("05:10"))


def test_by_domain_and_tier_and_class(world: Scenario) -> None:
    world.at("04:10", FAILS)

    keys = [counted(world, by).key for by in GroupBy]
    assert keys == ["LOGIC", "fleet", "2", "fleet-data"]


def test_what_went_to_another_team_at_first_was_misrouted(world: Scenario) -> None:
    world.at("04:10", FAILS)
    world.submit(ReassignIncident(incident=row(world).id, owner="finance", actor="ada"))
    world.submit(ResolveIncident(incident=row(world).id, actor="ada"))

    found = counted(world)
    assert (found.misrouted.count, found.misrouted.n, found.handovers) == (1, 1, 1)


def test_what_was_attached_to_its_root_is_no_incident_of_its_own(world: Scenario) -> None:
    world.at("04:10", FAILS)
    world.at("04:10:30", LOAD.fails("HTTP 503 from the source", source="workshop"))

    assert counted(world).n == 1


def test_a_consequence_that_fails_after_the_root_has_healed_was_held_back_wrongly(
    world: Scenario,
) -> None:
    world.at("04:10", LOAD.fails("HTTP 503 from the source", source="workshop"))
    world.at("04:11", FAILS)
    world.at("04:20", LOAD)
    world.at("04:30", FAILS)

    with world.store.database.read() as connection:
        found = response_times(connection, now=world.now)[0]
    assert (found.held_back.count, found.held_back.n) == (0, 1)


def test_what_somebody_knows_better_is_kept_beside_what_was_observed(world: Scenario) -> None:
    world.at("04:10", FAILS)
    before = row(world)
    world.at("05:10", CLEAN)
    amend = AmendIncident(
        incident=before.id,
        said=Amendment(
            onset_at=before.onset_at - 3_600_000_000,
            outcome=Outcome.FIXED,
            note="added the missing comma; password=hunter2",
        ),
        reason="it had failed before",
        actor="ada",
    )
    assert world.submit(amend).code == "OK"

    after = row(world)
    assert (after.onset_at, after.observed_onset_at) == (
        before.onset_at - 3_600_000_000,
        before.onset_at,
    )
    assert (after.outcome, after.note) == ("fixed", "added the missing comma; password=…")
    assert after.state == "resolved"
    with world.store.database.read() as connection:
        last = timelines_of(connection, [after.id])[after.id][-1]
    assert last.kind == "amended"
    assert last.message == (
        "ada says: it began at 2026-11-23T03:09:59.000000Z; it was fixed;"
        " what mended it: added the missing comma; password=…; it had failed before"
    )


def test_an_amendment_changes_no_key_that_receivers_know(world: Scenario) -> None:
    world.at("04:10", FAILS)
    found = row(world)
    said = Amendment(onset_at=found.onset_at - 1_000_000)
    world.submit(AmendIncident(incident=found.id, said=said, actor="ada"))
    world.restart()
    world.at("05:10", CLEAN)

    keys = {each.dedup_key for each in world.mailbox.notifications}
    assert len(keys) == 1


def test_what_cannot_be_is_refused(world: Scenario) -> None:
    world.at("04:10", FAILS)
    found = row(world)
    said = Amendment(onset_at=found.opened_at + 1)
    answer = world.submit(AmendIncident(incident=found.id, said=said, actor="ada"))

    assert answer.code == "INVALID_INPUT"
    assert "did not begin later" in str(answer.message)


def test_nothing_is_mitigated_before_it_began(world: Scenario) -> None:
    world.at("04:10", FAILS)
    found = row(world)

    def amend(onset: int | None = None, mitigated: int | None = None) -> str:
        said = Amendment(onset_at=onset, mitigated_at=mitigated)
        return world.submit(AmendIncident(incident=found.id, said=said, actor="ada")).code

    began = found.onset_at
    assert amend(mitigated=began - 1) == "INVALID_INPUT"
    assert amend(onset=began - 9, mitigated=began - 5) == "OK"
    assert amend(mitigated=began - 9) == "OK"
    assert amend(onset=began - 8) == "INVALID_INPUT"


def test_a_false_alarm_is_no_time_to_mend(world: Scenario) -> None:
    world.at("04:10", FAILS)
    said = Amendment(outcome=Outcome.FALSE_POSITIVE)
    world.submit(ResolveIncident(incident=row(world).id, actor="ada", said=said))

    found = counted(world)
    assert (found.n, found.mttr.n, found.actionable.share) == (0, 0, 0)


def test_a_rebuild_keeps_every_course(world: Scenario, store: Store) -> None:
    world.at("04:10", FAILS)
    world.submit(AcknowledgeIncident(incident=row(world).id, actor="ada"))
    world.submit(ReassignIncident(incident=row(world).id, owner="finance", actor="ada"))
    said = Amendment(note="a comma")
    world.submit(ResolveIncident(incident=row(world).id, actor="ada", said=said))
    with world.store.database.read() as connection:
        entries = world.store.journal.read(connection, after=0, limit=1_000)
    again = Scenario(store, MESH, start="2026-11-24 04:00")
    again.replay([each for each in entries if each.kind is not EntryKind.ARCHIVED])

    with store.database.read() as connection:
        rebuilt = incidents_by_id(connection, [row(world).id])[row(world).id]
    assert rebuilt == row(world)
