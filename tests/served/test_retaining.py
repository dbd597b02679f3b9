"""What has aged leaves the store of a hub that goes on serving."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import httpx

from hub.flow.project import project_all, verify
from hub.store.opening import open_store
from hub.testing.builders import run_event
from tests.served.hubs import MAIN, served
from tests.small_world import LOAD, SECOND, A, B, C
from tests.store.test_retention import names_of_runs


def test_a_hub_that_serves_goes_on_where_another_process_let_runs_go(tmp_path: Path) -> None:
    settings = "[retention]\nruns_days = 1\njournal_days = 1\nleast_runs = 20\n"
    (tmp_path / "hub.toml").write_text(settings)
    options = ["--config", str(tmp_path), "--database", f"sqlite:///{tmp_path}/hub.db"]

    def tell(client: httpx.Client, runs: range) -> None:
        for number in runs:
            event = run_event(
                LOAD,
                str(number),
                at=number * SECOND,
                inputs=[A, C] if number % 3 else [A],
                outputs=[B],
            )
            assert client.post("/api/v1/lineage", content=event).status_code == 201

    with served(tmp_path) as (url, _), httpx.Client(base_url=url) as client:
        tell(client, range(1, 61))
        done = subprocess.run(
            [*MAIN, "retention", "apply", "--yes", "--json", *options],
            check=True,
            capture_output=True,
            text=True,
        )
        assert json.loads(done.stdout)["runs"] == 40
        tell(client, range(61, 121))
    store = open_store(options[-1])
    project_all(store)
    assert names_of_runs(store) == {("load", str(number)) for number in range(41, 121)}
    assert verify(store, archive=tmp_path / ".hub" / "archive") == []
    store.close()
