"""The driver's process: when it dies, is too hungry or cannot start, one run fails and says why."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hub_lane_odbc.connection import attributes, completed, driver_of
from hub_lane_odbc.lane import OdbcLane

from hub.domain.errors import Unreachable
from hub.spi.lane import LaneContext

pytestmark = pytest.mark.needs("odbc")

# Loaded by the child as it starts: what arrow-odbc, or the driver below it, does to a process.
AT_START = """
import sys
if "-m" in sys.orig_argv and "hub_lane_odbc.child" in sys.orig_argv:
    import arrow_odbc, pyarrow as pa
    from arrow_odbc.connect import Connection
    read = Connection.read_arrow_batches
    def damaged(self, query, **options):
        if "union all" in query:
{fault}
        return read(self, query, **options)
    Connection.read_arrow_batches = damaged
"""
FAULTS = {
    # A Rust panic across the language's border: measured with arrow-odbc 10.6.2.
    "SIGABRT": "options['schema'] = pa.schema([('c0', pa.timestamp('us', 'UTC'))])",
    "SIGSEGV": "import ctypes; ctypes.string_at(8)",
    "SIGKILL": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
}


@pytest.fixture
def cabinet(tmp_path: Path) -> Path:
    path = tmp_path / "cabinet.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("create table fees (id timestamp)")
        database.execute("insert into fees values ('2026-01-01 00:00:00')")
    return path


def context(path: Path, **options: object) -> LaneContext:
    given = {"connection": f"Driver=SQLite3;Database={path}", "table": "fees", **options}
    return LaneContext(step="city.fees", options=given, root=str(path.parent), expected={})


@pytest.mark.parametrize("name", FAULTS)
def test_a_driver_that_dies_costs_one_run(
    cabinet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(AT_START.format(fault=" " * 12 + FAULTS[name]))
    with monkeypatch.context() as patched:
        patched.setenv("PYTHONPATH", str(tmp_path))
        with pytest.raises(Unreachable, match=rf"fees: the driver crashed .* signal {name}"):
            list(OdbcLane().read(context(cabinet), None))

    [piece] = OdbcLane().read(context(cabinet), None)
    assert piece.table is not None
    assert piece.table.num_rows == 1


def test_a_driver_that_takes_too_much_memory_is_stopped(cabinet: Path) -> None:
    with closing(sqlite3.connect(cabinet)) as database, database:
        database.execute("create table notes (note text)")
        database.executemany("insert into notes values (?)", [("x" * 200_000,)] * 500)
    hungry = {"table": "notes", "max_text_bytes": 1_000_000}

    with pytest.raises(
        MemoryError, match=r"notes: reading took more than memory_bytes \(33554432\)"
    ):
        list(OdbcLane().read(context(cabinet, memory_bytes=1 << 25, **hungry), None))
    pieces = list(OdbcLane().read(context(cabinet, **hungry), None))
    assert sum(piece.table.num_rows for piece in pieces if piece.table is not None) == 500


def test_a_driver_that_does_not_answer_is_given_up(
    cabinet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub_lane_odbc.extraction._TIMEOUT_SECONDS", 0.05)
    with pytest.raises(Unreachable, match=r"fees was not read in 0\.05 s"):
        list(OdbcLane().read(context(cabinet), None))


def test_a_missing_driver_is_named_with_what_to_do(cabinet: Path) -> None:
    with pytest.raises(Unreachable, match="NoSuchDriver") as caught:
        list(OdbcLane().read(context(cabinet, connection="Driver=NoSuchDriver"), None))
    assert "install the driver" in str(caught.value.fix)


def test_a_missing_table_or_database_is_the_source_s_fault(cabinet: Path) -> None:
    with pytest.raises(Unreachable, match="no such table: nowhere"):
        list(OdbcLane().read(context(cabinet, table="nowhere"), None))
    elsewhere = f"Driver=SQLite3;Database={cabinet.parent}"
    with pytest.raises(Unreachable, match="connect failed"):
        list(OdbcLane().read(context(cabinet, connection=elsewhere), None))


def test_no_secret_is_among_the_child_s_arguments(
    cabinet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    run = sys.modules["hub_lane_odbc.extraction"].subprocess.run  # type: ignore[attr-defined]

    def noting(*args: object, **options: object) -> object:
        seen.extend([args, {k: v for k, v in options.items() if k != "input"}, dict(os.environ)])
        return run(*args, **options)

    monkeypatch.setattr("hub_lane_odbc.extraction.subprocess.run", noting)
    connection = f"Driver=SQLite3;Database={cabinet};PWD=hunter2"
    list(OdbcLane().read(context(cabinet, connection=connection), None))
    assert seen
    assert "hunter2" not in str(seen)


@pytest.mark.parametrize(
    ("connection", "expected"),
    [
        ("Driver={A;B};PWD=a}}b", {"driver": "A;B", "pwd": "a}}b"}),
        ("DSN=x; UID = me ;PWD={a}};=b}", {"dsn": "x", "uid": "me", "pwd": "a};=b"}),
        ("", {}),
    ],
)
def test_connection_strings_are_read_with_their_braces(
    connection: str, expected: dict[str, str]
) -> None:
    assert attributes(connection) == expected


def test_what_a_connection_string_says_already_stays() -> None:
    told = completed("Driver={SQLite3};StepAPI=no;", {"StepAPI": "yes", "Other": "1"})
    assert told == "Driver={SQLite3};StepAPI=no;Other=1"
    assert driver_of(told) == "SQLite3"
    assert driver_of("Database=x") == "of no name"


def test_what_the_machine_lacks_is_known_before_a_run(
    cabinet: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    OdbcLane().check(context(cabinet))
    OdbcLane().check(context(cabinet, connection="DSN=somewhere"))
    OdbcLane().check(context(cabinet, connection="Driver=${DRIVER}"))
    monkeypatch.setenv("ODBCSYSINI", str(tmp_path))
    with pytest.raises(Unreachable, match=r"no ODBC driver SQLite3 \(it has none\)") as caught:
        OdbcLane().check(context(cabinet))
    assert "install the driver" in str(caught.value.fix)
