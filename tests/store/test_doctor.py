"""What is found on a machine and in a catalog, each with what to do about it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.app.doctor import Diagnosis, examine
from hub.domain.catalog import Catalog
from hub.settings import load_settings
from hub.store.opening import open_store
from hub.testing.scenario import Scenario, run

DOMAINS = "domains:\n  - domain: shop\n    team: shop-data\n"
PRODUCT = """
product: orders
domain: shop
steps:
  - step: load
    lane: files
    options: {path: orders.csv}
    writes: bronze.orders
"""
ORDERS = """
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
schema:
  - name: bronze.orders
    properties:
      - {name: id, logicalType: integer, required: true}
    quality:
      - {name: orders are there, metric: rowCount, mustBeGreaterThan: 0}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "domains.yaml").write_text(DOMAINS)
    (tmp_path / "products").mkdir()
    (tmp_path / "products" / "orders.yaml").write_text(PRODUCT)
    return tmp_path


def examined(folder: Path) -> dict[str, Diagnosis]:
    flags = {"database": f"sqlite:///{folder}/hub.db", "serve.port": 0}
    return {each.check: each for each in examine(load_settings(folder, flags=flags, environ={}))}


def test_what_policies_demand_is_to_be_mended(folder: Path) -> None:
    found = examined(folder)["policy contracted"]
    assert not found.is_ok
    assert found.found == "step orders.load takes records without a contract"
    assert found.fix
    assert not examined(folder)["policy owned"].is_ok


def test_a_store_of_another_hub_is_not_to_be_migrated(folder: Path) -> None:
    with closing(open_store(f"sqlite:///{folder}/hub.db")) as store:
        assert examined(folder)["store"].is_ok
        with store.database.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'elsewhere'"))
    found = examined(folder)["store"]
    assert not found.is_ok
    assert "the hub that made it" in str(found.fix)


def test_what_policies_advise_is_told(folder: Path) -> None:
    found = examined(folder)["policy promised"]
    assert (found.is_ok, found.found) == (True, "product orders promises nothing")


def test_a_broken_catalog_is_told_once_and_the_rest_all_the_same(folder: Path) -> None:
    (folder / "domains.yaml").write_text(DOMAINS + "    pager: x\n")
    found = examined(folder)
    assert "domains.yaml:2: " in found["catalog"].found
    assert not [name for name in found if name.startswith("policy")]
    assert found["disk"].is_ok


def test_rules_of_quality_that_a_lane_will_not_run_are_told(folder: Path) -> None:
    contract = folder / "contracts" / "orders.odcs.yaml"
    contract.parent.mkdir()
    contract.write_text(ORDERS)
    product = folder / "products" / "orders.yaml"
    product.write_text(f"{PRODUCT.rstrip()}\n    contract: orders\n")
    found = examined(folder)["step orders.load"]
    assert found.is_ok
    assert "rules of quality of contract orders: orders are there" in found.found

    contract.write_text(ORDERS.partition("    quality:")[0])
    assert "step orders.load" not in examined(folder)


def test_an_option_that_a_lane_does_not_have_is_told_with_those_that_it_has(folder: Path) -> None:
    assert "step orders.load" not in examined(folder)
    product = folder / "products" / "orders.yaml"
    product.write_text(PRODUCT.replace("path:", "pathh:"))
    found = examined(folder)["step orders.load"]
    assert not found.is_ok
    assert "pathh" in found.found
    assert "path, " in str(found.fix)


def test_what_only_the_catch_all_owns_is_told_with_where_to_name_an_owner(folder: Path) -> None:
    assert examined(folder)["owners"].is_ok
    store = open_store(f"sqlite:///{folder}/hub.db")
    world = Scenario(store, Catalog(), start="2026-11-23 04:00")
    world.at("04:10", run("elsewhere/nightly").writes("wild:x").fails("syntax error at or near"))
    store.close()
    found = examined(folder)["owners"]

    assert not found.is_ok
    assert found.found == "nobody but the catch-all owns dataset:wild:x"
    assert "`owners` in domains.yaml" in str(found.fix)
