"""marquez-python, unmodified, against a served hub: every method that it has."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from marquez_client import MarquezClient
from marquez_client.errors import APIError
from marquez_client.models import DatasetId, DatasetType, JobType

from tests.api.marquez import bakery
from tests.api.marquez.bakery import BAKE, LOAVES, SALES, SELL, run_id

RUN = "870492da-ecfb-4be0-91b9-9a89ddd3db90"

Client = Any  # the client ships no types


@pytest.fixture
def client(bakery_url: str) -> Iterator[Client]:
    """The client; its own warnings (of methods that are to go) are none of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield MarquezClient(url=bakery_url)


def test_namespaces(client: Client) -> None:
    made = client.create_namespace("my/team", "me", "ours")
    assert (made["ownerName"], made["description"]) == ("me", "ours")
    assert client.get_namespace("my/team") == made
    names = [each["name"] for each in client.list_namespaces(limit=100)["namespaces"]]
    assert {"my/team", "bakery", bakery.OVEN} <= set(names)


def test_sources(client: Client) -> None:
    made = client.create_source("shop", "postgresql", "jdbc:postgresql://db/shop", "till")
    assert made["type"] == "POSTGRESQL"
    assert client.get_source("shop") == made
    assert [each["name"] for each in client.list_sources()["sources"]] == ["oven", "shop"]


def test_datasets(client: Client) -> None:
    client.create_namespace("shop", "me")
    client.create_source("shop", "postgresql", "jdbc:postgresql://db/shop")
    fields = [{"name": "id", "type": "INTEGER"}]
    made = client.create_dataset(
        "shop", "a/b", DatasetType.DB_TABLE, "public.a", "shop", fields=fields, tags=["raw"]
    )
    assert (made["fields"][0]["type"], made["tags"]) == ("INTEGER", ["raw"])
    assert client.get_dataset("shop", "a/b") == made
    stream = client.create_dataset(
        "shop", "clicks", DatasetType.STREAM, "c", "shop", schema_location="https://schemas/1"
    )
    assert stream["type"] == "STREAM"
    listed = client.list_datasets("shop", limit=10)
    assert [each["name"] for each in listed["datasets"]] == ["a/b", "clicks"]
    assert client.tag_dataset("shop", "a/b", "pii")["tags"] == ["pii", "raw"]
    assert client.tag_dataset_field("shop", "a/b", "id", "pii")["fields"][0]["tags"] == ["PII"]


def test_versions_of_a_dataset(client: Client) -> None:
    [newest, _] = client.list_dataset_versions(*LOAVES)["versions"]
    assert client.get_dataset_version(*LOAVES, newest["version"]) == newest


def test_jobs_and_their_runs(client: Client) -> None:
    client.create_namespace("shop", "me")
    loaves = DatasetId(*LOAVES)
    made = client.create_job(
        "shop", "count/loaves", JobType.BATCH, "https://git.example/c.py", inputs=[loaves]
    )
    assert made["inputs"] == [LOAVES._asdict()]
    assert client.get_job("shop", "count/loaves") == made
    assert [job["name"] for job in client.list_jobs("shop")["jobs"]] == ["count/loaves"]
    run = client.create_job_run("shop", "count/loaves", RUN, run_args={"a": "b"})
    assert (run["id"], run["state"], run["args"]) == (RUN, "NEW", {"a": "b"})
    at = "2026-11-25T10:00:00.5Z"
    assert client.mark_job_run_as_started(RUN, at)["state"] == "RUNNING"
    assert client.mark_job_run_as_completed(RUN)["state"] == "COMPLETED"
    assert client.get_job_run(RUN)["startedAt"] == "2026-11-25T10:00:00.500Z"
    failed = client.create_job_run("shop", "count/loaves", mark_as_running=True)
    assert failed["state"] == "RUNNING"
    assert client.mark_job_run_as_failed(failed["id"])["state"] == "FAILED"
    aborted = client.create_job_run("shop", "count/loaves")
    assert client.mark_job_run_as_aborted(aborted["id"])["state"] == "ABORTED"
    assert client.list_job_runs("shop", "count/loaves")["totalCount"] == 3


def test_column_lineage(client: Client) -> None:
    up = client.get_column_lineage_by_dataset(*SALES, depth=1)["graph"]
    assert len(up) == 4
    field = client.get_column_lineage_by_dataset_field(*LOAVES, "weight", with_downstream=True)
    assert len(field["graph"]) == 3
    assert len(client.get_column_lineage_by_job(*BAKE)["graph"]) == 2
    [version] = client.list_dataset_versions(*SALES)["versions"]
    then = client.get_column_lineage_by_dataset(*SALES, depth=1, version=version["version"])
    assert len(then["graph"]) == 4


def test_tags(client: Client) -> None:
    assert client.create_tag("slow", "takes an hour")["description"] == "takes an hour"
    assert {"name": "slow", "description": "takes an hour"} in client.list_tags()["tags"]


def test_events(client: Client) -> None:
    assert client.list_events(limit=1)["events"][0]["eventTime"]
    assert client.list_events("office")["totalCount"] == 1


def test_what_is_not_there_is_an_error_of_the_client(client: Client) -> None:
    for method, names in (
        ("get_namespace", ["nope"]),
        ("get_job_run", [run_id(SELL, 9)]),
        ("get_dataset_version", [*LOAVES, "nope"]),
    ):
        with pytest.raises(APIError):
            getattr(client, method)(*names)


def test_no_method_is_left_out() -> None:
    members = inspect.getmembers(MarquezClient, inspect.isfunction)
    public = {name for name, _ in members if not name.startswith("_")}
    tried = set(re.findall(r"client\.(\w+)\(", Path(__file__).read_text("utf-8")))
    assert len(public) == 29
    assert public <= tried
