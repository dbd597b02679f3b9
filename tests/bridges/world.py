"""A Marquez's life, as requests: what its producers, its older clients and its users do to it.

With it comes whatever breaks a Marquez: names that it cannot hold make its own lists answer 500.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from tests.api.marquez import bakery

RUN = "870492da-ecfb-4be0-91b9-9a89ddd3db90"
PLANNED = "870492da-ecfb-4be0-91b9-9a89ddd3db91"
TEAM = "/namespaces/my-team"
ORDERS = f"{TEAM}/datasets/public%2Forders"
ADD_UP = f"{TEAM}/jobs/add%2Fup"
SECRET = "hunter2"
SOURCE = {"type": "POSTGRESQL", "connectionUrl": f"postgresql://me:{SECRET}@db:5432/shop"}
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
    "outputs": [{"namespace": "my-team", "name": "totals"}],
    "location": "https://git.example/add_up.sql",
    "description": "adds up",
}
SIGNED = {"_producer": "https://example.test", "_schemaURL": "https://example.test/facet.json"}


class Request(NamedTuple):
    """A write to a Marquez; a body that is bytes is an event."""

    method: str
    path: str
    body: Any = None


def events() -> list[bytes]:
    """Return what producers send, in order; some of it Marquez refuses, or breaks on."""
    return [
        *bakery.events(),
        # What is no UUID, and what is no name: both get others from Marquez.
        _run("not-a-uuid", {"namespace": "odd space", "name": "tidy"}),
        # A child whose name does not say so, of a parent that never speaks for itself.
        _run(
            "00000000-0000-4000-8000-000000000007",
            {"namespace": "dags", "name": "task"},
            {
                "parent": {
                    **SIGNED,
                    "run": {"runId": "00000000-0000-4000-8000-000000000008"},
                    "job": {"namespace": "dags", "name": "dag"},
                },
                "odd": {**SIGNED, "numbers": [1.10, 12345678901234567890], "none": [None]},
            },
        ),
        msgspec.json.encode(
            {
                "eventTime": "2026-11-24T10:00:00.123456789+02:00",
                "producer": "https://example.test",
                "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json"
                "#/$defs/DatasetEvent",
                "dataset": {
                    "namespace": "s3://oven",
                    "name": "alone",
                    "facets": {
                        "schema": {**SIGNED, "fields": [{"name": "id", "type": "INT"}]},
                        "dataSource": {**SIGNED, "name": "oven", "uri": "s3://oven"},
                    },
                },
            }
        ),
        # Refused with 422, for want of a name of its producer; kept nowhere.
        _run(
            "00000000-0000-4000-8000-000000000009",
            {"namespace": "dags", "name": "unsigned"},
            {"nominalTime": {"nominalStartTime": "2026-11-24T00:00:00Z"}},
        ),
        # Refused with 400, kept, and half written: from here on lists of namespaces are broken.
        _run(
            "00000000-0000-4000-8000-00000000000a",
            {"namespace": "dags", "name": "writes oddly"},
            outputs=[{"namespace": "s3://b c", "name": "n m"}],
        ),
    ]


def requests() -> list[Request]:
    """Return everything that is done to the Marquez, in order."""
    fields = [{"name": "id", "type": "INT", "description": "the id"}]
    more = [*fields, {"name": "placed at", "type": "TIMESTAMP"}]
    return [
        *(Request("POST", "/lineage", event) for event in events()),
        Request("PUT", TEAM, {"ownerName": "me", "description": "ours"}),
        Request("PUT", "/namespaces/old-team", {"ownerName": "me"}),
        Request("PUT", "/sources/shop-db", SOURCE),
        Request("PUT", "/tags/PII", {"description": "personal"}),
        Request("PUT", ORDERS, {**TABLE, "fields": fields}),
        Request("PUT", ORDERS, {**TABLE, "description": "orders", "fields": more, "tags": ["raw"]}),
        Request("PUT", f"{TEAM}/datasets/clicks", STREAM),
        Request("PUT", f"{TEAM}/datasets/totals", {**TABLE, "physicalName": "totals"}),
        Request("PUT", f"{TEAM}/datasets/gone", {**TABLE, "physicalName": "gone"}),
        Request("POST", f"{ORDERS}/fields/id/tags/key"),
        Request("POST", "/namespaces/s3%3A%2F%2Foven/datasets/made%2Floaves/tags/PII"),
        Request("PUT", ADD_UP, JOB),
        Request("POST", f"{ADD_UP}/tags/daily"),
        Request("POST", f"{ADD_UP}/runs", {"id": RUN, "args": {"day": "wed"}}),
        Request("POST", f"/jobs/runs/{RUN}/start?at=2026-11-25T10%3A00%3A00.5Z"),
        Request("POST", f"/jobs/runs/{RUN}/complete?at=2026-11-25T11%3A00%3A00Z"),
        Request("POST", f"{ADD_UP}/runs", {"id": PLANNED}),
        Request("DELETE", f"{TEAM}/datasets/gone"),
        Request("DELETE", "/namespaces/s3%3A%2F%2Foven/datasets/alone"),
        Request("DELETE", "/namespaces/office/jobs/report"),
        Request("DELETE", "/namespaces/old-team"),
    ]


def _run(
    run_id: str,
    job: dict[str, str],
    facets: Mapping[str, Any] = {},
    outputs: Sequence[dict[str, str]] = (),
) -> bytes:
    return msgspec.json.encode(
        {
            "eventType": "COMPLETE",
            "eventTime": "2026-11-24T11:00:00Z",
            "run": {"runId": run_id, "facets": facets},
            "job": job,
            "inputs": [],
            "outputs": outputs,
            "producer": "https://example.test",
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        }
    )
