"""A job that goes by another name is found there, with the runs of both."""

from __future__ import annotations

from hub.domain.commands import ApproveAlias, entry_of
from hub.domain.names import DatasetName, JobName, NodeKind
from hub.testing.builders import run_event
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


async def test_a_graph_has_one_node_for_all_names_of_a_thing(surface: Surface) -> None:
    await surface.send(
        run_event(OLD, "1", at=SECOND, inputs=[A], outputs=[B]),
        run_event(NEW, "2", at=2 * SECOND, inputs=[C]),
    )
    await joined(surface, NodeKind.DATASET, B, C)
    for asked in ("b", "c"):
        graph = (await surface.get("/lineage", nodeId=f"dataset:s:{asked}"))["graph"]
        assert [node["id"] for node in graph] == [
            "dataset:s:a",
            "dataset:s:c",
            "job:etl:load",
            "job:etl:load/v2",
        ]
