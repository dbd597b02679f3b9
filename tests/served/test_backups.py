"""Backups, taken and restored with the databases' own tools, as docs/operations.md says it."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from hub.flow.project import project_all, verify
from hub.store.fingerprint import combine, fingerprint_tables
from hub.store.opening import Store, open_store
from tests.served.hubs import kill_with_children, served
from tests.served.test_kill import Sender, event

EVENTS = "/api/v1/events/lineage?limit=1"

# Copies a store, and returns the URL of the copy.
Backup = Callable[[], str]


@pytest.fixture
def sqlite_backup(sqlite_url: str, tmp_path: Path) -> Backup:
    """What ``sqlite3 hub.db ".backup copy.db"`` does."""

    def back_up() -> str:
        source, copy = make_url(sqlite_url).database or "", tmp_path / "copy.db"
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(copy)) as made:
            live.backup(made)
        return f"sqlite:///{copy}"

    return back_up


@pytest.fixture
def postgresql_backup(postgresql_url: str, tmp_path: Path) -> Backup:
    """``pg_dump``, then ``pg_restore`` into a new database, of the server's own version."""
    [package] = getattr(find_spec("pgserver"), "submodule_search_locations", None) or [""]
    tools = Path(package) / "pginstall" / "bin"

    def call(tool: str, *options: str) -> None:
        subprocess.run([tools / tool, *options], check=True, capture_output=True)

    def back_up() -> str:
        url = make_url(postgresql_url).set(drivername="postgresql")
        copy = url.set(database=f"{url.database}_copy")
        source, target = (each.render_as_string(hide_password=False) for each in (url, copy))
        dump = tmp_path / "hub.dump"
        call("pg_dump", "--format=custom", f"--file={dump}", source)
        call("psql", source, "--command", f"CREATE DATABASE {copy.database}")
        call("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={target}", str(dump))
        return copy.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

    return back_up


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_of_a_busy_hub_is_a_hub_that_knows_all_it_had_acknowledged(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    back_up: Backup = request.getfixturevalue(f"{kind}_backup")
    with served(tmp_path, "--database", url) as (address, process):
        sender = Sender(address, "sent")
        sender.start()
        assert sender.has_enough.wait(60)
        before = list(sender.acknowledged)
        copy = back_up()
        process.terminate()
        sender.join()
        process.wait()
    with served(tmp_path, "--database", copy) as (address, _process):
        known = httpx.get(f"{address}{EVENTS}").json()["totalCount"]
        assert known >= len(before)
        for run_id in before:
            httpx.post(f"{address}/api/v1/lineage", json=event(run_id)).raise_for_status()
        assert httpx.get(f"{address}{EVENTS}").json()["totalCount"] == known
        for run_id in sender.acknowledged:
            httpx.post(f"{address}/api/v1/lineage", json=event(run_id)).raise_for_status()
    with closing(open_store(url)) as live, closing(open_store(copy)) as restored:
        assert fingerprint(restored) == fingerprint(live)
        assert not verify(restored)


def test_the_files_of_a_hub_that_was_killed_are_whole_together(
    sqlite_url: str, tmp_path: Path
) -> None:
    with served(tmp_path, "--database", sqlite_url) as (address, process):
        httpx.post(f"{address}/api/v1/lineage", json=event("last")).raise_for_status()
        kill_with_children(process)
    (tmp_path / "copy").mkdir()
    for file in tmp_path.glob("hub.db*"):
        (tmp_path / "copy" / file.name).write_bytes(file.read_bytes())
    with (
        closing(open_store(sqlite_url)) as live,
        closing(open_store(f"sqlite:///{tmp_path}/copy/hub.db")) as copied,
    ):
        assert fingerprint(copied) == fingerprint(live)
        assert not verify(copied)


def fingerprint(store: Store) -> str:
    project_all(store)
    with store.database.read() as connection:
        return combine(fingerprint_tables(connection))
