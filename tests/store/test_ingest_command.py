"""``hub ingest`` says which file, and which of its events, it cannot use."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit

EVENT = b'{"eventTime": "2026-11-23T03:00:00Z", "number": %d}\n'


def refused(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what is said of a file that cannot be used."""
    database = f"sqlite:///{path.parent}/hub.db"
    assert run_to_exit(lambda: root(["ingest", str(path), "--database", database])) == 2
    return capsys.readouterr().err


def test_an_event_that_is_no_json_is_named_by_file_and_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"".join(EVENT % number for number in range(250)) + b"{bad\n")
    assert f"{path}, event 251: the body is not JSON" in refused(path, capsys)


def test_an_archive_that_is_cut_off_is_told_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "events.ndjson.gz"
    path.write_bytes(gzip.compress(EVENT * 100 % tuple(range(100)))[:-20])
    assert f"{path} cannot be unpacked" in refused(path, capsys)
    path.write_bytes(b"not packed at all")
    assert f"{path} cannot be unpacked" in refused(path, capsys)
