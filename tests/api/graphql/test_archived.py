"""A time since the horizon is answered as before; runs before it are not answered wrongly."""

from __future__ import annotations

from pathlib import Path

from hub.domain.instants import format_instant
from hub.domain.retention import DAY
from hub.store.opening import Store
from tests.api.graphql.conftest import Client
from tests.estates import catalog
from tests.store.test_retention import daily, retain

QUERY = """query ($asOf: DateTime) {
  lineage(node: "dataset:s:c", direction: BOTH, asOf: $asOf) {
    nodes { id } edges { source target origin }
  }
  job(namespace: "j", name: "load", asOf: $asOf) {
    firstSeen inputs { name } outputs { name }
    latestRun { id state endedAt }
    runs(first: 20) { edges { node { id state startedAt endedAt facets { name } } } }
  }
  dataset(namespace: "s", name: "b", asOf: $asOf) {
    firstSeen lastWrittenAt versions(first: 20) { writtenAt run { id } }
  }
}"""
LINEAGE = """query ($asOf: DateTime) {
  lineage(node: "dataset:s:c", direction: BOTH, asOf: $asOf) { nodes { id } }
}"""
EARLIER = format_instant(DAY + DAY // 2)
SINCE = [*map(format_instant, (2 * DAY, 2 * DAY + 5_500_000, 3 * DAY)), None]


async def test_what_is_asked_since_the_horizon_is_answered_as_before(
    store: Store, tmp_path: Path
) -> None:
    daily(store, 3)
    retain(store, tmp_path, now=0)
    client = Client(store, catalog(1))
    before = [await client.read(QUERY, asOf=at) for at in SINCE]
    assert retain(store, tmp_path, now=3 * DAY)["runs"] == 60

    assert [await Client(store, catalog(1)).read(QUERY, asOf=at) for at in SINCE] == before


async def test_runs_before_the_horizon_are_refused_and_lineage_is_answered(
    store: Store, tmp_path: Path
) -> None:
    daily(store, 3)
    retain(store, tmp_path, now=0)
    before = await Client(store, catalog(1)).read(LINEAGE, asOf=EARLIER)
    retain(store, tmp_path, now=3 * DAY)
    client = Client(store, catalog(1))

    assert await client.read(LINEAGE, asOf=EARLIER) == before
    [*errors] = await client.errors(QUERY, asOf=EARLIER)
    assert {error["extensions"]["code"] for error in errors} == {"INVALID_INPUT"}
    assert all("runs before 1970-01-03T00:00:00" in error["message"] for error in errors)
