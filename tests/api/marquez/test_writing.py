"""Writes through Marquez's surface: facts in the journal like any others, seen at once."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from hub.domain.entries import EntryKind
from hub.flow.project.rebuild import verify
from hub.testing.builders import run_event
from tests.api.marquez import bakery
from tests.api.marquez.bakery import BAKE, LOAVES, SALES, run_id
from tests.api.marquez.conftest import NOON, Surface

NAMESPACE = "/namespaces/my-team"
SOURCE = {"type": "postgresql", "connectionUrl": "jdbc:postgresql://db:5432/shop"}
ORDERS = f"{NAMESPACE}/datasets/public%2Forders"
TOTALS = f"{NAMESPACE}/datasets/totals"
ADD_UP = f"{NAMESPACE}/jobs/add%2Fup"
RUN = "870492da-ecfb-4be0-91b9-9a89ddd3db90"
SELLING = "/namespaces/bakery/jobs/sell.daily"
SOLD = "/namespaces/postgres%3A%2F%2Ftill%3A5432/datasets/shop.public.sales"


def described(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"type": "DB_TABLE", "physicalName": "public.orders", "sourceName": "shop-db", **more}


@pytest.fixture
async def shop(surface: Surface) -> Surface:
    """A namespace with a source, two datasets and a job that makes one out of the other."""
    await surface.ask("PUT", NAMESPACE, json={"ownerName": "me", "description": "ours"})
    await surface.ask("PUT", "/sources/shop-db", json=SOURCE)
    fields = [{"name": "id", "type": "INT", "tags": ["key"]}, {"name": "at", "description": "d"}]
    await surface.ask(
        "PUT", ORDERS, json=described(fields=fields, tags=["raw"], description="orders")
    )
    await surface.ask("PUT", TOTALS, json=described(physicalName="totals"))
    job = {
        "type": "BATCH",
        "inputs": [{"namespace": "my-team", "name": "public/orders"}],
        "outputs": [{"namespace": "my-team", "name": "totals"}],
        "location": "https://git.example/add_up.sql",
        "description": "adds up",
        "context": {"sql": "SELECT sum(1) FROM orders"},
    }
    await surface.ask("PUT", ADD_UP, json=job)
    return surface


async def test_a_namespace_is_there_as_soon_as_somebody_has_described_it(shop: Surface) -> None:
    found = await shop.get(NAMESPACE)
    assert (found["ownerName"], found["description"]) == ("me", "ours")
    changed = await shop.ask("PUT", NAMESPACE, json={"ownerName": "you"})
    assert changed == await shop.get(NAMESPACE)
    assert (changed["ownerName"], changed["createdAt"]) == ("you", found["createdAt"])
    assert changed["updatedAt"] > found["updatedAt"]


async def test_names_are_kept_and_found_without_what_nobody_means_in_one(shop: Surface) -> None:
    written = "/namespaces/my-team%20/datasets/%20tab%09here"
    made = await shop.ask("PUT", written, json=described())
    assert made["id"] == {"namespace": "my-team", "name": "tabhere"}
    assert await shop.get(written) == made
    tagged = await shop.ask("POST", f"{written}/tags/pii")
    assert tagged["tags"] == ["pii"]
    job = {"type": "BATCH", "inputs": [{"namespace": "my-team", "name": " tabhere"}], "outputs": []}
    await shop.ask("PUT", "/namespaces/my-team/jobs/count%0A", json=job)
    graph = await shop.get("/lineage", nodeId="dataset:my-team: tab\there")
    assert [each["id"] for each in graph["graph"]] == [
        "dataset:my-team:tabhere",
        "job:my-team:count",
    ]


async def test_a_name_as_long_as_names_may_be_is_kept_whole(shop: Surface) -> None:
    name = quote("ü" * 1_000)
    made = await shop.ask("PUT", f"{NAMESPACE}/datasets/{name}", json=described())
    assert len(made["name"]) == 1_000
    await shop.ask("PUT", f"/namespaces/{name}", json={"ownerName": "me"})
    made = await shop.ask("PUT", f"/namespaces/{name}/datasets/{name}", json=described())
    assert (len(made["namespace"]), len(made["name"])) == (1_000, 1_000)
    unusable = quote("ü" * 1_025)
    await shop.ask("PUT", f"{NAMESPACE}/datasets/{unusable}", status=422, json=described())


async def test_a_source_is_kept_without_the_secret_in_its_address(surface: Surface) -> None:
    secret = {"type": "postgresql", "connectionUrl": "postgres://me:hunter2@db/shop"}
    found = await surface.ask("PUT", "/sources/till", json=secret)
    assert found["type"] == "POSTGRESQL"
    assert found["connectionUrl"] == "postgres://me:***@db/shop"
    assert (await surface.get("/sources"))["sources"] == [found]


async def test_a_dataset_is_what_it_was_described_as(shop: Surface) -> None:
    found = await shop.get(ORDERS)
    assert (found["physicalName"], found["sourceName"]) == ("public.orders", "shop-db")
    assert (found["description"], found["tags"]) == ("orders", ["raw"])
    assert found["fields"] == [
        {"name": "id", "type": "INT", "tags": ["KEY"], "description": None},
        {"name": "at", "type": None, "tags": [], "description": "d"},
    ]
    assert "marquez" not in found["facets"]
    stream = described(type="STREAM", schemaLocation="https://schemas.example/1")
    told = await shop.ask("PUT", f"{NAMESPACE}/datasets/clicks", json=stream)
    assert (told["type"], told["schemaLocation"]) == ("STREAM", "https://schemas.example/1")


async def test_a_job_is_what_it_was_described_as_and_has_lineage(shop: Surface) -> None:
    found = await shop.get(ADD_UP)
    assert (found["type"], found["description"]) == ("BATCH", "adds up")
    assert found["inputs"] == [{"namespace": "my-team", "name": "public/orders"}]
    assert found["facets"]["sql"]["query"] == "SELECT sum(1) FROM orders"
    graph = await shop.get("/lineage", nodeId="dataset:my-team:totals")
    assert [node["id"] for node in graph["graph"]] == [
        "dataset:my-team:public/orders",
        "dataset:my-team:totals",
        "job:my-team:add/up",
    ]
    service = {"type": "SERVICE", "inputs": [], "outputs": []}
    assert (await shop.ask("PUT", f"{NAMESPACE}/jobs/s", json=service))["type"] == "SERVICE"


async def test_a_run_goes_through_its_states_and_writes_what_its_job_writes(
    shop: Surface,
) -> None:
    body = {"id": RUN, "nominalStartTime": "2026-11-25T00:00:00Z", "args": {"day": "wed"}}
    answer = await shop.http.post(f"{ADD_UP}/runs", json=body)
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/v1/jobs/runs/{RUN}")
    made = answer.json()
    assert (made["state"], made["args"]) == ("NEW", {"day": "wed"})
    assert made["nominalStartTime"] == "2026-11-25T00:00:00Z"
    assert [each["datasetVersionId"]["name"] for each in made["inputDatasetVersions"]] == [
        "public/orders"
    ]
    started = await shop.ask("POST", f"/jobs/runs/{RUN}/start?at=2026-11-25T13%3A00%3A00.5Z")
    assert (started["state"], started["startedAt"]) == ("RUNNING", "2026-11-25T13:00:00.500Z")
    ended = await shop.ask("POST", f"/jobs/runs/{RUN}/complete?at=2026-11-25T13:00:02.5%2B00:00")
    assert (ended["state"], ended["durationMs"]) == ("COMPLETED", 2_000)
    assert await shop.get(f"/jobs/runs/{RUN}") == ended
    [version] = (await shop.get(f"{TOTALS}/versions"))["versions"]
    assert version["createdByRun"]["id"] == RUN
    assert (await shop.get(ADD_UP))["latestRun"]["id"] == RUN


@pytest.mark.parametrize(
    ("action", "state"), [("start", "RUNNING"), ("fail", "FAILED"), ("abort", "ABORTED")]
)
async def test_a_run_is_marked_as_of_now_where_no_time_is_given(
    shop: Surface, action: str, state: str
) -> None:
    made = await shop.ask("POST", f"{ADD_UP}/runs", status=201, json={})
    marked = await shop.ask("POST", f"/jobs/runs/{made['id']}/{action}")
    assert marked["state"] == state


async def test_a_run_id_is_taken_once(shop: Surface) -> None:
    await shop.ask("POST", f"{ADD_UP}/runs", status=201, json={"id": RUN})
    again = await shop.ask("POST", f"{ADD_UP}/runs", status=400, json={"id": RUN})
    assert again["message"] == f"Run '{RUN}' already exists for 'add/up' under namespace 'my-team'."


async def test_what_a_run_wrote_can_be_told_with_the_dataset_or_the_job(shop: Surface) -> None:
    await shop.ask("POST", f"{ADD_UP}/runs", status=201, json={"id": RUN})
    await shop.ask("PUT", f"{NAMESPACE}/datasets/extra", json=described(runId=RUN))
    [written] = (await shop.get(f"/jobs/runs/{RUN}"))["outputDatasetVersions"]
    assert written["datasetVersionId"]["name"] == "extra"
    names = {"namespace": "my-team", "name": "extra"}
    told = {"type": "BATCH", "inputs": [names], "outputs": [], "runId": RUN}
    await shop.ask("PUT", ADD_UP, json=told)
    read = (await shop.get(f"/jobs/runs/{RUN}"))["inputDatasetVersions"]
    assert {each["datasetVersionId"]["name"] for each in read} == {"extra", "public/orders"}


async def test_tags_are_put_on_and_taken_off_also_those_of_producers(
    bakery_surface: Surface,
) -> None:
    ask = bakery_surface.ask
    assert (await bakery_surface.get(SOLD))["tags"] == ["money"]
    assert (await ask("POST", f"{SOLD}/tags/a%2Fb"))["tags"] == ["a/b", "money"]
    assert (await ask("DELETE", f"{SOLD}/tags/money"))["tags"] == ["a/b"]
    tagged = await ask("POST", f"{SOLD}/fields/price/tags/eur", json=None)
    assert {each["name"]: each["tags"] for each in tagged["fields"]} == {
        "loaf": [],
        "price": ["EUR"],
    }
    assert (await ask("DELETE", f"{SOLD}/fields/price/tags/eur"))["fields"][1]["tags"] == []
    assert (await ask("POST", f"{SELLING}/tags/daily"))["tags"] == ["daily"]
    assert (await ask("DELETE", f"{SELLING}/tags/daily"))["tags"] == []
    described = await ask("PUT", "/tags/a%2Fb", json={"description": "a or b"})
    assert described == {"name": "a/b", "description": "a or b"}
    assert (await bakery_surface.get("/tags"))["tags"] == [
        {"name": "a/b", "description": "a or b"},
        {"name": "money", "description": None},
    ]


async def test_what_is_deleted_is_out_of_sight_until_an_event_names_it_again(
    bakery_surface: Surface,
) -> None:
    before = await bakery_surface.get(SOLD)
    assert await bakery_surface.ask("DELETE", SOLD) == before
    await bakery_surface.get(SOLD, status=404)
    await bakery_surface.ask("DELETE", SOLD, status=404)
    space = "/namespaces/postgres%3A%2F%2Ftill%3A5432/datasets"
    assert await bakery_surface.get(space) == {"datasets": [], "totalCount": 0}
    assert (await bakery_surface.get("/search", q="sales"))["results"] == []
    graph = await bakery_surface.get("/lineage", nodeId="job:bakery:sell.daily")
    assert not any("sales" in node["id"] for node in graph["graph"])
    await bakery_surface.send(run_event(BAKE, run_id(BAKE, 3), at=NOON, outputs=[SALES]))
    assert (await bakery_surface.get(SOLD))["createdAt"] == before["createdAt"]


async def test_a_deleted_job_leaves_the_lists(bakery_surface: Surface) -> None:
    await bakery_surface.ask("DELETE", SELLING)
    await bakery_surface.get(SELLING, status=404)
    found = await bakery_surface.get("/jobs")
    assert [job["name"] for job in found["jobs"]] == ["bake", "report", "sell"]
    assert found["totalCount"] == 3


async def test_a_deleted_namespace_is_marked_and_takes_along_what_it_holds(
    bakery_surface: Surface,
) -> None:
    await bakery_surface.ask("DELETE", "/namespaces/bakery")
    assert (await bakery_surface.get("/namespaces/bakery"))["isHidden"]
    assert (await bakery_surface.get("/namespaces/bakery/jobs"))["totalCount"] == 0
    await bakery_surface.send(run_event(BAKE, run_id(BAKE, 3), at=NOON, outputs=[LOAVES]))
    assert not (await bakery_surface.get("/namespaces/bakery"))["isHidden"]
    found = await bakery_surface.get("/namespaces/bakery/jobs")
    assert [job["name"] for job in found["jobs"]] == ["bake"]


async def test_every_write_says_where_in_the_journal_it_is(shop: Surface) -> None:
    answer = await shop.http.post(f"{ORDERS}/tags/late")
    position = int(answer.headers["hub-position"])
    with shop.store.database.read() as connection:
        [entry] = shop.store.journal.read(connection, after=position - 1, limit=10)
    assert entry.kind is EntryKind.COMMAND
    assert b'"actor":"local"' in entry.body
    reread = await shop.http.get(ORDERS, headers={"Hub-After-Position": str(position)})
    assert "late" in reread.json()["tags"]


async def test_a_rebuild_makes_all_of_it_again(shop: Surface) -> None:
    await shop.send(*bakery.events())
    await shop.ask("POST", f"{ORDERS}/tags/late")
    await shop.ask("POST", f"{ADD_UP}/runs", status=201, json={"id": RUN})
    await shop.ask("DELETE", "/namespaces/bakery")
    await shop.ask("DELETE", TOTALS)
    await shop.send(run_event(BAKE, run_id(BAKE, 3), at=NOON, outputs=[LOAVES]))
    assert verify(shop.store) == []
