"""Commands say of a file that they cannot use which it is, and where in it, and exit with 2."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit

EVENTS = [("ingest",), ("explain", "--event"), ("simulate", "--events")]
DOCUMENTS = [("contract", "check"), ("contract", "publish"), ("slo", "import")]
EVENT = b'{"eventTime": "2026-01-01T00:00:00Z"}\n'


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.telemetry.configure_logging", lambda: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUB_DATABASE", f"sqlite:///{tmp_path}/hub.db")


def refusal(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    """Run a command that is refused; return what it says."""
    assert run_to_exit(lambda: root(list(command))) == 2
    shown = capsys.readouterr().err
    assert "  fix: " in shown
    return shown


@pytest.mark.parametrize("command", [*EVENTS, *DOCUMENTS, ("classify",)], ids=" ".join)
def test_a_file_that_is_not_there_or_not_to_be_read_is_named(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(capsys, *command, "none.json")
    assert said.startswith("error: none.json cannot be read: No such file or directory\n")
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked" / "it.json").write_bytes(EVENT)
    (tmp_path / "locked" / "round").symlink_to("round")
    said = refusal(capsys, *command, "locked/round")
    assert said.startswith("error: locked/round cannot be read: Too many levels of symbolic links")
    if os.geteuid():
        (tmp_path / "locked").chmod(0)
        said = refusal(capsys, *command, "locked/it.json")
        (tmp_path / "locked").chmod(0o700)
        assert said.startswith("error: locked/it.json cannot be read: Permission denied")


@pytest.mark.parametrize("command", EVENTS, ids=" ".join)
@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"no JSON", ", event 1: the body is not JSON"),
        (EVENT + b'{"job":\n', ", event 2: the body is not JSON"),
        (EVENT + b"\xff\xfe\x00\n", ", event 2: the body is not valid UTF-8"),
        (b"[" + EVENT + b", 3]", ", event 2: the body is not a JSON object"),
        (b"[" + EVENT, ": the body is not JSON"),
    ],
)
def test_an_event_that_is_no_json_is_named_with_its_file_and_number(
    command: tuple[str, ...],
    body: bytes,
    where: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "it.ndjson").write_bytes(body)
    assert refusal(capsys, *command, "it.ndjson").startswith(f"error: it.ndjson{where}")


@pytest.mark.parametrize("command", EVENTS, ids=" ".join)
def test_a_file_that_is_cut_off_in_what_was_packed_is_named(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "it.ndjson.gz").write_bytes(gzip.compress(EVENT)[:-4])
    said = refusal(capsys, *command, "it.ndjson.gz")
    assert said.startswith("error: it.ndjson.gz cannot be unpacked: ")


@pytest.mark.parametrize("command", [*EVENTS[1:], DOCUMENTS[2]], ids=" ".join)
def test_a_file_in_which_there_is_nothing_to_do_is_named(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "it.json").touch()
    assert refusal(capsys, *command, "it.json").startswith("error: it.json")


@pytest.mark.parametrize("command", [*DOCUMENTS, ("classify",)], ids=" ".join)
def test_a_folder_is_no_document(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "it").mkdir()
    said = refusal(capsys, *command, "it")
    assert said.startswith("error: it cannot be read: Is a directory")


@pytest.mark.parametrize("command", DOCUMENTS, ids=" ".join)
def test_a_document_that_is_no_text_is_named(
    command: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "it.yaml").write_bytes(b"\xff\xfe\x00")
    assert refusal(capsys, *command, "it.yaml").startswith("error: it.yaml cannot be read: ")


def test_a_line_that_is_no_json_is_named_with_its_file_and_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "it.ndjson").write_text('{"message": "boom"}\nboom\n')
    said = refusal(capsys, "classify", "it.ndjson")
    assert said.startswith("error: it.ndjson: line 2 is no JSON object")


def test_events_can_come_through_a_pipe_with_a_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    end, start = os.pipe()
    os.write(start, EVENT)
    os.close(start)
    assert run_to_exit(lambda: root(["ingest", f"/dev/fd/{end}"])) == 0
    assert capsys.readouterr().out == "accepted 0, duplicate 0, quarantined 1\n"
