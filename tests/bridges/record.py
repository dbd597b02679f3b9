"""Records a Marquez: ``python -m tests.bridges.record http://HOST:PORT postgresql://…``.

The server must be empty; its life (``world``) is played to it first. What is recorded are its
answers to writes, everything that it lists, element by element, and the rows of its database that
the bridge reads. Where there is no Marquez, the recording beside this file stands for it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import quote

import httpx
import psycopg

from tests.bridges import world

RECORDING = Path(__file__).with_name("recorded.json")
# What the bridge reads of tables, each column with its type.
COLUMNS = {
    "lineage_events": {"event_time": "timestamptz", "event": "jsonb"},
    "namespaces": {"uuid": "uuid", "name": "text", "is_hidden": "boolean"},
    "datasets": {"namespace_uuid": "uuid", "name": "text", "is_hidden": "boolean"},
    "jobs": {
        "namespace_uuid": "uuid",
        "namespace_name": "text",
        "name": "text",
        "is_hidden": "boolean",
        "symlink_target_uuid": "uuid",
    },
}


class Recording(TypedDict):
    """``lists`` are by path; an element that the server cannot show is null.

    ``counted`` is how many events it says that it has, of which it lists some.
    """

    writes: list[int]
    counted: int
    lists: dict[str, list[Any]]
    rows: dict[str, list[list[Any]]]


def main() -> None:
    """Play, and write down what comes back."""
    url, database = sys.argv[1:]
    with httpx.Client(base_url=f"{url}/api/v1", timeout=60) as client:
        writes = [_sent(client, each) for each in world.requests()]
        lists = _lists(client)
        counted = client.get("/events/lineage", params={"limit": 0}).json()["totalCount"]
    with psycopg.connect(database) as connection:
        rows = {table: _rows(connection, table, columns) for table, columns in COLUMNS.items()}
    recording = Recording(writes=writes, counted=counted, lists=lists, rows=rows)
    RECORDING.write_text(json.dumps(recording, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _sent(client: httpx.Client, request: world.Request) -> int:
    method, path, body = request
    if isinstance(body, bytes):
        headers = {"Content-Type": "application/json"}
        return client.request(method, path, content=body, headers=headers).status_code
    sent = {} if body is None else {"json": body}
    return client.request(method, path, **sent).status_code


def _lists(client: httpx.Client) -> dict[str, list[Any]]:
    events = client.get("/events/lineage", params={"limit": 1_000, "sortDirection": "asc"})
    lists = {"/events/lineage": events.json()["events"]}
    for path in ("/namespaces", "/sources", "/tags"):
        lists[path] = _elements(client, path)
    for namespace in filter(None, list(lists["/namespaces"])):
        below = f"/namespaces/{quote(namespace['name'], safe='')}"
        for kind, inner in (("datasets", ["versions"]), ("jobs", ["versions", "runs"])):
            lists[f"{below}/{kind}"] = found = _elements(client, f"{below}/{kind}")
            for each in filter(None, found):
                for what in inner:
                    path = f"{below}/{kind}/{quote(each['name'], safe='')}/{what}"
                    lists[path] = _elements(client, path)
    return lists


def _elements(client: httpx.Client, path: str) -> list[Any]:
    member = path.rpartition("/")[2]
    found: list[Any] = []
    while True:
        answer = client.get(path, params={"limit": 1, "offset": len(found)})
        if answer.is_success and not answer.json()[member]:
            return found
        found.append(answer.json()[member][0] if answer.is_success else None)


def _rows(connection: psycopg.Connection, table: str, columns: dict[str, str]) -> list[list[Any]]:
    wanted = ", ".join(f"{name}::text" for name in columns)
    found = connection.execute(f"SELECT {wanted} FROM {table} ORDER BY 1, 2")  # noqa: S608 - our own names
    return [list(row) for row in found]


if __name__ == "__main__":
    main()
