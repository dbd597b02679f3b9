"""Lineage that products and contracts declare, beside what runs show of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from hub.app.clock import now
from hub.app.hub import Hub, settle
from hub.app.hub_api import InProcess
from hub.app.serving import endpoints
from hub.domain.entries import EntryKind
from hub.domain.instants import format_instant
from hub.domain.names import DatasetName, JobName, dataset_id, job_id
from hub.flow.project import rebuild, verify
from hub.settings import Loaded, load_settings
from hub.settings.locations import contracts_folder
from hub.testing.builders import run_event
from tests.runtime.conftest import Command
from tests.small_world import declaration_event

SECOND = 1_000_000
RAW, CLEAN, DEPOTS, MAIL = (
    *(DatasetName("lake", name) for name in ("bronze.scans", "silver.scans", "bronze.depots")),
    DatasetName("postgres://crm", "mail.letters"),
)
SCAN, CLEANING = JobName("rail", "scans.scan_files"), JobName("rail", "scans.clean")
CLEAN_STEP = """
  - {step: clean, transform: duckdb, sql: select 1, reads: [bronze.scans], writes: silver.scans}
"""
MAIL_PRODUCT = """
product: mail
domain: rail
datasets:
  - {namespace: "postgres://crm", name: mail.letters, contract: letters}
"""
LETTERS = """
apiVersion: v3.1.0
kind: DataContract
id: letters
version: 1.0.0
status: active
schema:
  - name: letters
    physicalName: mail.letters
    properties:
      - {name: id, logicalType: integer, transformSourceObjects: [silver.scans, nobody.knows]}
      - name: to
        logicalType: object
        properties:
          - {name: depot, logicalType: string, transformSourceObjects: ["lake:silver.scans"]}
"""
READS, WRITES, MADE = (
    (dataset_id(RAW), job_id(CLEANING)),
    (job_id(CLEANING), dataset_id(CLEAN)),
    (job_id(SCAN), dataset_id(RAW)),
)


class World:
    """A hub over a folder of files, on a clock that is moved."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.product = folder / "products" / "scans.yaml"
        self.before = self.product.read_text()
        self.now = now()
        self.hub = Hub(loaded_of(folder, url), clock=lambda: self.now)
        self.transport = InProcess(endpoints(self.hub))
        self._client = httpx.Client(transport=self.transport, base_url="http://localhost")

    def declare(self, product: str | None = None) -> int:
        """Read the files again, one of them with other words; return the instant after."""
        if product is not None:
            self.product.write_text(product)
        self.now += SECOND
        self.hub.catalog.reload()
        assert self.hub.catalog.refusal is None
        self.hub.note_files()
        settle(self.hub)
        self.now += SECOND
        return self.now

    def tell(self, event: bytes) -> None:
        self.now += SECOND
        self.hub.store.journal.append([self.hub.reader.read(event)], recorded_at=self.now)
        settle(self.hub)

    def edges(self, of: DatasetName = RAW, **moments: int) -> dict[tuple[str, str], str]:
        """Return the origin of every edge around a dataset."""
        then = "".join(f', {name}: "{format_instant(at)}"' for name, at in moments.items())
        asked = (
            f'{{ lineage(node: "{dataset_id(of)}"{then}) {{ edges {{ source target origin }} }} }}'
        )
        answer = self._client.post("/graphql", json={"query": asked}).json()
        found = answer["data"]["lineage"] or {"edges": []}
        return {(each["source"], each["target"]): each["origin"] for each in found["edges"]}

    @property
    def events(self) -> list[dict[str, Any]]:
        """Everything that the journal has been told in events."""
        with self.hub.store.database.read() as connection:
            entries = self.hub.store.journal.read(connection, after=0, limit=100_000)
        return [json.loads(each.body) for each in entries if each.kind is EntryKind.EVENT]


def loaded_of(folder: Path, url: str) -> Loaded:
    return load_settings(folder, flags={"database": url})


@contextmanager
def world_of(folder: Path, url: str) -> Iterator[World]:
    world = World(folder, url)
    try:
        yield world
    finally:
        world.transport.close()
        world.hub.stop()


@pytest.fixture
def world(folder: Path, store_url: str) -> Iterator[World]:
    with world_of(folder, store_url) as made:
        yield made


def test_steps_are_edges_before_they_ever_run_and_go_with_their_files(world: World) -> None:
    early = world.now
    declared = world.declare(world.before + CLEAN_STEP)
    all_declared = dict.fromkeys((READS, WRITES, MADE), "DECLARED")
    assert world.edges() == all_declared
    withdrawn = world.declare(world.before)
    assert world.edges() == world.edges(asOf=withdrawn) == {MADE: "DECLARED"}
    assert world.edges(asOf=early) == world.edges(knownAt=early) == {}
    assert world.edges(asOf=declared) == world.edges(knownAt=declared) == all_declared
    assert world.edges(knownAt=withdrawn) == {MADE: "DECLARED"}
    world.declare(world.before + CLEAN_STEP)
    assert world.edges() == all_declared
    assert world.edges(asOf=withdrawn) == {MADE: "DECLARED"}


def test_what_a_run_shows_is_observed_and_outlives_its_declaration(world: World) -> None:
    declared = world.declare(world.before + CLEAN_STEP)
    ran = run_event(CLEANING, "1", at=world.now, inputs=[RAW], outputs=[CLEAN])
    world.tell(ran)
    seen = {READS: "OBSERVED", WRITES: "OBSERVED", MADE: "DECLARED"}
    assert world.edges() == seen
    assert set(world.edges(knownAt=declared).values()) == {"DECLARED"}
    world.declare(world.before)
    assert world.edges() == seen


def test_a_step_that_reads_something_else_now_reads_nothing_of_before(world: World) -> None:
    world.declare(world.before + CLEAN_STEP)
    other = CLEAN_STEP.replace("reads: [bronze.scans]", "reads: [bronze.depots]")
    depots = "\n  - {step: depots, lane: files, source: scanners, writes: bronze.depots}"
    world.declare(world.before.rstrip() + depots + other)
    assert world.edges() == {MADE: "DECLARED"}
    assert (dataset_id(DEPOTS), job_id(CLEANING)) in world.edges(DEPOTS)
    nothing = CLEAN_STEP.replace("reads: [bronze.scans], ", "")
    world.declare(world.before + nothing)
    assert world.edges(CLEAN) == {WRITES: "DECLARED"}


def test_what_a_contract_says_that_fields_come_from_is_declared(world: World) -> None:
    (world.folder / "products" / "mail.yaml").write_text(MAIL_PRODUCT)
    contract = world.folder / "contracts" / "letters.odcs.yaml"
    contract.write_text(LETTERS)
    world.declare(world.before + CLEAN_STEP)
    job = job_id(MAIL)
    found = {(dataset_id(CLEAN), job): "DECLARED", (job, dataset_id(MAIL)): "DECLARED"}
    assert {key: origin for key, origin in world.edges(MAIL).items() if job in key} == found
    contract.write_text(LETTERS.replace("transformSourceObjects", "tags"))
    world.declare()
    assert world.edges(MAIL) == {}


def test_files_and_an_orchestrator_that_declare_one_job_both_hold(world: World) -> None:
    def told(*inputs: DatasetName) -> bytes:
        world.now += SECOND
        return declaration_event(
            CLEANING, world.now, inputs, producer="https://orchestrator.example", is_whole=True
        )

    other = (dataset_id(DEPOTS), job_id(CLEANING))
    world.tell(told(DEPOTS))
    both = world.declare(world.before + CLEAN_STEP)
    assert {*world.edges(CLEAN)} == {READS, WRITES, MADE, other}
    world.tell(told(DEPOTS, RAW))
    world.declare(world.before)
    assert world.edges() == dict.fromkeys((READS, MADE), "DECLARED")
    world.tell(told())
    assert world.edges() == {MADE: "DECLARED"}
    assert {*world.edges(CLEAN, asOf=both)} == {READS, WRITES, MADE, other}
    assert {*world.edges(CLEAN, knownAt=both)} == {READS, WRITES, MADE, other}
    assert verify(world.hub.store) == []


def test_files_that_say_the_same_tell_the_journal_nothing(folder: Path, store_url: str) -> None:
    with world_of(folder, store_url) as world:
        world.declare(world.before + CLEAN_STEP)
        told = world.events
        world.declare(world.before + CLEAN_STEP + "# no change")
        assert world.events == told
    with world_of(folder, store_url) as world:
        world.declare()
        assert world.events == told
        world.declare(world.before.split("\n  - step:")[0].replace("steps:", ""))
        assert len(world.events) == len(told) + 2


def test_a_clock_that_stands_still_leaves_what_was_declared_last(world: World) -> None:
    world.now -= SECOND
    for product in (world.before + CLEAN_STEP, world.before, world.before + CLEAN_STEP):
        world.declare(product)
        world.now -= 2 * SECOND
    assert READS in world.edges()
    for product in (world.before, world.before + CLEAN_STEP, world.before):
        world.declare(product)
        world.now -= 2 * SECOND
    assert READS not in world.edges()


def test_a_rebuild_makes_what_was_declared_and_withdrawn(world: World) -> None:
    declared = world.declare(world.before + CLEAN_STEP)
    world.declare(world.before)
    store, live = world.hub.store, (world.edges(), world.edges(knownAt=declared))
    assert verify(store) == []
    rebuild(store)
    assert (world.edges(), world.edges(knownAt=declared)) == live


def test_thousands_of_steps_are_declared_at_once_and_withdrawn(world: World) -> None:
    steps = "".join(
        f"  - {{step: s{n}, transform: duckdb, sql: select 1, reads: [bronze.scans],"
        f" writes: silver.s{n}}}\n"
        for n in range(2_000)
    )
    world.declare(world.before + steps)
    assert len(world.events) == 2_001
    world.declare(world.before)
    assert world.edges() == {MADE: "DECLARED"}


def test_a_declaration_keeps_its_published_schema(world: World) -> None:
    world.declare()
    name = "HubDeclarationJobFacet"
    document = json.loads((contracts_folder() / "facets" / f"{name}.json").read_text())
    [event] = world.events
    facet = event["job"]["facets"]["hub_declaration"]
    assert facet["_schemaURL"] == document["$id"]
    own = document["$defs"][name]["allOf"][1]
    jsonschema_rs.validate(own, facet)
    assert set(facet) - {"_producer", "_schemaURL"} == set(own["properties"])


def test_commands_without_a_server_declare_the_same_on_the_job_that_runs(
    hub: Command, folder: Path, sqlite_url: str, tmp_path: Path
) -> None:
    product = folder / "products" / "scans.yaml"
    product.write_text(product.read_text() + CLEAN_STEP)
    (tmp_path / "none.ndjson").write_bytes(
        run_event(JobName("other", "job"), "1", at=now(), outputs=[MAIL]) + b"\n"
    )
    assert hub("ingest", str(tmp_path / "none.ndjson")) == 0
    with world_of(folder, sqlite_url) as world:
        assert world.edges() == dict.fromkeys((READS, WRITES, MADE), "DECLARED")
        told = world.events
        world.declare()
        assert world.events == told
    product.write_text(product.read_text().replace(CLEAN_STEP, ""))
    assert hub("run", "scans") == 0
    with world_of(folder, sqlite_url) as world:
        source = (dataset_id(("scanners", "landing/*.csv")), job_id(SCAN))
        assert world.edges() == dict.fromkeys((source, MADE), "OBSERVED")


def test_commands_without_files_withdraw_nothing(
    hub: Command, folder: Path, sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "one.ndjson").write_bytes(
        run_event(JobName("other", "job"), "1", at=now(), outputs=[MAIL]) + b"\n"
    )
    assert hub("ingest", str(tmp_path / "one.ndjson")) == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with world_of(folder, sqlite_url) as world:
        told = world.events
        without = Hub(loaded_of(elsewhere, sqlite_url))
        without.declare_files()
        without.stop()
        assert world.events == told
