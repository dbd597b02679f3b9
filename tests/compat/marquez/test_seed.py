"""Marquez's own example, posted as its seed command posts it."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from tests.served.hubs import served


def test_the_food_delivery_seed_is_taken_and_has_its_lineage(
    shared_data: Path, tmp_path: Path
) -> None:
    seed = json.loads((shared_data / "openlineage/marquez_seed_food_delivery.json").read_text())
    with served(tmp_path) as (url, _), httpx.Client(base_url=f"{url}/api/v1") as client:
        answers = [client.post("/lineage", json=event) for event in seed]
        assert [answer.status_code for answer in answers] == [201] * 26
        assert all(answer.content == b"" for answer in answers)
        client.headers["Hub-After-Position"] = answers[-1].headers["hub-position"]
        jobs = client.get("/namespaces/food_delivery/jobs").json()
        assert jobs["totalCount"] == 13
        assert {job["latestRun"]["state"] for job in jobs["jobs"]} == {"COMPLETED"}
        node = "dataset:food_delivery:public.delivery_7_days"
        graph = client.get("/lineage", params={"nodeId": node}).json()["graph"]
        kinds = [each["type"] for each in graph]
        assert (kinds.count("JOB"), kinds.count("DATASET")) == (13, 13)
        columns = client.get("/column-lineage", params={"nodeId": node, "depth": 1}).json()
        assert len(columns["graph"]) > 20
