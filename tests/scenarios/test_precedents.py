"""What an incident's page tells of the time before it: what changed, and what it was last time."""

from collections.abc import Callable

import pytest
from msgspec import structs

from hub.domain.commands import AmendIncident, ApproveAlias, PublishContract, ResolveIncident
from hub.domain.incidents.courses import Amendment, Outcome
from hub.domain.names import NodeKind, run_id
from hub.graph.index import LineageIndex
from hub.queries.incidents import IncidentFilter, IncidentRow, list_incidents
from hub.queries.page_details import page_details
from hub.queries.pages import PageRequest
from hub.queries.run_changes import Since, changes_of
from hub.queries.similar import Similar, similar_to
from hub.testing.scenario import RunScript, Scenario, run
from tests.scenarios.conftest import MESH as WATCHED

CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs")
COSTS = run("finance/earnings.costs").reads("silver.repairs").writes("silver.costs")
MESH = structs.replace(
    WATCHED,
    products={name: structs.replace(each, slos=()) for name, each in WATCHED.products.items()},
)


@pytest.fixture
def world(another: Callable[..., Scenario]) -> Scenario:
    return another(MESH)


def with_code(script: RunScript, version: str) -> RunScript:
    place = {"type": "git", "url": "https://example.org/repairs", "version": version}
    return structs.replace(script, job_facets={"sourceCodeLocation": place})


def last(world: Scenario) -> IncidentRow:
    with world.store.database.read() as connection:
        return list_incidents(connection, PageRequest(1), IncidentFilter()).rows[0]


def since(world: Scenario) -> Since:
    row = last(world)
    with world.store.database.read() as connection:
        return changes_of(connection, world.store.journal, MESH, [row])[row.id]


def alike(world: Scenario) -> list[Similar]:
    row = last(world)
    with world.store.database.read() as connection:
        names = LineageIndex(lambda: MESH).identities(connection).called
        return similar_to(connection, [row], names)[row.id]


def test_the_last_good_run_is_told_with_what_changed_since(world: Scenario) -> None:
    world.at("04:10", with_code(CLEAN, "one"))
    document = "anything"
    published = PublishContract(
        contract_id="repairs", version="2.0.0", document=document, product="repairs"
    )
    world.at("04:20")
    world.submit(published)
    world.at("04:30", with_code(CLEAN, "two").fails("syntax error at or near"))

    found = since(world)
    assert found.last_good is not None
    assert (
        run_id(found.last_good.key)
        == "run:fleet:repairs.clean:00000000-0000-4000-8000-000000000001"
    )
    assert [each.text for each in found.changes] == [
        "code version: one → two",
        "contract repairs 2.0.0 was published at 2026-11-23T04:20:00.000000Z",
    ]


def test_of_a_job_that_never_passed_nothing_has_changed(world: Scenario) -> None:
    world.at("04:30", CLEAN.fails("syntax error at or near"))

    assert since(world)[1:] == (None, [])


def test_what_is_like_it_is_told_with_what_mended_it(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("column 'fare' does not exist"))
    first = last(world).id
    said = Amendment(outcome=Outcome.FIXED, note="renamed it back")
    world.submit(ResolveIncident(incident=first, actor="ada", said=said))
    world.at("05:10", COSTS.fails("column 'price' does not exist"))
    world.at("05:20", COSTS)
    second = last(world).id
    world.at("06:10", CLEAN.fails("column 'tip' does not exist"))

    found = alike(world)
    assert [(each.id, each.reasons) for each in found] == [
        (first, ("the same error", "the same root", "the same job", "the same class")),
        (second, ("the same error", "the same class")),
    ]
    assert [each.fix for each in found] == ["renamed it back", "earnings.costs passed"]
    assert found[0].line == (
        f"{first} of 2026-11-23 (the same error, the same root, the same job, the same class),"
        " fixed: renamed it back"
    )


def test_among_those_as_much_alike_the_one_with_a_note_comes_first(world: Scenario) -> None:
    for day in ("23", "24", "25"):
        world.at(f"2026-11-{day} 04:10", CLEAN.fails("column 'fare' does not exist"))
        world.at(f"2026-11-{day} 04:20", CLEAN)
    with world.store.database.read() as connection:
        rows = list_incidents(connection, PageRequest(3), IncidentFilter()).rows
    note = AmendIncident(incident=rows[2].id, said=Amendment(note="that was it"), actor="ada")
    world.submit(note)
    world.at("2026-11-26 04:10", CLEAN.fails("column 'fare' does not exist"))

    assert [each.id for each in alike(world)] == [rows[2].id, rows[0].id, rows[1].id]


@pytest.mark.parametrize(
    ("kind", "names", "shared"),
    [
        (NodeKind.DATASET, (("lake", "silver.mended"), ("lake", "silver.repairs")), "root"),
        (NodeKind.JOB, (("fleet", "mend"), ("fleet", "repairs.clean")), "job"),
    ],
)
def test_what_had_another_name_then_is_like_it(
    world: Scenario, kind: NodeKind, names: tuple[tuple[str, str], ...], shared: str
) -> None:
    before, after = names
    earlier, later = run("fleet/other").writes("silver.mended"), CLEAN
    if kind is NodeKind.JOB:
        earlier = run("fleet/mend").writes("silver.other")
    world.at("04:10", earlier.fails("column 'fare' does not exist"))
    world.at("04:20", earlier)
    first = last(world).id
    world.at("05:10", later.fails("out of memory", origin="platform"))
    assert alike(world) == []
    world.submit(ApproveAlias(kind=kind, first=before, second=after))

    [found] = alike(world)
    assert (found.id, found.reasons) == (first, (f"the same {shared}",))


def test_nothing_is_like_the_first_of_its_kind(world: Scenario) -> None:
    world.at("04:10", CLEAN.fails("column 'fare' does not exist"))

    assert alike(world) == []


def test_a_page_tells_both(world: Scenario) -> None:
    world.at("04:00:30", with_code(CLEAN, "one"))
    world.at("04:10", with_code(CLEAN, "two").fails("column 'fare' does not exist"))

    row = last(world)
    with world.store.database.read() as connection:
        told = page_details(connection, world.store.journal, MESH, row.id, now=world.now)
    assert told["changes"] == ["code version: one → two"]
    assert str(told["last_good"]).endswith("000001")
    assert told["similar"] == []
