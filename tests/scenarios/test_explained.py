"""What `hub explain --event` says would come of events: just what comes when they are sent."""

import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
from msgspec import structs

from hub.api.graphql.app import GraphQLApp
from hub.api.graphql.reads import Sources
from hub.app.hub_api import InProcess
from hub.app.live_catalog import LiveCatalog
from hub.app.rehearsing import Rehearsal, expected, rehearse
from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.cli.incident_views import EXPECTED, Expected, expected_of
from hub.domain.commands import (
    AcknowledgeIncident,
    Answer,
    ApproveAlias,
    CreateSilence,
    ReassignIncident,
)
from hub.domain.duty.matching import parse_matcher
from hub.domain.instants import format_instant
from hub.domain.names import NodeKind
from hub.flow.consumer import run_until_idle
from hub.flow.infer import Infer
from hub.graph.index import LineageIndex
from hub.host import Host, Kind
from hub.queries.incidents import open_incidents, touched_since
from hub.settings import Loaded, load_catalog, load_settings
from hub.store.opening import Store
from hub.store.tables import metadata
from hub.testing.scenario import RunScript, Scenario, run

DOMAINS = """
platform: {team: data-platform, receiver: platform-pager}
governance: {team: data-governance, receiver: platform-pager}
domains:
  - {domain: fleet, team: fleet-data, receiver: fleet-pager}
  - {domain: finance, team: finance-data, receiver: finance-pager}
"""
RECEIVERS = """
receivers:
  - {receiver: platform-pager, notifier: console}
  - {receiver: fleet-pager, notifier: console}
  - {receiver: finance-pager, notifier: console}
route: {receiver: owner, wait: 2m}
"""
REPAIRS = """
product: repairs
domain: fleet
steps:
  - {step: load, lane: files, options: {path: "*.csv", format: csv}, writes: bronze.repairs}
  - {step: clean, transform: duckdb, reads: [bronze.repairs], sql: c.sql, writes: silver.repairs}
slos:
  - {slo: repairs-fresh, freshness: {dataset: silver.repairs, schedule: "0 6 * * *", grace: 1h}}
  - slo: repairs-many
    volume: {dataset: silver.repairs, min_share: 0.5, of_last: 5}
"""
SECOND = 1_000_000
HOUR = 3_600 * SECOND
BROKEN = "syntax error at or near SELEC"
CLEAN = run("fleet/repairs.clean").reads("bronze.repairs").writes("silver.repairs", rows=100)
WILD = run("wild/nightly").reads("wild.in").writes("wild.out")
REPORT = run("wild/report").reads("wild.out").writes("wild.report")
OF_OLD = run("wild/reader").reads("wild.old")


def owned_by(script: RunScript, team: str) -> RunScript:
    """Return a run of a job that says who owns it."""
    facet = {"ownership": {"owners": [{"name": team, "type": "MAINTAINER"}]}}
    return structs.replace(script, job_facets=facet)


def silence(world: Scenario, *matchers: str) -> None:
    world.submit(
        CreateSilence(
            matchers=tuple(map(parse_matcher, matchers)),
            owner="ada",
            comment="we know",
            starts_at=world.now,
            ends_at=world.now + 10 * HOUR,
        )
    )


def the_open_one(world: Scenario) -> str:
    with world.store.database.read() as connection:
        [row] = open_incidents(connection)
    return row.id


def nothing(_world: Scenario) -> None:
    """Nothing has happened."""


def told_of_owners(world: Scenario) -> None:
    world.at("04:00", owned_by(WILD, "finance-data"))


def failed_upstream(world: Scenario) -> None:
    world.at("04:00", WILD, REPORT)
    world.at("04:10", WILD.fails(BROKEN))


def told_of_upstream(world: Scenario) -> None:
    failed_upstream(world)
    world.at("04:20")


def silenced(world: Scenario) -> None:
    world.at("04:00", WILD)
    silence(world, "namespace=lake")


def silenced_for_one(world: Scenario) -> None:
    told_of_upstream(world)
    silence(world, f"incident={the_open_one(world)}")


def renamed(world: Scenario) -> None:
    told_of_upstream(world)
    old, new = ("lake", "wild.old"), ("lake", "wild.out")
    world.submit(ApproveAlias(kind=NodeKind.DATASET, first=old, second=new))


def handed_over(world: Scenario) -> None:
    told_of_upstream(world)
    world.submit(ReassignIncident(incident=the_open_one(world), owner="finance", actor="ada"))


def seen_to(world: Scenario) -> None:
    told_of_upstream(world)
    world.submit(AcknowledgeIncident(incident=the_open_one(world), actor="ada"))


def loaded_often(world: Scenario) -> None:
    for minute in range(10, 20):
        world.at(f"04:{minute}", CLEAN)


def late_for_long(world: Scenario) -> None:
    world.at("04:10", CLEAN)
    world.at("2026-11-24 07:30")


def flapped(world: Scenario) -> None:
    for minute in (10, 20):
        world.at(f"04:{minute}", WILD.fails(BROKEN))
        world.at(f"04:{minute + 5}", WILD)


def has_new_fields(world: Scenario) -> None:
    reads = CLEAN.inputs[0]
    world.at("04:00", structs.replace(CLEAN, inputs=(with_fields(reads, "id", "cost"),)))
    world.at("04:05", run("other/load").writes("bronze.repairs"))
    outputs = (with_fields({"namespace": "lake", "name": "bronze.repairs"}, "id", "price"),)
    world.at("04:10", structs.replace(run("other/load"), outputs=outputs))


def has_new_fields_under_another_name(world: Scenario) -> None:
    fields = ("id", "cost"), ("id", "price")
    before, after = (tuple(with_fields(d, *names) for d in WILD.outputs) for names in fields)
    world.at("04:00", structs.replace(WILD, outputs=before))
    world.at("04:05", OF_OLD)
    old, new = ("lake", "wild.old"), ("lake", "wild.out")
    world.submit(ApproveAlias(kind=NodeKind.DATASET, first=old, second=new))
    world.at("04:10", structs.replace(WILD, outputs=after))


def has_grown(world: Scenario) -> None:
    loads = run("other/load")
    for minute in range(10, 14):
        world.at(f"04:{minute}", loads.writes("bronze.repairs", rows=10))
    world.at("04:20", CLEAN)
    world.at("04:30", loads.writes("bronze.repairs", rows=900))


def with_fields(dataset: dict[str, Any], *names: str) -> dict[str, Any]:
    fields = [{"name": name, "type": "int"} for name in names]
    return {**dataset, "facets": {"schema": {"fields": fields}}}


def built(job: str, schema: str) -> RunScript:
    """Return a run of a dbt node that says in which schema it is built."""
    facet = {"dbt_node": {"unique_id": "model.shop.orders", "schema": schema}}
    return structs.replace(run(job), job_facets=facet)


PRODUCTION = built("dbt/shop.main.orders.run", "main")
CHANGE = built("dbt/shop.ci_7.orders.run", "ci_7")


def broken_in_production(world: Scenario) -> None:
    world.at("04:00", PRODUCTION, CHANGE)
    world.at("04:10", PRODUCTION.fails(BROKEN))
    world.at("04:20")


class Case(NamedTuple):
    """What had happened at a hub, what is sent to it, and words of what would come of that."""

    before: Callable[[Scenario], None]
    sent: Sequence[RunScript]
    words: str


CASES = {
    "at an empty hub": Case(nothing, [WILD.fails(BROKEN)], "nightly failed"),
    "an ownership facet": Case(told_of_owners, [WILD.fails(BROKEN)], "finance-data"),
    "an open incident upstream": Case(failed_upstream, [REPORT.fails("boom")], "(consequence:"),
    "one that was told": Case(told_of_upstream, [REPORT.fails("boom")], "(consequence:"),
    "one that somebody saw to": Case(seen_to, [REPORT.fails("boom")], "(consequence:"),
    "one that was handed over": Case(handed_over, [REPORT.fails("boom")], "finance-data"),
    "the end of one": Case(told_of_upstream, [WILD], "nightly passed"),
    "the same again": Case(told_of_upstream, [WILD.fails(BROKEN)], "attached"),
    "a silence": Case(silenced, [WILD.fails(BROKEN)], "silence"),
    "a silence of one incident": Case(silenced_for_one, [REPORT.fails("boom")], "(consequence:"),
    "another name": Case(renamed, [OF_OLD.fails("boom")], "(consequence:"),
    "fewer rows than usual": Case(
        loaded_often, [CLEAN.writes("silver.repairs", rows=3)], "repairs-many"
    ),
    "what came too late": Case(late_for_long, [CLEAN], "repairs-fresh"),
    "what flaps": Case(flapped, [WILD.fails(BROKEN), WILD], "nightly"),
    "a changed input": Case(has_new_fields, [CLEAN.fails("column cost not found")], "without cost"),
    "a changed input that the event does not name": Case(
        has_new_fields_under_another_name,
        [run("wild/reader").fails("column cost not found")],
        "without cost",
    ),
    "a grown input": Case(has_grown, [CLEAN.fails("out of memory")], "900"),
    "a test of a change": Case(broken_in_production, [CHANGE], "[]"),
    "several at once": Case(
        told_of_owners,
        [WILD.fails(BROKEN), REPORT.fails("boom"), CLEAN.fails("division by zero")],
        "finance-data",
    ),
}


@pytest.fixture
def loaded(tmp_path: Path, store_url: str) -> Loaded:
    folder = tmp_path / "config"
    (folder / "products").mkdir(parents=True)
    (folder / "domains.yaml").write_text(DOMAINS)
    (folder / "receivers.yaml").write_text(RECEIVERS)
    (folder / "products" / "repairs.yaml").write_text(REPAIRS)
    (folder / "c.sql").write_text("SELECT 1")
    return load_settings(folder, flags={"database": store_url})


@pytest.fixture
def hub(loaded: Loaded, store: Store) -> Scenario:
    """A hub on the store, on a Monday at half past three."""
    return Scenario(store, load_catalog(loaded), start="2026-11-23 03:30")


def events_of(sent: Sequence[RunScript], at: int) -> list[bytes]:
    return [body for n, each in enumerate(sent, 900) for body in each.events(at, n)]


def explained(loaded: Loaded, bodies: list[bytes], now: int) -> list[Expected]:
    catalog = load_catalog(loaded)
    with rehearse(loaded, bodies, now=now) as rehearsal:
        return [expected_of(rehearsal, key, catalog) for key in rehearsal.incidents]


def asked(loaded: Loaded, hub: Scenario, bodies: list[bytes]) -> list[Expected]:
    """Return what GraphQL says would come of events."""
    catalog = LiveCatalog(loaded)
    sources = Sources(
        database=hub.store.database,
        journal=hub.store.journal,
        lineage=LineageIndex(catalog),
        catalog=catalog,
        clock=hub.clock,
        submit=lambda _command: Answer("REFUSED", 0),
        explain=partial(expected, loaded, catalog=catalog),
    )
    transport = InProcess(GraphQLApp(sources))
    try:
        client = httpx.Client(transport=transport, base_url="http://hub")
        events = [msgspec.json.decode(each) for each in bodies]
        query = {"query": EXPECTED, "variables": {"event": events}}
        answer = client.post("/graphql", json=query).json()
        assert "errors" not in answer, answer
        return msgspec.convert(answer["data"]["explain"], list[Expected])
    finally:
        transport.close()


def contents(store: Store) -> dict[str, list[Any]]:
    """Return all that a store holds."""
    with store.database.read() as connection:
        tables = metadata.sorted_tables
        return {each.name: sorted(map(repr, connection.execute(each.select()))) for each in tables}


def come_of(hub: Scenario, bodies: list[bytes]) -> list[Expected]:
    """Send events, let the first pages leave, and return what has come of it."""
    head = head_of(hub.store)
    hub.append(*bodies)
    hub.pass_until(hub.now + 2 * 60 * SECOND)
    with hub.store.database.read() as connection:
        touched = touched_since(connection, head)
    then = Rehearsal(hub.store, head, touched, None, 0)
    return [expected_of(then, key, hub.catalog) for key in touched]


def head_of(store: Store) -> int:
    with store.database.read() as connection:
        return store.journal.head(connection)


def what_is(found: Expected) -> dict[str, Any]:
    """Return all that is told of an incident, but for the numbers of new ones."""
    told = [(each.receiver, each.reason, each.sent_at) for each in found.notifications]
    holds = [(each.receiver, each.kind, each.until) for each in found.holds]
    came = [(each.at, each.kind, each.message) for each in found.comes_of_it]
    kept = (
        *("failure_class", "state", "owner", "severity", "title", "root", "explanation"),
        *("products", "datasets", "held_back", "changes", "signals", "settles_at"),
    )
    return {name: getattr(found, name) for name in kept} | {
        "told": told,
        "holds": holds,
        "came": came,
        "similar": [(each.title, each.reasons) for each in found.similar],
    }


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_explained_of_events_is_what_comes_of_them(
    case: Case, hub: Scenario, loaded: Loaded
) -> None:
    case.before(hub)
    bodies = events_of(case.sent, hub.now)
    head = head_of(hub.store)

    expected = explained(loaded, bodies, hub.now)

    assert head_of(hub.store) == head
    happened = come_of(hub, bodies)
    assert [what_is(each) for each in expected] == [what_is(each) for each in happened]
    assert case.words in str(expected)


@pytest.mark.parametrize("name", ["an open incident upstream", "a silence", "several at once"])
def test_graphql_explains_events_as_the_command_does_and_writes_nothing(
    name: str, hub: Scenario, loaded: Loaded
) -> None:
    case = CASES[name]
    case.before(hub)
    bodies = events_of(case.sent, hub.now)
    before = contents(hub.store)

    found = asked(loaded, hub, bodies)

    assert found == explained(loaded, bodies, hub.now)
    assert case.words in str(found)
    assert contents(hub.store) == before


def test_the_routes_that_lead_to_who_is_told_are_explained_node_by_node(
    hub: Scenario, loaded: Loaded
) -> None:
    (loaded.folder / "receivers.yaml").write_text(
        RECEIVERS.replace("wait: 2m}", "wait: 2m, repeat: 4h, routes: [\n")
        + "  {match: {owner: fleet-data}, receiver: finance-pager},\n"
        + "  {match: {class: [LOGIC, CONFIG]}, wait: 5m, routes: [\n"
        + '    {matchers: ["namespace=lake"], receiver: platform-pager}]}]}\n'
    )
    [found] = asked(loaded, hub, events_of([WILD.fails(BROKEN)], hub.now))

    [way] = found.routes
    assert [(each.match, each.receiver) for each in way.nodes] == [
        ("for everything", "owner"),
        ("for class LOGIC or CONFIG", "owner"),
        ("for namespace=lake", "platform-pager"),
    ]
    assert [[(label.name, label.value) for label in each.matched] for each in way.nodes] == [
        [],
        [("class", "LOGIC")],
        [("namespace", "lake")],
    ]
    assert (way.receiver, way.wait_seconds, way.repeat_seconds) == ("platform-pager", 300, 14_400)
    [told] = found.notifications
    assert (told.receiver, told.reason, told.sent_at) == (
        "platform-pager",
        "triggered",
        "2026-11-23T03:35:00.000000Z",
    )


LOADS = run("other/load")
MADE_UP = (
    CLEAN,
    WILD,
    REPORT,
    run("wild/reader").reads("wild.old").writes("wild.read"),
    run("far/copy").reads("wild.report", "silver.repairs").writes("far.copy"),
    run("far/copy.again").reads("far.copy").writes("far.again"),
)
MESSAGES = ("column cost not found", "out of memory", BROKEN)


def passed_by_chance(chance: random.Random) -> RunScript:
    """Return a run that brings data of one shape or another, as much as ever or more."""
    script = chance.choice((LOADS, LOADS, *MADE_UP))
    written = [each["name"] for each in script.outputs] or ["bronze.repairs"]
    for name in written:
        script = structs.replace(script, outputs=()).writes(name, rows=chance.choice((9, 10, 900)))
    shape = chance.choice((("id", "cost"), ("id", "price")))
    outputs = tuple(with_fields(each, *shape) for each in script.outputs)
    script = structs.replace(script, outputs=outputs)
    if chance.randrange(4) == 0:
        return owned_by(script, chance.choice(("finance-data", "fleet-data")))
    return script


def failed_by_chance(chance: random.Random) -> RunScript:
    """Return a run that fails, and may name nothing of what it touches."""
    script = chance.choice(MADE_UP)
    if chance.randrange(2):
        script = structs.replace(script, inputs=(), outputs=())
    if chance.randrange(6) == 0:
        return script.aborts()
    return script.fails(chance.choice(MESSAGES))


@pytest.mark.parametrize("seed", range(6))
def test_events_made_up_come_to_what_is_explained_of_them(
    seed: int, hub: Scenario, loaded: Loaded
) -> None:
    chance = random.Random(seed)
    hub.at("08:00", *MADE_UP)
    named = chance.randrange(8)
    for number in range(8):
        for _ in range(chance.randrange(8)):
            hub.pass_until(hub.now + chance.choice((3, 3, 20)) * 60 * SECOND)
            made_up = passed_by_chance if chance.randrange(4) else failed_by_chance
            hub.at(format_instant(hub.now)[:26], made_up(chance))
        if number == named:
            old, new = ("lake", "wild.old"), ("lake", "wild.out")
            hub.submit(ApproveAlias(kind=NodeKind.DATASET, first=old, second=new))
        hub.pass_until(hub.now + 3 * 60 * SECOND)
        made_up = failed_by_chance if chance.randrange(4) else passed_by_chance
        bodies = made_up(chance).events(hub.now, 900_000 + number)

        expected = explained(loaded, bodies, hub.now)

        happened = come_of(hub, bodies)
        assert [what_is(each) for each in expected] == [what_is(each) for each in happened]


def test_what_does_not_hang_together_with_the_events_is_not_looked_at(
    hub: Scenario, loaded: Loaded
) -> None:
    hub.at("04:00", WILD, REPORT, *(run(f"x/{n}").reads(f"x{n}").writes(f"y{n}") for n in range(9)))

    with (
        rehearse(loaded, events_of([WILD.fails(BROKEN)], hub.now), now=hub.now) as rehearsal,
        rehearsal.store.database.read() as connection,
    ):
        names = connection.exec_driver_sql("SELECT name FROM dataset").scalars().all()
        edges = connection.exec_driver_sql("SELECT count(*) FROM edge").scalar_one()
    assert sorted(names) == ["wild.in", "wild.out", "wild.report"]
    assert edges == 4


def test_of_a_job_that_runs_often_few_runs_are_looked_at(hub: Scenario, loaded: Loaded) -> None:
    hub.at("04:00", WILD)
    hub.append(*(body for n in range(1, 300) for body in WILD.events(hub.now + n * SECOND, n)))
    hub.at("05:00", WILD.fails(BROKEN))

    with (
        rehearse(loaded, events_of([REPORT], hub.now), now=hub.now) as rehearsal,
        rehearsal.store.database.read() as connection,
    ):
        runs = connection.exec_driver_sql("SELECT count(*) FROM run").scalar_one()
    assert runs <= 100


def test_what_the_hub_has_not_judged_yet_is_left_out_and_counted(
    hub: Scenario, loaded: Loaded
) -> None:
    hub.at("04:00", WILD, REPORT)
    hub.append(*WILD.fails(BROKEN).events(hub.now, 700))

    with rehearse(loaded, events_of([REPORT.fails("boom")], hub.now), now=hub.now) as rehearsal:
        assert rehearsal.unjudged == 2
        [found] = [expected_of(rehearsal, key, hub.catalog) for key in rehearsal.incidents]
    assert found.is_new
    assert [each.role for each in found.signals] == ["ROOT"]


def test_runs_of_others_are_not_looked_at(hub: Scenario, loaded: Loaded) -> None:
    hub.at("04:00", WILD, *(run(f"other/{n}").writes(f"other.{n}") for n in range(9)))

    with (
        rehearse(loaded, events_of([WILD.fails(BROKEN)], hub.now), now=hub.now) as rehearsal,
        rehearsal.store.database.read() as connection,
    ):
        assert connection.exec_driver_sql("SELECT count(*) FROM run").scalar_one() == 2


def test_an_incident_that_is_there_is_explained_with_what_would_be_new(
    hub: Scenario,
    loaded: Loaded,
    store_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("hub.telemetry.configure_logging", lambda: None)
    told_of_upstream(hub)
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(events_of([REPORT.fails("boom")], hub.now)))
    options = ["--database", store_url, "--config", str(loaded.folder)]
    at = format_instant(hub.now)

    assert run_to_exit(lambda: root(["explain", "--event", str(file), "--at", at, *options])) == 0

    shown = capsys.readouterr().out
    assert "what the store knows of what the events name" in shown
    assert f"{the_open_one(hub)}: nightly failed" in shown
    assert "comes of it    this incident, which is there already" in shown
    assert "report failed: boom (consequence:" in shown
    assert "who was told   nobody" in shown


def test_where_there_is_no_store_none_is_made(loaded: Loaded, tmp_path: Path) -> None:
    settings = structs.replace(loaded.settings, database=f"sqlite:///{tmp_path}/away/hub.db")
    elsewhere = structs.replace(loaded, settings=settings)

    with rehearse(elsewhere, events_of([WILD.fails(BROKEN)], 1), now=1) as rehearsal:
        assert rehearsal.incidents
        assert rehearsal.origin is None

    assert not (tmp_path / "away").exists()


def test_what_was_inferred_by_the_rules_in_force_is_not_lost(hub: Scenario, loaded: Loaded) -> None:
    rule = "{rule: one-database, namespaces: postgresql://db, namespace: postgres://db}"
    (loaded.folder / "names.yaml").write_text(f"rules: [{rule}]")
    hub.catalog = load_catalog(loaded)
    family = run("flows/nightly", "00000000-0000-4000-8000-000000000001")
    load = run("flows/nightly.load").writes("postgres://db:shop.raw.orders").inside(family)
    sql = {"sql": {"query": "insert into mart.days select * from raw.orders"}}
    copy = structs.replace(run("flows/nightly.copy").inside(family), job_facets=sql)
    hub.at("04:00", load, copy)
    host = Host.load()
    run_until_idle(
        [
            Infer(
                hub.store,
                host.names(Kind.SQL_READER),
                lambda name: host.sql_reader(name).api,
                clock=hub.clock,
                catalog=lambda: hub.catalog,
            )
        ]
    )
    hub.at("04:10", load.fails(BROKEN))
    bodies = events_of([copy.fails("boom")], hub.now)

    expected = explained(loaded, bodies, hub.now)

    happened = come_of(hub, bodies)
    assert [what_is(each) for each in expected] == [what_is(each) for each in happened]
    assert "(consequence:" in str(expected)
