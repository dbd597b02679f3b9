"""Commands that ask a running hub with keys say what they say of its store."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.names import DatasetName, JobName
from hub.testing.builders import run_event
from tests.served.hubs import served

KEYS = {"HUB_AUTH__KEYS": f"ci:{sha256(b's3cret').hexdigest()}"}
JOB = JobName("j", "load")
ONE, OTHER = DatasetName("s", "one"), DatasetName("s", "other")
UNUSABLE = ("{}", '{"eventTime": "x"}', '{"a": "' + "b" * 5_000 + '"}')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("commands")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """A hub with a key, which has quarantined some events."""
    with served(folder, env=KEYS) as (url, _process):
        headers = {"Authorization": "Bearer s3cret"}
        for body in UNUSABLE:
            sent = httpx.post(f"{url}/api/v1/lineage", content=body, headers=headers)
        query = {"query": "{ deadLetters { totalCount } }"}
        headers["Hub-After-Position"] = sent.headers["Hub-Position"]
        answer = httpx.post(f"{url}/graphql", json=query, headers=headers, timeout=60)
        assert answer.json() == {"data": {"deadLetters": {"totalCount": len(UNUSABLE)}}}
        yield url


def run(*args: str) -> int:
    return run_to_exit(lambda: root(args))


def test_dead_letters_are_listed_and_shown_by_a_hub_as_by_its_store(
    url: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HUB_API_KEY", "s3cret")
    places = ("--url", url), ("--database", f"sqlite:///{folder}/hub.db")

    def said(*args: str) -> list[object]:
        """What both say, one after the other."""
        found = []
        for place in places:
            assert run("dlq", *args, *place, "--json") == 0
            found.append(json.loads(capsys.readouterr().out))
        return found

    by_hub, by_store = said("ls")
    assert by_hub == by_store
    assert isinstance(by_hub, list)
    assert len(by_hub) == len(UNUSABLE)
    for letter in by_hub:
        one, other = said("show", letter["id"])
        assert one == other
    for choice in (("--stage", "intake"), ("--rule", "nope"), ("--source", "nope"), ("--all",)):
        one, other = said("ls", *choice)
        assert one == other

    assert run("dlq", "ls", "--limit", "2", "--url", url) == 0
    assert "1 more" in capsys.readouterr().err
    assert run("dlq", "show", "nobody", "--url", url) == 2
    assert "nobody" in capsys.readouterr().err


def test_names_are_joined_and_parted_in_a_hub_as_in_its_store(
    url: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HUB_API_KEY", "s3cret")
    (folder / "event.json").write_bytes(run_event(JOB, "1", at=1_000_000, outputs=[ONE, OTHER]))
    assert run("ingest", str(folder / "event.json"), "--url", url) == 0
    names = "dataset:s:one", "dataset:s:other"
    for wanted in (("add", *names, "--reason", "a copy"), ("apart", *names), ("rm", *names)):
        assert run("alias", *wanted, "--url", url) == 0
        capsys.readouterr()
        found = []
        for place in (("--url", url), ("--database", f"sqlite:///{folder}/hub.db")):
            assert run("alias", "ls", *place, "--json") == 0
            found.append(json.loads(capsys.readouterr().out))
        assert found[0] == found[1]
        assert [each["apart"] for each in found[0]] == {"add": [False], "apart": [True]}.get(
            wanted[0], []
        )
    assert run("alias", "rm", *names, "--url", url) == 2
    assert "no operator has said anything" in capsys.readouterr().err


def test_what_happened_and_what_waits_is_told_by_a_hub_as_by_its_store(
    url: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HUB_API_KEY", "s3cret")
    waits = {"jobDependencies": {"upstream": [{"job": {"namespace": "j", "name": "first"}}]}}
    job, made = JobName("j", "second"), DatasetName("s", "made")
    event = run_event(job, "1", at=1_000_000, inputs=[ONE], outputs=[made], run_facets=waits)
    (folder / "second.json").write_bytes(event)
    assert run("ingest", str(folder / "second.json"), "--url", url) == 0
    capsys.readouterr()
    for command in (
        ("timeline", "dataset:s:made"),
        ("timeline", "job:j:second", "--as-of", "2000-01-01T00:00:00Z"),
        ("lineage", "dependencies", "job:j:first"),
        ("lineage", "impact", "dataset:s:one"),
    ):
        found = []
        for place in (("--url", url), ("--database", f"sqlite:///{folder}/hub.db")):
            assert run(*command, *place, "--json") == 0
            found.append(json.loads(capsys.readouterr().out))
        assert found[0] == found[1]
        assert "j:second" in json.dumps(found[0])


def test_incidents_are_told_by_a_hub_as_by_its_store(
    url: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HUB_API_KEY", "s3cret")
    at = time.time_ns() // 1_000
    failed = run_event(JobName("j", "breaks"), "9", event_type="FAIL", at=at, outputs=[ONE])
    (folder / "failed.json").write_bytes(failed)
    assert run("ingest", str(folder / "failed.json"), "--url", url) == 0
    capsys.readouterr()
    key = ""
    while not key:
        assert run("incidents", "ls", "--json", "--url", url) in (0, 1)
        listed = json.loads(capsys.readouterr().out)
        key = next((each["id"] for each in listed if "breaks" in each["title"]), "")
    assert run("incidents", "ack", key, "--url", url) == 0
    capsys.readouterr()

    def said(*args: str, code: int = 0) -> str:
        """What both say."""
        found = []
        for place in (("--url", url), ("--database", f"sqlite:///{folder}/hub.db")):
            assert run(*args, *place) == code
            found.append(capsys.readouterr().out)
        assert found[0] == found[1]
        return found[0]

    assert key in said("incidents", "ls", "--json", code=1)
    assert json.loads(said("incidents", "show", key, "--json"))["actedAt"]
    for command in (
        ("incidents", "ls", "--all"),
        ("incidents", "show", key),
        ("explain", key),
        ("incidents", "export", key),
    ):
        assert "breaks" in said(*command, code=command[1] == "ls")


def test_a_file_that_a_hub_refuses_is_told_with_the_event_that_is_at_fault(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("HUB_API_KEY", "s3cret")
    events = tmp_path / "events.ndjson"
    events.write_text('{"number": 1}\n{bad\n')
    assert run("ingest", str(events), "--url", url) == 2
    assert "events.ndjson, event 2: the body is not JSON" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ("alias", "ls"),
        ("dlq", "ls"),
        ("incidents",),
        ("explain", "INC-1"),
        ("lineage", "up", "dataset:n:d"),
        ("timeline", "dataset:n:d"),
        ("ingest", "-"),
    ],
)
def test_a_command_without_the_key_is_told_what_is_missing(
    url: str,
    command: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("HUB_API_KEY", "wrong")
    event = tmp_path / "event.json"
    event.write_text("{}")
    args = [str(event) if each == "-" else each for each in command]
    assert run(*args, "--url", url) == 2
    assert "HUB_API_KEY" in capsys.readouterr().err
