"""What `hub notify test` tells a receiver, and what it says of one that does not accept."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.testing.receiving import Receiver, answering

Command = Callable[..., int]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def command(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    # It would tie the loggers of this process to the captured stderr of one test.
    monkeypatch.setattr("hub.telemetry.configure_logging", lambda: None)
    monkeypatch.setenv("PAGER_URL", receiver.url)
    (tmp_path / "domains.yaml").write_text(
        "platform: {team: data-platform, receiver: pager}\n"
        "governance: {team: governance, receiver: pager}\n"
    )
    (tmp_path / "receivers.yaml").write_text(
        'receivers:\n  - {receiver: pager, notifier: webhook, options: {url: "${PAGER_URL}"}}\n'
    )
    options = ("--config", str(tmp_path))
    return lambda *args: run_to_exit(lambda: root(["notify", "test", *args, *options]))


def test_a_receiver_is_told_of_a_test_and_of_its_end(
    command: Command, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("pager") == 0

    assert capsys.readouterr().out == "pager accepted a test (triggered, then resolved)\n"
    first, last = (json.loads(body) for _path, _headers, body in receiver.requests)
    assert first["dedup_key"] == last["dedup_key"]
    assert [first["status"], last["status"]] == ["firing", "resolved"]
    assert first["hub"]["severity"] == "ticket"
    assert "this is a test" in first["commonAnnotations"]["summary"]


def test_a_receiver_that_does_not_accept_is_an_error_in_its_words(
    command: Command, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.answers = [answering(404, b"no such team"), answering(503)]

    assert command("pager") == 2
    assert "answered 404: no such team" in capsys.readouterr().err
    assert command("pager") == 3
    assert len(receiver.requests) == 2


def test_a_receiver_that_is_not_declared_is_an_error_that_names_those_that_are(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("nobody") == 2
    assert "declared are: pager" in capsys.readouterr().err
