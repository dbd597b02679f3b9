"""A real ``dbt-ol build``, pointed at a running hub; its lineage is read back over GraphQL."""

from __future__ import annotations

from pathlib import Path
from tempfile import gettempdir
from typing import TypeAlias

import httpx
import pytest

from tests.corpus.producers.dbt import run_live
from tests.served.hubs import served

Data: TypeAlias = dict[str, dict[str, list[dict[str, str]]]]

QUERY = """query($node: ID!) {
  lineage(node: $node, direction: UPSTREAM, depth: 5) {
    nodes { id kind name } edges { source target }
  }
}"""


@pytest.mark.needs("dbt")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("structured", [False, True], ids=["after the run", "structured logs"])
def test_the_lineage_of_a_dbt_build_is_read_back(tmp_path: Path, *, structured: bool) -> None:
    environment = run_live.create_environment(Path(gettempdir()) / "hub-tests-dbt")
    with served(tmp_path) as (url, _process):
        built = run_live.run_build(
            environment, tmp_path / "shop", url, structured=structured, day="green"
        )
        assert built.returncode == 0, built.stdout
        datasets = ask(url, "{ datasets(first: 100) { nodes { id name } } }")["datasets"]["nodes"]
        [facts] = [each["id"] for each in datasets if each["name"].endswith(".parcel_facts")]
        lineage = ask(url, QUERY, {"node": facts})["lineage"]
        names = {node["name"].rpartition(".")[2] for node in lineage["nodes"]}
        assert {"parcel_facts", "stg_parcels", "stg_scans"} <= names
        runs = ask(url, "{ runs(first: 100) { nodes { state } } }")["runs"]["nodes"]
        assert {run["state"] for run in runs} == {"COMPLETE"}


def ask(
    url: str, query: str, variables: dict[str, str] | None = None
) -> dict[str, dict[str, list[dict[str, str]]]]:
    # The hub answers once everything that it has acknowledged is projected.
    position = httpx.post(f"{url}/graphql", json={"query": "{ hub { journalPosition } }"}).json()
    head = position["data"]["hub"]["journalPosition"]
    answer = httpx.post(
        f"{url}/graphql",
        json={"query": query, "variables": variables or {}},
        headers={"Hub-After-Position": str(head)},
    ).json()
    assert "errors" not in answer, answer
    data: Data = answer["data"]
    return data
