"""``hub search`` against a store, and against a hub over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.names import DatasetName, JobName
from hub.flow.consumer import run_until_idle
from hub.flow.index import Index
from hub.flow.project import Project
from hub.store.opening import open_store
from hub.testing.builders import dataset, run_event, schema
from tests.small_world import append

ORDERS = DatasetName("postgres://db:5432", "shop.public.customer_orders")
LOAD = JobName("shop", "load_orders")
NAMED = "postgres%3A//db%3A5432:shop.public.customer_orders"


@pytest.fixture
def url(sqlite_url: str) -> str:
    made = dataset(ORDERS, schema=schema("order_id"), tags={"tags": [{"key": "orders"}]})
    store = open_store(sqlite_url)
    append(store, run_event(LOAD, "1", at=1, outputs=[made]))
    run_until_idle([Project(store), Index(store)])
    store.close()
    return sqlite_url


def run(*args: str) -> int:
    return run_to_exit(lambda: root(["search", *args]))


def test_what_matches_is_shown_with_how_and_in_what(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("orders", "--database", url) == 0
    assert [line.split(maxsplit=3) for line in capsys.readouterr().out.splitlines()] == [
        ["score", "level", "in", "id"],
        ["0.60", "exact", "tag:", f"orders  dataset:{NAMED}"],
        ["0.56", "word", "name", "job:shop:load_orders"],
        ["0.19", "typo", "name", f"field:{NAMED}:order_id"],
    ]


def test_kinds_and_how_many_can_be_chosen(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("order", "--kind", "field", "--kind", "job", "--first", "1", "--database", url) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[1].endswith("customer_orders:order_id")
    assert said.err == "not shown: 1 (see --first)\n"


def test_what_was_there_can_be_searched(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for clock in ("--as-of", "--known-at"):
        assert run("orders", "--database", url, clock, "1969-12-31T23:59:59Z") == 2
        assert clock in capsys.readouterr().err
    assert run("orders", "--database", url, "--as-of", "1970-01-01T00:00:00Z") == 0
    assert capsys.readouterr().out == "nothing\n"
    assert run("orders", "--database", url, "--as-of", "1970-01-01T00:00:01Z") == 0
    assert "dataset:" in capsys.readouterr().out


def test_nothing_is_no_error(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("invoices", "", "%"):
        assert run(text, "--database", url) == 0
        assert capsys.readouterr().out == "nothing\n"


@pytest.mark.parametrize("args", [["x" * 3_000], ["x", "--kind", "run"], ["x", "--first", "0"]])
def test_what_cannot_be_asked_is_a_usage_error(args: list[str], url: str) -> None:
    assert run(*args, "--database", url) == 2


def test_what_is_declared_is_found_too(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    declared = "domains:\n  - {domain: sales, team: sales-team}\n"
    (tmp_path / "domains.yaml").write_text(declared)
    assert run("sales", "--config", str(tmp_path), "--database", url) == 0
    assert "domain:sales" in capsys.readouterr().out


def test_a_hub_says_what_its_store_says(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("custmer", "--database", url, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [node["level"] for node in said["nodes"]] == ["TYPO"]

    def post(_address: str, **sent: object) -> httpx.Response:
        assert sent["json"]["variables"] == {  # type: ignore[index]  # a mapping
            "text": "custmer",
            "kinds": ["DATASET"],
            "first": 20,
            "asOf": "1970-01-01T00:00:00.000000Z",
            "knownAt": None,
        }
        return httpx.Response(200, json={"data": {"search": said}})

    monkeypatch.setattr(httpx, "post", post)
    asked = ("custmer", "--kind", "dataset", "--as-of", "1970-01-01T00:00:00Z", "--json")
    assert run(*asked, "--url", "http://hub.example") == 0
    assert json.loads(capsys.readouterr().out) == said
