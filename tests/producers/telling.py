"""A hub that has been told something, asked over GraphQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hub.domain.catalog import Catalog
from hub.domain.openlineage.events import parse_time
from hub.flow.ingest import EventReader
from hub.flow.project import project_all
from hub.store.opening import Store
from tests.api.graphql.conftest import Client

# Takes events as they are told; returns them as they are received, batch by batch.
Order = Callable[[Sequence[bytes]], list[list[bytes]]]


def as_told(events: Sequence[bytes]) -> list[list[bytes]]:
    """All at once, in order."""
    return [[*events]]


def reversed_(events: Sequence[bytes]) -> list[list[bytes]]:
    """The last one first, each by itself."""
    return [[each] for each in reversed(events)]


def three_times(events: Sequence[bytes]) -> list[list[bytes]]:
    """Each three times, shuffled, two at a time."""
    mixed = Random(1).sample([*events] * 3, len(events) * 3)
    return [mixed[start : start + 2] for start in range(0, len(mixed), 2)]


INTAKE = EventReader(b"a secret of this store")
ORDERS = (as_told, reversed_, three_times)

SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"


class Told:
    """Told events as producers send them, and asked what it makes of them."""

    def __init__(
        self, store: Store, catalog: Catalog | None = None, order: Order = as_told
    ) -> None:
        self.store = store
        self.order = order
        self.clock = 1
        self.catalog = catalog or Catalog()
        self.client = Client(store, self.catalog)

    def tell(self, *events: dict[str, Any] | bytes, at: int | str | None = None) -> None:
        """Receive events at one instant of the hub's clock, the next one unless said."""
        if isinstance(at, str):
            found = parse_time(at)
            assert found is not None
            at = found.at
        self.clock = self.clock + 1 if at is None else at
        bodies = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in events]
        for batch in self.order(bodies):
            entries = [INTAKE.read(body) for body in batch]
            self.store.journal.append(entries, recorded_at=self.clock)
            project_all(self.store)

    async def ask(self, query: str, **variables: object) -> Any:  # noqa: ANN401 - whatever is asked
        """Return the one thing that a query asks for."""
        [found] = (await self.client.read(f"{{ {query} }}", **variables)).values()
        return found

    async def answer(self, query: str) -> str:
        """Return the answer to a query in its own bytes."""
        answer = await self.client.http.post("/graphql", json={"query": f"{{ {query} }}"})
        return str(answer.text)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Return rows of the store."""
        with self.store.database.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]


def run_event(
    kind: str = "COMPLETE",
    at: str = "2026-03-01T00:00:00Z",
    *,
    run: str = "r",
    job: str = "j",
    inputs: list[Any] | tuple[Any, ...] = (),
    outputs: list[Any] | tuple[Any, ...] = (),
    run_facets: dict[str, Any] | None = None,
    job_facets: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return an event of a run; datasets are names in namespace ``n``, or whole."""
    return {
        "eventType": kind,
        "eventTime": at,
        "producer": "https://example.test/producer",
        "schemaURL": SCHEMA,
        "run": {"runId": run, "facets": run_facets or {}},
        "job": {"namespace": "n", "name": job, "facets": job_facets or {}},
        "inputs": [_dataset(each) for each in inputs],
        "outputs": [_dataset(each) for each in outputs],
    }


def dataset(name: str, **facets: Any) -> dict[str, Any]:  # noqa: ANN401 - facets are any JSON
    """Return a dataset with facets."""
    return {"namespace": "n", "name": name, "facets": facets}


def _dataset(said: Any) -> dict[str, Any]:  # noqa: ANN401 - a name, or a whole dataset
    return dataset(said) if isinstance(said, str) else said
