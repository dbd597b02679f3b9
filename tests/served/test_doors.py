"""Every door of a running hub with keys is locked, but the two that say whether it lives."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import httpx

from hub.api.rest.access import OPEN_PATHS
from hub.api.rest.marquez.routes import READS
from hub.api.rest.marquez.writes import WRITES
from tests.served.hubs import served

KEYS = {"HUB_AUTH__KEYS": f"ci:{sha256(b's3cret').hexdigest()}"}
HEADERS = {"Authorization": "Bearer s3cret"}
MARQUEZ = [
    *(("GET", f"/api/v1/{pattern}") for pattern in READS),
    *((method, f"/api/v1/{pattern}") for method, pattern in WRITES),
]
DOORS = [
    *MARQUEZ,
    ("POST", "/api/v1/lineage"),
    ("POST", "/api/v1/lineage/"),
    ("POST", "/api/v1/lineage/batch"),
    ("POST", "/api/v1/dead-letters"),
    ("GET", "/graphql"),
    ("POST", "/graphql"),
    ("GET", "/metrics"),
    ("GET", "/"),
    ("GET", "/search?text=x"),
    ("GET", "/no/such/page"),
    ("OPTIONS", "/graphql"),
    ("HEAD", "/"),
]


def test_every_path_needs_a_key_but_those_that_say_that_the_hub_lives(tmp_path: Path) -> None:
    with served(tmp_path, env=KEYS) as (url, _), httpx.Client(base_url=url) as client:
        for method, pattern in DOORS:
            path = pattern.replace("*", "x")
            for headers in ({}, {"Authorization": "Bearer wrong"}):
                answer = client.request(method, path, headers=headers, content=b"{}")
                assert answer.status_code == 401, f"{method} {path}"
                assert answer.headers["WWW-Authenticate"] == "Bearer"
            opened = client.request(method, path, headers=HEADERS, content=b"{}")
            assert opened.status_code != 401, f"{method} {path}"
        for path in OPEN_PATHS:
            assert client.get(path).status_code == 200
