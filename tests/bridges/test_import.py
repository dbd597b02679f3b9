"""A Marquez is imported: whole, once, however it is read and wherever it was cut off."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.flow.project.rebuild import verify
from hub.store.fingerprint import combine, fingerprint_tables
from hub.store.opening import open_store
from tests.api.intake import bodies
from tests.bridges.recorded import RecordedMarquez


def run(*args: str) -> int:
    return run_to_exit(lambda: root(["bridge", *args]))


def imported(
    marquez: RecordedMarquez, url: str, capsys: pytest.CaptureFixture[str], *more: str
) -> tuple[int, dict[str, Any]]:
    """Import into a store; return the exit code and the report."""
    capsys.readouterr()
    place = "--url" if url.startswith("http") else "--database"
    code = run("import", "marquez", "--from", marquez.url, place, url, "--json", *more)
    out, err = capsys.readouterr()
    return code, json.loads(out) if out else {"error": err}


def fingerprint(url: str) -> str:
    with closing(open_store(url)) as store, store.database.read() as connection:
        return combine(fingerprint_tables(connection))


def told(url: str) -> list[bytes]:
    with closing(open_store(url)) as store:
        return bodies(store)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints lie in the working directory."""
    monkeypatch.chdir(tmp_path)


def test_everything_that_a_marquez_lists_is_in_the_hub_afterwards(
    marquez: RecordedMarquez, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = imported(marquez, store_url, capsys)

    assert code == 0, report
    counts = {each["kind"]: (each["there"], each["here"]) for each in report["counts"]}
    assert counts == {
        "events": (11, 11),
        "namespaces": (10, 10),
        "sources": (2, 2),
        "tags": (5, 5),
        "datasets": (6, 6),
        "jobs": (7, 7),
        "runs": (10, 10),
    }
    assert {each["kind"]: each["count"] for each in report["differences"]} == {
        "runs": 2,
        "namespaces": 1,
        "sources": 1,
        "jobs": 1,
    }
    with closing(open_store(store_url)) as store:
        assert verify(store) == []


def test_importing_again_changes_nothing(
    marquez: RecordedMarquez, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _code, first = imported(marquez, store_url, capsys)
    before, journal = fingerprint(store_url), told(store_url)
    code, again = imported(marquez, store_url, capsys)

    assert code == 0
    assert set(again["told"].values()) == {0}
    assert (again["counts"], again["differences"]) == (first["counts"], first["differences"])
    assert (fingerprint(store_url), told(store_url)) == (before, journal)
