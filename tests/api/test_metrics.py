"""What the intake measures of itself, and that no sender decides how many series there are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from hub.domain.openlineage.events import Unusable, read_event
from hub.flow.project import measures
from hub.flow.project.measures import observe
from hub.store.opening import Store
from tests.api.intake import serving

LINEAGE = "/api/v1/lineage"
BATCH = "/api/v1/lineage/batch"
Grown = Callable[..., float]


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def grown() -> Grown:
    """How much a sample has grown since it was asked for the first time."""
    before: dict[tuple[str, str], float] = {}

    def growth(name: str, **labels: str) -> float:
        now = value(name, **labels)
        return now - before.setdefault((name, str(labels)), now)

    return growth


async def test_what_is_taken_is_counted_by_whether_it_is_new(
    sqlite_store: Store, grown: Grown
) -> None:
    def counts() -> list[float]:
        return [
            grown("hub_intake_entries_total", outcome="new"),
            grown("hub_intake_entries_total", outcome="repeat"),
            grown("hub_intake_bytes_total"),
            grown("hub_intake_group_entries_sum"),
            grown("hub_intake_durable_seconds_count"),
        ]

    counts()
    async with serving(sqlite_store) as client:
        await client.post(BATCH, content=b'[{"a": 1}, {"a": 2}]')
        await client.post(LINEAGE, content=b'{"a": 1}')
        assert value("hub_intake_pending_bytes") == 0
    assert counts() == [2, 1, 24, 3, 2]
    assert grown("hub_intake_durable_seconds_sum") >= 0


async def test_what_is_refused_is_counted_by_its_status(sqlite_store: Store, grown: Grown) -> None:
    def counts() -> list[float]:
        return [grown("hub_requests_refused_total", status=s) for s in ("400", "413", "415")]

    counts()
    async with serving(sqlite_store, max_body_bytes=10) as client:
        await client.post(LINEAGE, content=b"nope")
        await client.post(LINEAGE, content=b'{"a": "0123456789"}')
        await client.post(LINEAGE, content=b"{}", headers={"Content-Encoding": "br"})
    assert counts() == [1, 1, 1]


@pytest.fixture
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "_MAX_STEPS", 3)
    monkeypatch.setattr(measures, "_known", set())


@pytest.mark.usefixtures("_few_steps")
def test_a_producer_that_makes_up_steps_makes_up_no_series(grown: Grown) -> None:
    def others() -> float:
        return grown("hub_step_runs_total", product="others", step="others", state="COMPLETE")

    others()
    for number in (1, 2, 3, 4, 5, 1):
        event = read_event(made_up(number))
        assert not isinstance(event, Unusable)
        observe([event])
    assert others() == 2
    assert value("hub_step_runs_total", product="p", step="made-up-1", state="COMPLETE") == 2
    assert value("hub_step_runs_total", product="p", step="made-up-4", state="COMPLETE") == 0


def made_up(number: int) -> bytes:
    return (
        b'{"eventTime": "2026-11-23T09:00:00Z", "eventType": "COMPLETE", "run": {"runId": "r",'
        b' "facets": {"hub_step": {"product": "p", "step": "made-up-%d"}}},'
        b' "job": {"namespace": "n", "name": "j"}}' % number
    )
