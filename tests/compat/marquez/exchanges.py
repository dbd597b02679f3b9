"""Requests as Marquez's clients send them, about the bakery and about what they write themselves.

``play`` sends them to a server and keeps its answers; what an answer says (a version's id) can be
part of a later path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.api.marquez.bakery import BAKE, SELL, run_id

RUN = "870492da-ecfb-4be0-91b9-9a89ddd3db90"
OVEN = "/namespaces/s3%3A%2F%2Foven"
MADE = f"{OVEN}/datasets/made%2Floaves"
SOLD = "/namespaces/postgres%3A%2F%2Ftill%3A5432/datasets/shop.public.sales"
BAKING = "/namespaces/bakery/jobs/bake"
TEAM = "/namespaces/my-team"
ORDERS = f"{TEAM}/datasets/public%2Forders"
ADD_UP = f"{TEAM}/jobs/add%2Fup"
SOURCE = {"type": "POSTGRESQL", "connectionUrl": "jdbc:postgresql://db:5432/shop"}
TABLE = {"type": "DB_TABLE", "physicalName": "public.orders", "sourceName": "shop-db"}
STREAM = {
    "type": "STREAM",
    "physicalName": "clicks",
    "sourceName": "shop-db",
    "schemaLocation": "https://schemas.example/1",
}
JOB = {
    "type": "BATCH",
    "inputs": [{"namespace": "my-team", "name": "public/orders"}],
    "outputs": [{"namespace": "my-team", "name": "clicks"}],
    "location": "https://git.example/add_up.sql",
    "description": "adds up",
}


class Exchange(NamedTuple):
    """A request; ``keep`` names a part of the answer, to be put into later paths as ``{kept}``."""

    method: str
    path: str
    body: Any = None
    keep: tuple[str | int, ...] = ()


READING = (
    Exchange("GET", "/namespaces"),
    Exchange("GET", OVEN),
    Exchange("GET", "/namespaces/nope"),
    Exchange("GET", "/sources/oven"),
    Exchange("GET", "/sources/nope"),
    Exchange("GET", f"{OVEN}/datasets?limit=20&offset=0"),
    Exchange("GET", MADE),
    Exchange("GET", f"{OVEN}/datasets/nope"),
    Exchange("GET", f"{MADE}/versions?limit=1&offset=0", keep=("versions", 0, "version")),
    Exchange("GET", f"{MADE}/versions/{{kept}}"),
    Exchange("GET", f"{MADE}/versions/00000000-0000-4000-8000-000000000000"),
    Exchange("GET", "/jobs?limit=10&offset=0"),
    Exchange("GET", "/jobs?limit=10&lastRunStates=FAILED"),
    Exchange("GET", "/jobs?lastRunStates=WHAT"),
    Exchange("GET", "/namespaces/bakery/jobs?limit=1&offset=1"),
    Exchange("GET", BAKING),
    Exchange("GET", "/namespaces/bakery/jobs/nope"),
    Exchange("GET", f"{BAKING}/versions", keep=("versions", 0, "version")),
    Exchange("GET", f"{BAKING}/versions/{{kept}}"),
    Exchange("GET", f"{BAKING}/runs?limit=14"),
    Exchange("GET", f"/jobs/runs/{run_id(BAKE, 0)}"),
    Exchange("GET", "/jobs/runs/00000000-0000-4000-8000-000000000000"),
    Exchange("GET", f"/jobs/runs/{run_id(BAKE, 0)}/facets?type=run"),
    Exchange("GET", f"/jobs/runs/{run_id(BAKE, 0)}/facets?type=job"),
    Exchange("GET", f"/jobs/runs/{run_id(BAKE, 0)}/facets"),
    Exchange("GET", "/lineage?nodeId=job:bakery:bake&depth=0"),
    Exchange("GET", "/lineage?nodeId=dataset:s3%3A%2F%2Foven:made%2Floaves&depth=2"),
    Exchange("GET", "/lineage?nodeId=job:bakery:nope"),
    Exchange("GET", "/lineage"),
    Exchange("GET", "/column-lineage?nodeId=dataset:s3%3A%2F%2Foven:made%2Floaves&depth=2"),
    Exchange(
        "GET",
        "/column-lineage?nodeId=datasetField:s3%3A%2F%2Foven:made%2Floaves:weight"
        "&depth=2&withDownstream=True",
    ),
    Exchange("GET", "/column-lineage"),
    Exchange("GET", f"/runlineage/upstream?runId={run_id(SELL, 0)}&depth=3"),
    Exchange("GET", "/events/lineage?limit=2&before=&after=&offset=0&sortDirection=desc"),
    Exchange(
        "GET",
        "/events/lineage?sortDirection=asc&before=2026-11-23T05:30:00Z&after=2026-11-23T04:30:00Z",
    ),
    Exchange("GET", "/events/lineage?before=x"),
    Exchange("GET", "/search?q=a&sort=NAME&limit=100"),
    Exchange("GET", "/search?q=a&sort=NAME&limit=100&filter=JOB"),
    Exchange("GET", "/search"),
    Exchange("GET", "/search?q=a&before=2020"),
    *(
        Exchange("GET", f"/stats/{what}?period={period}&timezone=UTC")
        for what in ("lineage-events", "jobs", "datasets", "sources")
        for period in ("DAY", "WEEK")
    ),
    Exchange("GET", "/stats/jobs?period=YEAR"),
    Exchange("GET", "/namespaces?limit=-1"),
    Exchange("GET", "/nowhere"),
)
WRITING = (
    Exchange("PUT", TEAM, {"ownerName": "me", "description": "ours"}),
    Exchange("PUT", TEAM, {"ownerName": "you", "description": "theirs"}),
    Exchange("PUT", "/sources/shop-db", SOURCE),
    Exchange("PUT", "/tags/PII", {"description": "personal"}),
    Exchange("GET", "/tags"),
    Exchange("PUT", "/namespaces/nope/datasets/x", TABLE),
    Exchange("PUT", f"{TEAM}/datasets/x", {**TABLE, "sourceName": "nope"}),
    Exchange(
        "PUT",
        ORDERS,
        {
            **TABLE,
            "description": "orders",
            "fields": [{"name": "id", "type": "INT", "description": "the id"}],
            "tags": ["raw"],
        },
    ),
    Exchange("GET", ORDERS),
    Exchange("GET", f"{ORDERS}/versions"),
    Exchange("PUT", f"{TEAM}/datasets/clicks", STREAM),
    Exchange("POST", f"{ORDERS}/tags/PII"),
    Exchange("POST", f"{ORDERS}/fields/id/tags/key"),
    Exchange("POST", f"{ORDERS}/fields/nope/tags/key"),
    Exchange("POST", f"{TEAM}/datasets/nope/tags/PII"),
    Exchange("DELETE", f"{ORDERS}/tags/raw"),
    Exchange("DELETE", f"{ORDERS}/fields/id/tags/key"),
    Exchange("PUT", ADD_UP, JOB),
    Exchange("GET", ADD_UP),
    Exchange("POST", f"{ADD_UP}/tags/daily"),
    Exchange("DELETE", f"{ADD_UP}/tags/daily"),
    Exchange("POST", f"{ADD_UP}/runs", {"id": RUN, "args": {"day": "wed"}}),
    Exchange("POST", f"{ADD_UP}/runs", {"id": RUN}),
    Exchange("POST", f"{TEAM}/jobs/nope/runs", {}),
    Exchange("POST", f"/jobs/runs/{RUN}/start?at=2026-11-25T10%3A00%3A00.5Z"),
    Exchange("POST", f"/jobs/runs/{RUN}/complete?at=2026-11-25T11%3A00%3A00Z"),
    Exchange("GET", f"/jobs/runs/{RUN}"),
    Exchange("DELETE", f"{TEAM}/datasets/clicks"),
    Exchange("GET", f"{TEAM}/datasets/clicks"),
    Exchange("GET", f"{TEAM}/datasets"),
    Exchange("DELETE", ADD_UP),
    Exchange("GET", ADD_UP),
    Exchange("DELETE", TEAM),
    Exchange("GET", TEAM),
    Exchange("DELETE", "/namespaces/nope"),
)
EXCHANGES = (*READING, *WRITING)

# Sends method, path and body; returns the status and the body of the answer.
Send = Callable[[str, str, Any], tuple[int, Any]]


class Answer(NamedTuple):
    """What a server said to a request."""

    request: str
    status: int
    body: Any


def play(send: Send) -> list[Answer]:
    """Send every request, in order."""
    answers, kept = [], ""
    for exchange in EXCHANGES:
        status, body = send(exchange.method, exchange.path.replace("{kept}", kept), exchange.body)
        answers.append(Answer(f"{exchange.method} {exchange.path}", status, body))
        if exchange.keep:
            kept = body
            for part in exchange.keep:
                kept = kept[part]
    return answers
