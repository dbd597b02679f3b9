"""A hub served with the bakery's events in it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.api.marquez import bakery
from tests.served.hubs import served


@pytest.fixture(scope="module")
def bakery_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a hub in a process of its own that knows the bakery."""
    with served(tmp_path_factory.mktemp("served")) as (url, _process):
        answer = httpx.post(
            f"{url}/api/v1/lineage/batch", content=b"[%s]" % b",".join(bakery.events())
        )
        position = answer.headers["hub-position"]
        httpx.get(f"{url}/api/v1/namespaces", headers={"Hub-After-Position": position})
        yield url
