"""Who depends on a dataset or a field, and whom one has to tell."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.catalog import Catalog
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.incidents.decisions import LineageInferred, encode_decision
from hub.domain.lineage.inference import Inference
from hub.domain.names import (
    DatasetName,
    JobName,
    NodeKind,
    RunName,
    dataset_id,
    job_id,
    parse_node_id,
    run_id,
)
from hub.flow.project import project_all
from hub.graph.closure import Direction, Extent, find_closure
from hub.graph.index import LineageIndex
from hub.queries.lineage_impact import find_impact
from hub.queries.moments import Moment
from hub.store.opening import Store
from hub.testing.builders import dataset, run_event
from tests import small_world
from tests.api.graphql.conftest import Client
from tests.api.lineage.mesh import (
    BRONZE,
    CLEAN,
    EXPORT,
    RANK,
    RANKING,
    REPORT,
    REVENUE,
    SECOND,
    SILVER,
    SUM,
    at,
    run,
)
from tests.producers.telling import ORDERS, Order, Told
from tests.producers.telling import run_event as plain_event

CONSUMERS = """truncated hidden consumers { id kind name hops owners owner { name } domain { name }
    lastReadAt lastReadBy { id } jobs { id hops } datasets { id hops } fields { id hops } }"""


async def impact(hub: Told, node: str, more: str = "", asked: str = CONSUMERS) -> Any:  # noqa: ANN401 - as GraphQL gives it
    return await hub.ask(f'impact(node: "{node}"{more}) {{ {asked} }}')


def by_id(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {consumer["id"]: consumer for consumer in found["consumers"]}


async def test_consumers_are_products_or_else_namespaces_the_nearest_first(mesh: Told) -> None:
    found = await impact(mesh, dataset_id(SILVER))
    ids = [consumer["id"] for consumer in found["consumers"]]
    assert ids == ["product:ranking", "product:revenue", "namespace:cron", "namespace:x"]
    revenue = by_id(found)["product:revenue"]
    assert revenue == {
        "id": "product:revenue",
        "kind": "PRODUCT",
        "name": "revenue",
        "hops": 1,
        "owners": ["bankers"],
        "owner": {"name": "bankers"},
        "domain": {"name": "money"},
        "lastReadAt": at(3),
        "lastReadBy": {"id": run_id(RunName(SUM, "3"))},
        "jobs": [{"id": job_id(SUM), "hops": 1}],
        "datasets": [{"id": dataset_id(REVENUE), "hops": 1}],
        "fields": [],
    }
    assert by_id(found)["product:ranking"]["owner"] == {"name": "rankers"}
    assert (found["truncated"], found["hidden"]) == (False, 0)


async def test_what_nobody_has_declared_is_owned_by_whom_producers_name(mesh: Told) -> None:
    mesh.tell(run(EXPORT, 9, owners=("desk", "audit")))
    asked = "consumers { id owner { name } owners datasets { owners } }"
    report = by_id(await impact(mesh, dataset_id(REVENUE), asked=asked))["namespace:x"]
    assert report["owner"] is None
    assert report["owners"] == ["audit", "desk"]
    assert report["datasets"] == [{"owners": ["audit", "desk"]}]


async def test_a_domain_stands_for_what_belongs_to_none_of_its_products(mesh: Told) -> None:
    adhoc = JobName("money", "adhoc")
    made = DatasetName("elsewhere", "sheet")
    mesh.tell(run_event(adhoc, "1", at=9 * SECOND, inputs=[REVENUE], outputs=[made]))
    found = by_id(await impact(mesh, dataset_id(REVENUE)))
    assert found["domain:money"]["jobs"] == [{"id": job_id(adhoc), "hops": 1}]
    assert found["domain:money"]["owners"] == ["bankers"]
    assert found["namespace:elsewhere"]["datasets"] == [{"id": dataset_id(made), "hops": 1}]


async def test_a_field_is_followed_to_fields_with_the_jobs_that_make_them(mesh: Told) -> None:
    node = "field:lake:silver.trips:fare"
    found = by_id(await impact(mesh, node))
    assert found["product:revenue"]["fields"] == [{"id": "field:lake:gold.revenue:fare", "hops": 1}]
    assert found["product:revenue"]["jobs"] == [{"id": job_id(SUM), "hops": 1}]
    assert found["product:revenue"]["datasets"] == [{"id": dataset_id(REVENUE), "hops": 1}]
    assert found["namespace:cron"]["jobs"] == [{"id": job_id(EXPORT), "hops": 2}]
    assert found["namespace:cron"]["lastReadBy"] == {"id": run_id(RunName(EXPORT, "5"))}
    assert "product:trips" not in found


async def test_the_fields_of_a_dataset_are_followed_when_asked_for(mesh: Told) -> None:
    found = by_id(await impact(mesh, dataset_id(SILVER), ", level: FIELD"))
    assert found["product:ranking"]["fields"] == [{"id": "field:lake:gold.ranking:fare", "hops": 1}]


async def test_the_last_read_is_by_the_last_run_that_reads_any_of_it(mesh: Told) -> None:
    mesh.tell(run(SUM, 20))
    # A later run of the same job that says nothing of what it reads.
    mesh.tell(run_event(SUM, "30", at=30 * SECOND, outputs=[REVENUE]))
    found = by_id(await impact(mesh, dataset_id(SILVER)))["product:revenue"]
    assert found["lastReadAt"] == at(20)
    assert found["lastReadBy"] == {"id": run_id(RunName(SUM, "20"))}


async def test_a_read_was_known_as_far_as_its_run_had_been_told_of(mesh: Told) -> None:
    for kind, seconds in (("START", 20), ("COMPLETE", 40)):
        event = run_event(SUM, "20", event_type=kind, at=seconds * SECOND, inputs=[SILVER])
        mesh.tell(event, at=5 * seconds * SECOND)
    for known, read in ((150, 20), (200, 40)):
        found = by_id(await impact(mesh, dataset_id(SILVER), f', knownAt: "{at(known)}"'))
        assert found["product:revenue"]["lastReadAt"] == at(read)


async def test_what_was_true_and_what_was_known_at_a_time_can_be_asked(mesh: Told) -> None:
    mesh.tell(run(SUM, 20), at=100 * SECOND)
    then = by_id(await impact(mesh, dataset_id(SILVER), f', asOf: "{at(10)}"'))
    assert then["product:revenue"]["lastReadAt"] == at(3)
    known = by_id(await impact(mesh, dataset_id(SILVER), f', knownAt: "{at(99)}"'))
    assert known["product:revenue"]["lastReadAt"] == at(3)
    before = await impact(mesh, dataset_id(SILVER), f', asOf: "{at(3)}"')
    assert [each["id"] for each in before["consumers"]] == ["product:revenue"]
    assert await impact(mesh, dataset_id(SILVER), ', knownAt: "1970-01-01T00:00:00Z"') is None


async def test_what_depth_and_limit_leave_out_is_counted(sqlite_mesh: Told) -> None:
    near = await impact(sqlite_mesh, dataset_id(BRONZE), ", depth: 1")
    assert [each["id"] for each in near["consumers"]] == ["product:trips"]
    assert (near["truncated"], near["hidden"]) == (True, 4)
    few = await impact(sqlite_mesh, dataset_id(BRONZE), ", limit: 3")
    assert [each["jobs"] for each in few["consumers"]] == [[{"id": job_id(CLEAN), "hops": 1}]]
    assert few["truncated"]


async def test_each_node_names_its_owners_and_its_last_read(sqlite_mesh: Told) -> None:
    sqlite_mesh.tell(run(RANK, 9, owners=("desk",)))
    asked = """consumers { id datasets { id kind namespace name field owners lastReadAt
        lastReadBy { runId } dataset { id } job { id } }
        jobs { id job { name } dataset { id } } }"""
    found = by_id(await impact(sqlite_mesh, dataset_id(SILVER), asked=asked))["product:ranking"]
    assert found["datasets"] == [
        {
            "id": dataset_id(RANKING),
            "kind": "DATASET",
            "namespace": "lake",
            "name": "gold.ranking",
            "field": None,
            "owners": ["desk"],
            "lastReadAt": at(9),
            "lastReadBy": {"runId": "9"},
            "dataset": {"id": dataset_id(RANKING)},
            "job": None,
        }
    ]
    assert found["jobs"] == [{"id": job_id(RANK), "job": {"name": RANK.name}, "dataset": None}]


@pytest.mark.parametrize("order", ORDERS)
async def test_of_reads_at_one_instant_the_last_does_not_depend_on_which_came_first(
    order: Order, sqlite_store: Store
) -> None:
    hub = Told(sqlite_store, order=order)
    read = [(JobName("s", name), f"{n}") for name in ("one", "two") for n in (1, 2)]
    inputs = [dataset(DatasetName("s", "a"))]
    hub.tell(*(run_event(job, n, at=SECOND, inputs=inputs) for job, n in read))

    asked = "consumers { lastReadBy { id } jobs { name lastReadBy { id } } }"
    [found] = (await impact(hub, "dataset:s:a", asked=asked))["consumers"]

    assert found["lastReadBy"] == {"id": "run:s:two:2"}
    assert [each["lastReadBy"]["id"] for each in found["jobs"]] == ["run:s:one:2", "run:s:two:2"]


async def test_nobody_depends_on_what_is_read_by_nobody(sqlite_mesh: Told) -> None:
    assert (await impact(sqlite_mesh, dataset_id(REPORT)))["consumers"] == []
    assert await impact(sqlite_mesh, "dataset:no:where") is None


@pytest.mark.parametrize(
    "asked",
    [
        'node: "run:a:b:c"',
        f'node: "{job_id(SUM)}", level: FIELD',
        f'node: "{dataset_id(SILVER)}", depth: -1',
        f'node: "{dataset_id(SILVER)}", limit: 0',
        'node: "field:lake:silver.trips:fare", level: DATASET',
    ],
)
async def test_a_question_without_sense_is_refused(asked: str, sqlite_mesh: Told) -> None:
    client = Client(sqlite_mesh.store, sqlite_mesh.catalog)
    [error] = await client.errors(f"{{ impact({asked}) {{ hidden }} }}")
    assert error["extensions"]["code"] == "INVALID_INPUT"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(told=small_world.blocks(), as_of=st.none() | st.integers(0, 10))
def test_consumers_share_out_what_is_downstream_and_last_readings_are_their_runs(
    sqlite_url: str, told: list[list[bytes]], as_of: int | None
) -> None:
    start = parse_node_id("dataset:s:a")
    extent = Extent(direction=Direction.DOWNSTREAM, as_of=as_of and as_of * SECOND)
    with small_world.copied(sqlite_url) as store:
        for block in told:
            small_world.append(store, *block)
        project_all(store)
        with store.database.read() as connection:
            index = LineageIndex()
            moment = Moment(extent.as_of)
            found = find_impact(connection, index, Catalog(), start, extent, moment)
            closure = find_closure(connection, index, start, extent)
            runs = connection.exec_driver_sql(_READS).all()
    assert (found is None) == (closure is None)
    if found is None or closure is None:
        return
    affected = [each for consumer in found.consumers for each in consumer.affected]
    assert sorted((each.id, each.hops) for each in affected) == sorted(
        (node.id, node.hops) for node in closure.nodes if node.hops
    )
    around = {node.id.parts for node in closure.nodes if node.id.kind is NodeKind.DATASET}
    for consumer in found.consumers:
        assert {each.id.parts[0] for each in consumer.affected} == {consumer.id.parts[0]}
        for each in consumer.affected:
            if each.id.kind is NodeKind.JOB:
                own = [
                    (anchor, told_id, key)
                    for job, anchor, told_id, key, first, namespace, name in runs
                    if job == each.id.parts[1]
                    and (namespace, name) in around
                    and (extent.as_of is None or first <= extent.as_of)
                ]
                last = max(own, default=None)
                assert (each.last_read and each.last_read.run_id) == (last and last[2])


_READS = """
SELECT j.name, r.anchor_at, r.run_id, r.id, min(e.event_time), n.name, d.name
FROM run r
JOIN job j ON j.id = r.job_id
JOIN run_event e ON e.run_id = r.id
JOIN io_set_member m ON m.set_id = r.input_set_id
JOIN dataset d ON d.id = m.member_id
JOIN namespace n ON n.id = d.namespace_id
GROUP BY j.name, r.anchor_at, r.run_id, r.id, n.name, d.name
"""


async def test_a_dependant_is_as_sure_as_the_surest_way_to_it(sqlite_store: Store) -> None:
    hub = Told(sqlite_store)
    hub.tell(plain_event(job="seen", inputs=["a"], outputs=["b"]))
    declared = plain_event(job="declared", inputs=["b"], outputs=["c"])
    for part in ("run", "eventType", "schemaURL"):
        del declared[part]
    hub.tell(declared)
    facet = {"sql": {"query": "INSERT INTO p.d SELECT * FROM p.a", "dialect": "duckdb"}}
    hub.tell(plain_event(job="guessed", job_facets=facet))
    said = Inference(
        event_time=1,
        inputs=(DatasetName("n", "a"),),
        outputs=(DatasetName("n", "d"), DatasetName("n", "b")),
        fields=(),
        reader="some",
        confidence=0.6,
    )
    decision = LineageInferred(at=1, job=JobName("n", "guessed"), said=(said,))
    entry = NewEntry(EntryKind.DECISION, encode_decision(decision))
    hub.store.journal.append([entry], recorded_at=9)
    project_all(hub.store)

    [consumer] = (
        await impact(hub, "dataset:n:a", asked="consumers { datasets { id origin confidence } }")
    )["consumers"]

    sureties = {each["id"]: (each["origin"], each["confidence"]) for each in consumer["datasets"]}
    assert sureties == {
        "dataset:n:b": ("OBSERVED", None),
        "dataset:n:c": ("DECLARED", None),
        "dataset:n:d": ("INFERRED", 0.6),
    }
