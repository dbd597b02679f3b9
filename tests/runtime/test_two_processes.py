"""What a process answers that runs no stages, of lanes that run, fail, and fall silent."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.metrics import MetricWrapperBase

from hub.app.clock import now
from hub.app.doctor import Diagnosis, examine
from hub.app.gauges import OF_STAGES
from hub.app.hub import Hub, settle
from hub.app.hub_api import InProcess
from hub.app.serving import endpoints
from hub.domain.instants import format_instant
from hub.domain.slos.slo import SECOND
from hub.settings import Loaded, load_settings
from tests.runtime.conftest import PRODUCT, Command, Shown

HOUR = 3_600 * SECOND
SLOS = """
slos:
  - slo: scans-run
    availability: {dataset: bronze.scans, at_least: 2, window_runs: 3}
    severity: page
  - slo: scans-fresh
    freshness: {dataset: bronze.scans, within: 6h, clock: processing}
    budget: {target: 0.99, window: 30d, no_data: good}
"""
QUESTION = """{
  slos(first: 9) { nodes { name state objectiveSince detail budget { spentSeconds } } }
  incidents(first: 9) { nodes { id title root { id } } }
}"""


@pytest.fixture
def loaded(folder: Path, sqlite_url: str) -> Loaded:
    (folder / "products" / "scans.yaml").write_text(PRODUCT + SLOS)
    return load_settings(folder, flags={"database": sqlite_url})


class World:
    """Two processes over one store: one runs the stages when it is told to, the other answers."""

    def __init__(self, loaded: Loaded) -> None:
        self.now = now()
        self.stages = Hub(loaded, clock=lambda: self.now)
        self.api = Hub(loaded, clock=lambda: self.now)
        self._transport = InProcess(endpoints(self.api))
        self._client = httpx.Client(transport=self._transport, base_url="http://localhost")

    def settle(self) -> None:
        settle(self.stages)

    def close(self) -> None:
        self._transport.close()
        self.stages.stop()
        self.api.stop()

    def get(self, path: str) -> str:
        return self._client.get(path).text

    def asked(self) -> dict[str, Any]:
        answer = self._client.post("/graphql", json={"query": QUESTION}).json()
        found: dict[str, Any] = answer["data"]
        return found

    def slo(self, name: str) -> dict[str, Any]:
        [found] = [each for each in self.asked()["slos"]["nodes"] if each["name"] == name]
        return dict(found)

    def begin(self) -> None:
        """Tell of a run of the lane that nobody ends."""
        event = {
            "eventType": "START",
            "eventTime": format_instant(self.now),
            "producer": "https://example.org/rail",
            "run": {"runId": "99999999-9999-4999-8999-999999999999"},
            "job": {"namespace": "rail", "name": "scans.scan_files"},
        }
        answer = self._client.post("/api/v1/lineage", content=json.dumps(event))
        assert answer.status_code == 201


@contextmanager
def world_of(loaded: Loaded) -> Iterator[World]:
    world = World(loaded)
    try:
        world.api.intake.start()
        world.settle()
        yield world
    finally:
        world.close()


def test_a_process_with_other_files_than_the_stages_says_so(loaded: Loaded, folder: Path) -> None:
    def differing(world: World) -> tuple[str | None, str | None, bool]:
        of_api, of_stages = (each.checks().get("files") for each in (world.api, world.stages))
        return (
            None if of_api is None else of_api.detail,
            None if of_stages is None else of_stages.detail,
            "hub_catalog_differs 1.0" in world.api.metrics().decode(),
        )

    def diagnosed() -> Diagnosis:
        [found] = [each for each in examine(loaded) if each.check == "files"]
        return found

    with world_of(loaded) as world:
        assert differing(world) == (None, None, False)
        world.stages.note_files()
        assert differing(world) == (None, None, False)
        assert diagnosed().is_ok
        # A comment changes nothing, a name that is read otherwise does.
        names = "rules: [{rule: a, namespaces: rail, fold_case: true}]  # for all"
        (folder / "names.yaml").write_text(names)
        world.stages.catalog.reload()
        world.stages.note_files()
        of_api, of_stages, is_measured = differing(world)
        assert of_api is not None
        assert f"the stages decide by revision {world.stages.catalog.revision()}" in of_api
        assert (of_stages, is_measured) == (None, True)
        assert diagnosed().is_ok
        (folder / "names.yaml").write_text(names.partition("#")[0])
        world.api.catalog.reload()
        assert differing(world) == (None, None, False)
        (folder / "names.yaml").unlink()
        found = diagnosed()
        assert not found.is_ok
        assert "send them SIGHUP" in str(found.fix)


def test_since_when_an_objective_counts_that_was_changed_while_no_hub_ran_is_told(
    loaded: Loaded, folder: Path
) -> None:
    with world_of(loaded) as world:
        began = format_instant(world.now)
        assert world.slo("scans-fresh")["objectiveSince"] == began
    changed = SLOS.replace("within: 6h", "within: 5h")
    (folder / "products" / "scans.yaml").write_text(PRODUCT + changed)
    with world_of(loaded) as world:
        again = format_instant(world.now)
        assert world.slo("scans-fresh")["objectiveSince"] == again
        assert world.slo("scans-run")["objectiveSince"] == began


def test_of_two_processes_with_stages_the_last_to_read_its_files_is_right(
    loaded: Loaded, folder: Path
) -> None:
    with world_of(loaded) as world:
        world.stages.note_files()
        (folder / "rules").mkdir()
        rules = "rule_set: 2026-12-01\nrules: [{rule: q, class: ACCESS, message: quota}]\n"
        (folder / "rules" / "2026-12-01.yaml").write_text(rules)
        world.api.catalog.reload()
        world.api.note_files()
        world.stages.note_files()

        assert "files" in world.stages.checks()
        assert "files" not in world.api.checks()


def test_a_lane_that_runs_then_fails_then_falls_silent(
    loaded: Loaded, hub: Command, shown: Shown, folder: Path
) -> None:
    landing = folder / "landing"
    assert hub("run", "scans") == 0
    with world_of(loaded) as world:
        told = world.slo("scans-run")
        assert told["state"] == "OK"
        assert told["detail"].startswith("1 of the last 1 run passed; 2 of 3 are to; the last was")

        landing.rename(folder / "away")
        assert hub("run", "scans") != 0
        world.settle()
        assert world.slo("scans-run")["detail"].startswith("1 of the last 2 runs passed")
        (folder / "away").rename(landing)

        world.begin()
        world.settle()
        assert world.slo("scans-run")["state"] == "OK"
        world.now += 9 * HOUR
        world.settle()
        told = world.slo("scans-run")
        assert told["state"] == "BREACHED"
        assert told["detail"].startswith("1 of the last 3 runs passed")
        assert "scans-run" in world.get("/slos")
        [ours] = [each for each in shown("slo") if each["name"] == "scans-run"]
        assert (ours["state"], ours["detail"]) == ("BREACHED", told["detail"])

    for state in ("BREACHED", "OK"):
        assert hub("run", "scans") == 0
        with world_of(loaded) as world:
            assert world.slo("scans-run")["state"] == state


def test_what_runs_no_stages_tells_what_those_have_done_and_says_what_they_have_not(
    loaded: Loaded, hub: Command
) -> None:
    assert hub("run", "scans") == 0
    with world_of(loaded) as world:
        assert world.slo("scans-fresh")["detail"].endswith("it may be 6 hours")
        # The process with the stages is away, and the deadline passes.
        world.now += 7 * HOUR
        told = world.slo("scans-fresh")
        assert told["state"] == "OK"
        assert "as of now it is breached, which has not been judged yet" in told["detail"]
        assert "which has not been judged yet" in world.get("/slos")
        world.begin()
        world.now += 2 * HOUR
        waits = json.loads(world.get("/readyz"))["checks"]["project"]["detail"]
        assert waits == "1 entry behind, the first of them for 2 hours"
        # It comes back.
        world.settle()
        told = world.slo("scans-fresh")
        assert (told["state"], round(told["budget"]["spentSeconds"] / 60)) == ("BREACHED", 180)
        late = [each for each in world.asked()["incidents"]["nodes"] if "late" in each["title"]]
        assert [each["root"]["id"] for each in late] == ["dataset:lake:bronze.scans"]
        assert late[0]["id"].removeprefix("incident:") in world.get("/incidents")
        assert json.loads(world.get("/readyz"))["checks"]["project"]["detail"] == "0 entries behind"


def test_metrics_leave_out_what_only_the_stages_count(loaded: Loaded, hub: Command) -> None:
    assert hub("run", "scans") == 0
    with world_of(loaded) as world:
        told = world.get("/metrics")
        world.api.start(intake=False, stages=True, delivers=False)
        both = world.get("/metrics")
    for each in ('hub_slo_budget_left{slo="scans-fresh"}', "hub_intake_pending_bytes"):
        assert each in told
    assert "hub_projected_entries" in both
    assert not [line for line in told.splitlines() if line.startswith(OF_STAGES)]


def test_every_metric_of_a_stage_is_known_to_be_of_one() -> None:
    packages = ("hub.flow.project", "hub.flow.evaluate", "hub.flow.route", "hub.flow.infer")
    found = {
        family.name
        for name, module in list(sys.modules.items())
        if name.startswith(packages)
        for made in vars(module).values()
        if isinstance(made, MetricWrapperBase)
        for family in made.describe()
    }
    assert "hub_incidents_opened" in found
    assert [name for name in found if not name.startswith(OF_STAGES)] == []
