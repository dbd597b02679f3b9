"""A hub that serves explains events in a process of its own, and is as it was afterwards."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe, active_children, get_context
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.app.clock import now
from hub.app.explaining import ChildExplainer
from hub.app.live_catalog import LiveCatalog
from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.errors import InvalidInput, PluginFailed, Pressed, Unreachable
from hub.settings import load_settings
from hub.store.opening import open_store
from hub.testing.scenario import run
from tests.bench.processes import children
from tests.served.hubs import served

FAILED = run("wild/nightly").reads("wild.in").writes("wild.out").fails("division by zero")
DOMAINS = """
platform: {team: data-platform, receiver: platform-pager}
"""
RECEIVERS = """
receivers: [{receiver: platform-pager, notifier: console}]
route: {receiver: owner}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "domains.yaml").write_text(DOMAINS)
    (tmp_path / "receivers.yaml").write_text(RECEIVERS)
    return tmp_path


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    with served(folder) as (url, _process):
        yield url


def test_a_hub_that_serves_explains_events_and_is_as_it_was(
    url: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "events.ndjson"
    file.write_bytes(b"\n".join(FAILED.events(now(), 1)))
    before = state_of(url)

    assert run_to_exit(lambda: root(["explain", "--event", str(file), "--url", url, "--json"])) == 0

    [found] = json.loads(capsys.readouterr().out)
    assert (found["class"], found["isNew"]) == ("DATA_QUALITY", True)
    assert [each["receiver"] for each in found["notifications"]] == ["platform-pager"]
    assert state_of(url) == before
    assert run_to_exit(lambda: root(["explain", "--event", str(file), "--url", url])) == 0
    assert "who was told" in capsys.readouterr().out


def test_what_a_hub_does_not_take_at_all_is_not_worth_another_try(
    url: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "events.ndjson"
    asked = ["explain", "--event", str(file), "--url", url]
    [*_, ended] = FAILED.events(now(), 1)

    for length, said in ((600_000, "longer than 524288 bytes"), (1_100_000, "1048576 bytes")):
        file.write_bytes(ended.replace(b"division by zero", b"x" * length))
        assert run_to_exit(lambda: root(asked)) == 2
        assert said in capsys.readouterr().err
    file.write_bytes(ended)
    assert run_to_exit(lambda: root([*asked, "--at", "noon"])) == 2
    assert "'noon' is no time" in capsys.readouterr().err


def state_of(url: str) -> Any:  # noqa: ANN401 - JSON, and numbers
    query = "{ hub { journalPosition projectedPosition } incidents { totalCount } }"
    said = httpx.post(f"{url}/graphql", json={"query": query}, timeout=60).json()
    counted = httpx.get(f"{url}/metrics", timeout=60).text.splitlines()
    return said, [each for each in counted if each.startswith(("hub_project", "hub_route"))]


def test_one_question_is_answered_at_a_time_and_none_takes_for_ever(folder: Path) -> None:
    loaded = load_settings(folder, flags={"database": f"sqlite:///{folder}/hub.db"})
    open_store(loaded.settings.database).close()
    explain = ChildExplainer(loaded, LiveCatalog(loaded), seconds=0.0)
    began = time.monotonic()

    with pytest.raises(Pressed, match="not explained after 0 s"):
        explain(FAILED.events(now(), 1), now=now())

    assert time.monotonic() - began < 20
    with explain.turn, pytest.raises(Pressed, match="other events are being explained"):
        explain(FAILED.events(now(), 1), now=now())


def test_a_child_that_hangs_before_it_takes_the_question_keeps_nobody_waiting(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "sitecustomize.py").write_text("import time\ntime.sleep(15)")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    loaded = load_settings(folder, flags={"database": f"sqlite:///{folder}/hub.db"})
    explain = ChildExplainer(loaded, LiveCatalog(loaded), seconds=0.1)
    began = time.monotonic()

    with pytest.raises(Pressed, match="not explained after"):
        explain([b"x" * 200_000], now=now())

    assert time.monotonic() - began < 10


def test_what_cannot_be_explained_is_said_as_it_is_by_the_command(folder: Path) -> None:
    loaded = load_settings(folder, flags={"database": f"sqlite:///{folder}/hub.db"})
    explain = ChildExplainer(loaded, LiveCatalog(loaded))

    with pytest.raises(InvalidInput, match="there is no event to explain"):
        explain([], now=now())


def test_an_error_of_a_child_comes_as_it_was_raised() -> None:
    here, there = Pipe()
    raised = PluginFailed("sql-sqlglot", "tables raised KeyError", fix="remove it")

    there.send(raised)
    came = here.recv()

    assert (type(came), str(came)) == (PluginFailed, str(raised))
    assert (came.plugin, came.message, came.fix) == (raised.plugin, raised.message, raised.fix)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, of this process and of those that it starts."""
    found = tmp_path / "scratch"
    found.mkdir()
    monkeypatch.setenv("TMPDIR", str(found))
    monkeypatch.setattr(tempfile, "tempdir", str(found))
    return found


def test_of_a_child_that_is_killed_nothing_is_left(folder: Path, scratch: Path) -> None:
    with ThreadPoolExecutor(1) as asking:
        asked = asking.submit(explain_for_long, folder)
        wait_for(lambda: any(scratch.rglob("hub-simulate-*")))
        [child] = active_children()
        child.kill()

        with pytest.raises(Unreachable, match="has ended before it was done"):
            asked.result(timeout=60)

    assert list(scratch.iterdir()) == []


def test_a_child_ends_when_its_hub_is_killed(folder: Path, scratch: Path) -> None:
    hub = get_context("spawn").Process(target=explain_for_long, args=(folder,))
    hub.start()
    assert hub.pid is not None
    wait_for(lambda: any(scratch.rglob("hub-simulate-*")))
    left = children(hub.pid)
    hub.kill()
    hub.join()

    assert left
    wait_for(lambda: not any(map(is_there, left)), seconds=3)
    assert list(scratch.iterdir()) == []


def explain_for_long(folder: Path) -> None:
    loaded = load_settings(folder, flags={"database": f"sqlite:///{folder}/hub.db"})
    events = [event for number in range(5_000) for event in FAILED.events(now(), number)]
    ChildExplainer(loaded, LiveCatalog(loaded), seconds=600)(events, now=now())


def wait_for(happened: Callable[[], bool], seconds: float = 20) -> None:
    began = time.monotonic()
    while not happened():
        assert time.monotonic() - began < seconds
        time.sleep(0.01)


def is_there(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:1]
    except FileNotFoundError:
        return False
