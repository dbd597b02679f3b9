"""A spent error budget closes the gate to tier 1, or freezes contracts, and says so."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from hub.app.clock import now
from hub.app.hub import offline, settle
from hub.app.hub_api import InProcess
from hub.app.publishing import ContractFiles
from hub.app.serving import endpoints
from hub.domain.budgets import DAY
from hub.domain.commands import ApproveAlias, entry_of
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.errors import NotFound
from hub.domain.incidents.decisions import SloChanged, encode_decision
from hub.domain.names import NodeKind
from hub.domain.slos.slo import SloState
from hub.queries.contracts import find_contract
from hub.runtime.report import HttpReporter
from hub.settings import Loaded, load_settings
from tests.runtime.conftest import PRODUCT, Command, Shown
from tests.runtime.mesh import SCANS_CONTRACT

SCANS = "dataset:lake:bronze.scans"
NEXT_CONTRACT = SCANS_CONTRACT.replace("version: 1.0.0", "version: 1.1.0")
BUDGET = """
slos:
  - slo: scans-fresh
    freshness: {dataset: bronze.scans, within: 90d, clock: processing}
    budget:
      {target: 0.99, window: 30d, no_data: good, when_spent: [close-gate, freeze-contracts]}
"""
BOARD = """
product: board
domain: rail
tier: TIER
steps:
  - step: daily
    transform: duckdb
    reads: [bronze.scans]
    sql: select count(*) as scans from bronze.scans
    writes: gold.daily
"""


@pytest.fixture
def loaded(folder: Path, sqlite_url: str, hub: Command) -> Loaded:
    """A mesh of two products: what the board of tier 1 reads has a budget. All was made once."""
    (folder / "products" / "scans.yaml").write_text(PRODUCT + BUDGET)
    (folder / "products" / "board.yaml").write_text(BOARD.replace("TIER", "1"))
    assert hub("run", "scans") == 0
    assert hub("contract", "publish", str(folder / "contracts" / "scans.odcs.yaml")) == 0
    return load_settings(folder, flags={"database": sqlite_url})


def broken_for(loaded: Loaded, hours: float) -> None:
    """Let the freshness of scans have been broken for some hours, until an hour ago."""
    with offline(loaded) as hub:
        end = now() - DAY // 24
        changes = [(end - int(hours * DAY / 24), SloState.BREACHED), (end, SloState.OK)]
        entries = [
            NewEntry(
                EntryKind.DECISION,
                encode_decision(
                    SloChanged(
                        at=end,
                        slo="scans-fresh",
                        state=state.value,
                        detail="",
                        since=since,
                        is_bad=state is SloState.BREACHED,
                    )
                ),
            )
            for since, state in changes
        ]
        hub.store.journal.append(entries, recorded_at=end)
        settle(hub)


def test_the_gate_is_open_while_budget_is_left(loaded: Loaded, hub: Command, shown: Shown) -> None:
    broken_for(loaded, 7)

    assert hub("gate", "check", SCANS) == 0
    assert shown("gate", "check", SCANS) == {"node": SCANS, "tier": 1, "open": True, "reasons": []}


def test_a_spent_budget_closes_the_gate_to_tier_1_alone(
    loaded: Loaded, hub: Command, shown: Shown
) -> None:
    broken_for(loaded, 8)

    for node in (SCANS, "product:scans", "field:lake:bronze.scans:id"):
        assert hub("gate", "check", node) == 1
        [reason] = shown("gate", "check", node)["reasons"]
        assert "SLO scans-fresh has spent 8 hours of the 7 hours 12 minutes" in reason
        assert "closed to products of tier 1" in reason
    assert hub("gate", "check", SCANS, "--tier", "2") == 0
    assert hub("gate", "check", "dataset:lake:gold.daily") == 0


def test_a_dataset_has_one_gate_under_all_of_its_names(
    loaded: Loaded, hub: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    broken_for(loaded, 8)
    assert hub("gate", "check", "dataset:lake:bronze.all_scans") == 2
    capsys.readouterr()
    with offline(loaded) as opened:
        alias = ApproveAlias(
            actor="ana",
            kind=NodeKind.DATASET,
            first=("lake", "bronze.all_scans"),
            second=("lake", "bronze.scans"),
        )
        opened.store.journal.append([entry_of(alias)], recorded_at=now())
        settle(opened)

    for node in ("dataset:lake:bronze.all_scans", "field:lake:bronze.all_scans:id"):
        assert hub("gate", "check", node) == 1
        assert "SLO scans-fresh has spent" in capsys.readouterr().out


def test_what_nobody_has_named_has_no_gate(
    loaded: Loaded, hub: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    del loaded
    for node, said in (
        ("dataset:lake:nothing", "no event has named it"),
        ("product:nothing", "nothing declares it"),
        ("job:rail:scans", "nothing that is read"),
        ("scans", "no node id"),
    ):
        assert hub("gate", "check", node) == 2
        assert said in capsys.readouterr().err


def test_a_product_of_tier_1_does_not_read_through_a_closed_gate(
    loaded: Loaded, hub: Command, shown: Shown, folder: Path
) -> None:
    broken_for(loaded, 8)

    [held] = shown("run", "board")
    assert (held["state"], held["origin"]) == ("ABORT", "upstream")
    assert "SLO scans-fresh has spent" in held["error"]
    (folder / "products" / "board.yaml").write_text(BOARD.replace("TIER", "2"))
    assert hub("run", "board") == 0


def test_a_frozen_contract_is_changed_only_with_a_reason(
    loaded: Loaded, hub: Command, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken_for(loaded, 8)
    path = folder / "next.yaml"
    path.write_text(NEXT_CONTRACT)

    assert hub("contract", "publish", str(path)) == 4
    said = capsys.readouterr().err
    assert "the contracts of scans are frozen" in said
    assert "despite" in said
    assert hub("contract", "publish", str(path), "--despite", "the field is gone for good") == 0
    assert "contract:scans:1.1.0 is published" in capsys.readouterr().out
    with offline(loaded) as opened, opened.store.database.read() as connection:
        entries = opened.store.journal.read(connection, after=0, limit=1_000)
    contracts = [json.loads(each.body) for each in entries if each.kind is EntryKind.CONTRACT]
    assert contracts[-1]["despite"] == "the field is gone for good"
    # What is published already is no change.
    assert hub("contract", "publish", str(path)) == 0


def test_a_contract_that_is_not_frozen_is_published(
    loaded: Loaded, hub: Command, folder: Path
) -> None:
    broken_for(loaded, 7)
    path = folder / "next.yaml"
    path.write_text(NEXT_CONTRACT)

    assert hub("contract", "publish", str(path)) == 0
    path.write_text(NEXT_CONTRACT.replace("required: true", "required: false"))
    assert hub("contract", "publish", str(path)) == 2
    assert hub("contract", "publish", str(folder / "none.yaml")) == 2


def test_a_frozen_contract_of_the_files_waits_and_the_hub_says_so(
    loaded: Loaded, folder: Path
) -> None:
    broken_for(loaded, 8)
    (folder / "contracts" / "scans.odcs.yaml").write_text(NEXT_CONTRACT)

    with offline(loaded) as hub:
        hub.publish_contracts()
        settle(hub)
        assert "frozen: scans: SLO scans-fresh" in hub.checks()["contracts"].detail
        with hub.store.database.read() as connection:
            newest = find_contract(connection, "scans", None)
    assert newest is not None
    assert newest.version == "1.0.0"


def test_a_frozen_contract_of_the_files_is_published_when_budget_is_left(
    loaded: Loaded, folder: Path
) -> None:
    broken_for(loaded, 8)
    (folder / "contracts" / "scans.odcs.yaml").write_text(NEXT_CONTRACT)
    moment = now()
    with offline(loaded) as hub:
        files = ContractFiles(hub.store, hub.catalog, clock=lambda: moment, index=hub.index)

        def published() -> str | None:
            files.step()
            settle(hub)
            with hub.store.database.read() as connection:
                newest = find_contract(connection, "scans", None)
            return newest.version if newest else None

        assert published() == "1.0.0"
        # Eight hours were bad until an hour ago, and 48 minutes are too many.
        moment += 30 * DAY - 9 * DAY // 24 + 47 * DAY // 1440
        assert published() == "1.0.0"
        assert files.frozen
        moment += 2 * DAY // 1440
        assert published() == "1.1.0"
        assert not files.frozen


def test_a_contract_of_the_files_is_published_when_they_are_read_again(
    loaded: Loaded, folder: Path
) -> None:
    with offline(loaded) as hub:
        hub.publish_contracts()
        (folder / "contracts" / "scans.odcs.yaml").write_text(NEXT_CONTRACT)
        hub.catalog.reload()
        hub.publish_contracts()
        settle(hub)
        with hub.store.database.read() as connection:
            newest = find_contract(connection, "scans", None)
    assert newest is not None
    assert newest.version == "1.1.0"


def test_a_contract_is_checked_before_it_is_published(
    loaded: Loaded, hub: Command, shown: Shown, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "next.yaml"
    path.write_text(NEXT_CONTRACT)
    assert hub("contract", "check", str(path)) == 0
    assert capsys.readouterr().out == "it may be published\n"

    broken_for(loaded, 8)
    assert hub("contract", "check", str(path)) == 1
    assert "the contracts of scans are frozen" in capsys.readouterr().out
    path.write_text(SCANS_CONTRACT.replace("required: true", "required: false"))
    assert hub("contract", "check", str(path)) == 1
    assert "1.0.0 was published with another text" in capsys.readouterr().out
    path.write_text(SCANS_CONTRACT.replace("version: 1.0.0", ""))
    found = shown("contract", "check", str(path))
    assert found["publishable"] is False
    assert "version" in found["findings"][0]
    path.write_text(SCANS_CONTRACT)
    assert hub("contract", "check", str(path)) == 0
    assert hub("contract", "check", str(folder / "none.yaml")) == 2


def test_runners_elsewhere_ask_over_http(loaded: Loaded) -> None:
    broken_for(loaded, 8)

    with offline(loaded) as hub:
        transport = InProcess(endpoints(hub))
        client = httpx.Client(transport=transport, base_url="http://localhost")
        asked = client.post("/api/v1/gate", json={"node": SCANS}).json()
        assert (asked["open"], asked["tier"], len(asked["reasons"])) == (False, 1, 1)
        assert client.post("/api/v1/gate", json={"node": SCANS, "tier": 3}).json()["open"]
        for body in (b"", b"[]", b"{}", b'{"node": 5}', b'{"node": "x"}', b"\xff", b'{"tier": 0}'):
            assert client.post("/api/v1/gate", content=body).status_code == 400
        assert client.post("/api/v1/gate", json={"node": "product:x"}).status_code == 404
        assert client.get("/api/v1/gate").status_code == 405
        reporter = HttpReporter("http://localhost", transport=transport)
        assert reporter.objections(SCANS, 1) == asked["reasons"]
        assert reporter.objections(SCANS, 2) == []
        with pytest.raises(NotFound):
            reporter.objections("product:x", 1)
        transport.close()
