"""A job that goes by another name is found there, with the runs of both."""

from __future__ import annotations

from hub.domain.commands import ApproveAlias, entry_of
from hub.domain.names import DatasetName, JobName, NodeKind
from hub.testing.builders import dataset, run_event
from tests.api.marquez.conftest import Surface

OLD, NEW = JobName("etl", "load"), JobName("etl", "load/v2")
A, B, C = (DatasetName("s", name) for name in "abc")
SECOND = 1_000_000


async def joined(
    surface: Surface, kind: NodeKind, first: tuple[str, str], second: tuple[str, str]
) -> None:
    command = ApproveAlias(kind=kind, first=first, second=second)
    surface.store.journal.append([entry_of(command)], recorded_at=0)
    surface.settle()


async def test_who_asks_for_an_alias_of_a_job_is_sent_to_the_job(surface: Surface) -> None:
    await surface.send(
        run_event(OLD, "1", at=SECOND, inputs=[A], outputs=[B]),
        run_event(NEW, "2", at=2 * SECOND, inputs=[A], outputs=[C]),
    )
    await joined(surface, NodeKind.JOB, OLD, NEW)
    for path in ("", "/runs", "/versions"):
        answer = await surface.http.get(f"/namespaces/etl/jobs/load{path}", params={"limit": 7})
        assert answer.status_code == 301
        place = f"/api/v1/namespaces/etl/jobs/load%2Fv2{path}?limit=7"
        assert answer.headers["Location"] == place
    runs = await surface.get("/namespaces/etl/jobs/load%2Fv2/runs")
    assert ([run["id"] for run in runs["runs"]], runs["totalCount"]) == (["2", "1"], 2)
    job = await surface.get("/namespaces/etl/jobs/load%2Fv2")
    assert [run["id"] for run in job["latestRuns"]] == ["2", "1"]
    assert [each["name"] for each in job["outputs"]] == ["b", "c"]


async def test_a_graph_has_one_node_for_all_names_of_a_thing_called_as_it_was_asked_for(
    surface: Surface,
) -> None:
    await surface.send(
        run_event(OLD, "1", at=SECOND, inputs=[A], outputs=[B]),
        run_event(NEW, "2", at=2 * SECOND, inputs=[C]),
    )
    await joined(surface, NodeKind.DATASET, B, C)
    await joined(surface, NodeKind.JOB, OLD, NEW)
    for asked, name, other in (
        ("dataset:s:b", "dataset:s:b", "job:etl:load/v2"),
        ("dataset:s:c", "dataset:s:c", "job:etl:load/v2"),
        ("job:etl:load", "dataset:s:c", "job:etl:load"),
    ):
        graph = (await surface.get("/lineage", nodeId=asked))["graph"]
        nodes = {node["id"]: node for node in graph}
        assert [*nodes] == ["dataset:s:a", name, other]
        assert nodes[asked]["data"]["name"] == asked.rpartition(":")[2]
        assert nodes[asked]["data"]["id"]["name"] == asked.rpartition(":")[2]
        ends = {end for node in graph for edge in node["inEdges"] for end in edge.values()}
        assert ends == {*nodes}


async def test_a_graph_is_found_by_the_name_that_a_symlink_gives(surface: Surface) -> None:
    path = DatasetName("s3://lake", "tables/b")
    link = {"identifiers": [{"namespace": C.namespace, "name": C.name, "type": "TABLE"}]}
    await surface.send(
        run_event(OLD, "1", at=SECOND, inputs=[A], outputs=[dataset(path, symlinks=link)]),
        run_event(NEW, "2", at=2 * SECOND, inputs=[C]),
    )
    for asked in ("dataset:s:c", "dataset:s3://lake:tables/b"):
        graph = (await surface.get("/lineage", nodeId=asked))["graph"]
        assert {node["id"] for node in graph} == {
            *("dataset:s:a", asked, "job:etl:load", "job:etl:load/v2")
        }


async def test_a_dataset_is_found_by_a_name_that_only_a_symlink_gives(surface: Surface) -> None:
    link = {"identifiers": [{"namespace": "catalog", "name": "shop.b", "type": "TABLE"}]}
    linked = dataset(B, symlinks=link)
    await surface.send(run_event(OLD, "1", at=SECOND, inputs=[A], outputs=[linked]))
    path = "/namespaces/catalog/datasets/shop.b"
    assert await surface.get(path) == await surface.get("/namespaces/s/datasets/b")
    assert (await surface.get(f"{path}/versions"))["totalCount"] == 1
    nodes = (await surface.get("/lineage", nodeId="dataset:catalog:shop.b"))["graph"]
    assert "dataset:catalog:shop.b" in [node["id"] for node in nodes]
    await surface.ask("DELETE", "/namespaces/s/datasets/b")
    await surface.get(path, status=404)
