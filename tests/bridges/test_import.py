"""A Marquez is imported: whole, once, however it is read and wherever it was cut off."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.names import JobName
from hub.flow.project.rebuild import verify
from hub.store.fingerprint import combine, fingerprint_tables
from hub.store.opening import open_store
from hub.testing.builders import dataset, run_event
from tests.api.intake import bodies
from tests.api.marquez import bakery
from tests.bridges import world
from tests.bridges.recorded import RecordedMarquez
from tests.served.hubs import MAIN, served


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
        "events": 1,
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


def test_jobs_that_the_hub_knows_to_be_one_are_compared_under_either_name(
    marquez: RecordedMarquez, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _code, first = imported(marquez, store_url, capsys)
    one, other = "job:bakery:bake", "job:bakery:sell"
    run_to_exit(lambda: root(["alias", "add", one, other, "--database", store_url]))
    code, again = imported(marquez, store_url, capsys)

    assert code == 0, again
    assert (again["counts"], again["differences"]) == (first["counts"], first["differences"])


def test_a_job_that_marquez_knows_under_another_name_is_read_there(
    marquez: RecordedMarquez, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = "/namespaces/bakery/jobs"
    old = {**marquez.lists[jobs][1], "name": "bake-old", "simpleName": "bake-old"}
    marquez.lists[jobs] = [*marquez.lists[jobs], old]
    marquez.moved = {
        f"{jobs}/bake-old/{each}": f"{jobs}/bake/{each}" for each in ("runs", "versions")
    }
    code, report = imported(marquez, store_url, capsys)

    assert code == 0, report
    counts = {each["kind"]: (each["there"], each["here"]) for each in report["counts"]}
    assert (counts["jobs"], counts["runs"]) == ((8, 8), (12, 12))


def test_what_leads_in_a_circle_ends_the_import(
    marquez: RecordedMarquez, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = "/namespaces/bakery/jobs/bake/runs"
    marquez.moved = {runs: runs}
    code, report = imported(marquez, store_url, capsys)

    assert code != 0
    assert "answers 301" in report["error"]


def test_what_was_made_through_the_api_is_as_marquez_lists_it(
    marquez: RecordedMarquez, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imported(marquez, f"sqlite:///{tmp_path}/hub.db", capsys)
    with served(tmp_path) as (url, _process):
        get = Reader(url)
        for path, members in (
            ("/namespaces", ("ownerName", "description", "isHidden")),
            ("/tags", ("description",)),
            (f"{world.TEAM}/datasets", DATASET),
            (f"{world.ORDERS}/versions", ("type", "physicalName", "sourceName")),
            (f"{world.TEAM}/jobs", JOB),
            (f"{world.ADD_UP}/versions", ("inputs", "outputs", "location")),
            (f"{world.ADD_UP}/runs", RUN),
        ):
            listed = [each for each in marquez.lists[path] if each]
            theirs = [shown(each, members) for each in listed if each.get("name") not in REWRITTEN]
            ours = [shown(each, members) for each in get.elements(path)]
            assert [each for each in theirs if each not in ours] == [], path
        versions = get.elements(f"{world.ORDERS}/versions")
        assert [[field["name"] for field in each["fields"]] for each in versions] == [
            ["id", "placed at"],
            ["id"],
        ]
        graph = get("/lineage?nodeId=job:my-team:add/up&depth=0")["graph"]
        assert "dataset:my-team:public/orders" in [node["id"] for node in graph]
        assert get("/sources/shop-db")["connectionUrl"] == "postgresql://me:***@db:5432/shop"


def test_fields_that_marquez_keeps_of_an_older_schema_are_told_and_not_made_up(
    marquez: RecordedMarquez, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "/namespaces/s3%3A%2F%2Foven/datasets"
    older: dict[str, Any] = {"name": "older", "type": "INT", "tags": [], "description": None}
    marquez.lists[path] = [
        {**each, "fields": [*each["fields"], older]} if each["name"] == "made/loaves" else each
        for each in marquez.lists[path]
    ]
    code, report = imported(marquez, store_url, capsys)

    assert code == 0
    [told_of] = [each for each in report["differences"] if each["kind"] == "datasets"]
    assert told_of["examples"] == ["s3://oven:made/loaves older"]
    assert not [body for body in told(store_url) if b'"older"' in body]


@pytest.mark.parametrize("is_old", [False, True], ids=["expired", "not shown by an old one"])
def test_what_has_outlived_its_events_is_made_up_from_what_is_listed(
    marquez: RecordedMarquez, tmp_path: Path, capsys: pytest.CaptureFixture[str], is_old: bool
) -> None:
    if is_old:
        marquez.lists.pop("/events/lineage")
    else:
        marquez.lists["/events/lineage"] = []
        marquez.unlisted_events = 0
    url = f"sqlite:///{tmp_path}/hub.db"
    code, report = imported(marquez, url, capsys)
    assert code == 0, report
    counts = {each["kind"]: (each["there"], each["here"]) for each in report["counts"]}
    assert (counts["datasets"], counts["jobs"], counts["runs"]) == ((6, 6), (7, 7), (10, 10))
    assert imported(marquez, url, capsys)[1]["told"] == dict.fromkeys(report["told"], 0)

    with served(tmp_path) as (address, _process):
        get = Reader(address)
        for path, members in (
            ("/namespaces/s3%3A%2F%2Foven/datasets", ("fields", "sourceName")),
            ("/namespaces/bakery/jobs", ("inputs", "outputs")),
            ("/namespaces/bakery/jobs/bake/runs", ("id", "state", "startedAt", "endedAt")),
            ("/namespaces/bakery/jobs/sell.daily/runs", ("id", "state", "startedAt", "endedAt")),
        ):
            theirs = [shown(each, members) for each in marquez.lists[path]]
            ours = [shown(each, members) for each in get.elements(path)]
            assert [each for each in theirs if each not in ours] == [], path
        columns = get("/column-lineage?nodeId=dataset:s3%3A%2F%2Foven:made%2Floaves&depth=1")
        [weight] = [node for node in columns["graph"] if node["id"].endswith(":weight")]
        assert [edge["destination"] for edge in weight["inEdges"]] == [
            "datasetField:s3://oven:raw/flour:grams"
        ]
        [parent] = get.elements("/namespaces/bakery/jobs/sell/runs")
        assert parent["id"] == bakery.PARENT


# Marquez's own names for namespaces with names that it cannot hold.
REWRITTEN = {"odd_space", "s3://b_c"}
# What of a thing is the same in Marquez and in the hub.
DATASET = ("name", "type", "physicalName", "sourceName", "fields", "tags", "description")
JOB = ("name", "type", "inputs", "outputs", "location", "description", "tags")
RUN = ("id", "state", "startedAt", "endedAt", "durationMs", "args", "nominalStartTime")


def shown(element: dict[str, Any], members: tuple[str, ...]) -> dict[str, Any]:
    return {"name": element.get("name")} | {member: element[member] for member in members}


class Reader:
    """Reads what a hub says on Marquez's surface."""

    def __init__(self, url: str) -> None:
        self._root = f"{url}/api/v1"

    def __call__(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return httpx.get(self._root + path, timeout=60).raise_for_status().json()

    def elements(self, path: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self(path)[path.rpartition("/")[2]]
        return listed


def test_the_database_tells_what_rest_leaves_out(
    marquez: RecordedMarquez,
    marquez_database: str,
    store_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MARQUEZ_DATABASE", marquez_database)
    more = ("--from-database", "${MARQUEZ_DATABASE}")
    _code, by_rest = imported(marquez, store_url, capsys)
    code, report = imported(marquez, store_url, capsys, *more)

    # Events are known again however they were read; those of the dataset and the job are new.
    assert code == 0, report
    assert next(iter(by_rest["told"].values())) == 11
    assert list(report["told"].values()) == [2, 0, 2]
    known = told(store_url)
    assert any(b"DatasetEvent" in body and b'"alone"' in body for body in known)
    assert sum(b'"command":"hide"' in body for body in known) == 3
    _code, again = imported(marquez, store_url, capsys, *more)
    assert set(again["told"].values()) == {0}


@pytest.mark.parametrize("more", [(), ("--restart",)], ids=["resumed", "restarted"])
def test_an_import_that_is_killed_comes_to_the_same_in_the_end(
    marquez: RecordedMarquez,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
) -> None:
    whole = f"sqlite:///{tmp_path}/whole.db"
    imported(marquez, whole, capsys)
    marquez.asked.clear()
    killed = f"sqlite:///{tmp_path}/killed.db"
    command = [*MAIN, "bridge", "import", "marquez", "--from", marquez.url, "--database", killed]
    for asked in (2, 30, 60):
        marquez.asked.clear()
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
            while len(marquez.asked) < asked and process.poll() is None:
                time.sleep(0.001)
            process.kill()
    code, report = imported(marquez, killed, capsys, *more)

    assert code == 0, report
    assert fingerprint(killed) == fingerprint(whole)
    assert sorted(events_in(killed)) == sorted(events_in(whole))
    assert not list((tmp_path / ".hub" / "bridges").iterdir())


def test_an_import_that_is_interrupted_says_nothing_more_and_goes_on_later(
    marquez: RecordedMarquez, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/hub.db"
    command = [*MAIN, "bridge", "import", "marquez", "--from", marquez.url, "--database", url]
    for asked in (2, 30, 60):
        marquez.asked.clear()
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
            while len(marquez.asked) < asked and process.poll() is None:
                time.sleep(0.001)
            process.send_signal(signal.SIGINT)
            _out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (130, b"")
    assert imported(marquez, url, capsys)[0] == 0


def events_in(url: str) -> list[bytes]:
    """Commands may come twice: a write that was cut off is made again."""
    return [body for body in told(url) if b"eventTime" in body]


def test_an_import_goes_on_at_the_time_that_it_had_come_to(
    marquez: RecordedMarquez, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tags = marquez.lists.pop("/tags")
    code, report = imported(marquez, sqlite_url, capsys)
    assert code == 1, report
    marquez.lists["/tags"] = tags
    marquez.asked.clear()
    assert imported(marquez, sqlite_url, capsys)[0] == 0
    assert not [asked for asked in marquez.asked if "/events/lineage" in asked]
    assert imported(marquez, sqlite_url, capsys)[0] == 0
    assert [asked for asked in marquez.asked if "/events/lineage" in asked]


def test_a_damaged_checkpoint_is_refused_with_the_way_out(
    marquez: RecordedMarquez,
    sqlite_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    marquez.lists.pop("/tags")
    assert imported(marquez, sqlite_url, capsys)[0] == 1
    [checkpoint] = Path(".hub", "bridges").iterdir()
    for damage in ("{", '{"then": "x"}'):
        checkpoint.write_text(damage)
        code, report = imported(marquez, sqlite_url, capsys)
        assert (code, "--restart" in report["error"]) == (2, True)


def test_a_dry_run_tells_what_is_lacking_and_writes_nothing(
    marquez: RecordedMarquez, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = imported(marquez, sqlite_url, capsys, "--dry-run")

    assert code == 1
    lacking = {each["kind"]: each["count"] for each in report["differences"] if each["is_lacking"]}
    assert lacking["datasets"] == 6
    assert told(sqlite_url) == []
    assert imported(marquez, sqlite_url, capsys)[0] == 0
    assert imported(marquez, sqlite_url, capsys, "--dry-run")[0] == 0


def test_what_cannot_be_brought_is_told_with_the_reason_and_fails_the_command(
    marquez: RecordedMarquez, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    [first, *rest] = marquez.lists[f"{world.TEAM}/datasets"]
    nameless = {**first, "name": "x" * 3_000}
    marquez.lists[f"{world.TEAM}/datasets"] = [nameless, *rest]
    marquez.lists[f"{world.TEAM}/datasets/{'x' * 3_000}/versions"] = []
    marquez.lists["/events/lineage"] = [{"eventTime": "2026-11-24T10:00:00Z", "run": {}}]
    code, report = imported(marquez, sqlite_url, capsys)

    assert code == 1
    found = [each for each in report["differences"] if each["is_lacking"]]
    assert [(each["kind"], each["count"]) for each in found] == [("events", 1), ("datasets", 1)]
    assert "dead letters" in found[0]["why"]
    assert found[1]["examples"] == [f"my-team:{nameless['name']}"]
    assert "name" in found[1]["why"]
    capsys.readouterr()
    run("import", "marquez", "--from", marquez.url, "--database", sqlite_url)
    said = capsys.readouterr().out
    assert "lacking: 1 datasets" in said, said


def test_a_count_that_is_wrong_leaves_no_event_out(
    marquez: RecordedMarquez, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    marquez.unlisted_events = -len(marquez.lists["/events/lineage"])
    _code, report = imported(marquez, sqlite_url, capsys)
    assert report["counts"][0] == {"kind": "events", "there": 11, "here": 11}


def test_a_child_is_not_taken_for_another_job_that_has_its_name(
    marquez: RecordedMarquez, sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    marquez.lists["/events/lineage"] = []
    with closing(open_store(sqlite_url)) as store:
        task = run_event(JobName("dags", "task"), "r", at=bakery.MONDAY)
        store.journal.append([NewEntry(EntryKind.EVENT, task)], recorded_at=1)
    code, report = imported(marquez, sqlite_url, capsys)
    assert code == 0, report
    made_up = [body for body in events_in(sqlite_url) if b'"name":"dag.task"' in body]
    assert [b"JobEvent" in body for body in made_up] == [True, False]


def test_no_secret_is_stored_or_told(
    marquez: RecordedMarquez, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/hub.db"
    unusable = {"eventTime": "2026-11-24T10:00:00Z", "password": world.SECRET}
    marquez.lists["/events/lineage"] = [*marquez.lists["/events/lineage"], unusable]
    _code, report = imported(marquez, url, capsys)

    assert "password" in json.dumps(report)
    assert world.SECRET not in json.dumps(report)
    assert [body for body in told(url) if world.SECRET.encode() in body] == []


def test_a_hub_with_keys_is_imported_into_over_http(
    marquez: RecordedMarquez,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    marquez.key = "marquez-key"
    monkeypatch.setenv("MARQUEZ_API_KEY", marquez.key)
    keys = {"HUB_AUTH__KEYS": f"ci:{sha256(b's3cret').hexdigest()}"}
    with served(tmp_path, env=keys) as (url, _process):
        monkeypatch.setenv("HUB_API_KEY", "wrong")
        assert imported(marquez, url, capsys, "--key", "${MARQUEZ_API_KEY}")[0] == 2
        monkeypatch.setenv("HUB_API_KEY", "s3cret")
        assert imported(marquez, url, capsys, "--key", "wrong")[0] == 2
        code, report = imported(marquez, url, capsys, "--key", "${MARQUEZ_API_KEY}")
        assert code == 0, report
        assert imported(marquez, url, capsys, "--key", marquez.key, "--dry-run")[0] == 0


def test_a_hub_is_imported_into_another_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    # To events of jobs the hub adds on its surface what Marquez's pages look for.
    sent = [event for event in bakery.events() if b"runId" in event]
    sent += many_at_once()
    with served(theirs) as (url, _process):
        for start in range(0, len(sent), 200):
            body = b"[%s]" % b",".join(sent[start : start + 200])
            answer = httpx.post(f"{url}/api/v1/lineage/batch", content=body, timeout=60)
        after = {"Hub-After-Position": answer.headers["Hub-Position"]}
        httpx.get(f"{url}/api/v1/namespaces", headers=after, timeout=60).raise_for_status()
        marquez = RecordedMarquez()
        marquez.url = url
        ours = f"sqlite:///{tmp_path}/ours.db"
        code, report = imported(marquez, ours, capsys)

    assert code == 0, report
    assert sorted(events_in(ours)) == sorted(sent)
    assert fingerprint(ours) == fingerprint(f"sqlite:///{theirs}/hub.db")


def many_at_once() -> Iterator[bytes]:
    """Yield more events of one instant than a page holds, and then others."""
    for number in range(700):
        at = bakery.MONDAY + 3 * bakery.DAY + max(0, number - 450)
        made = dataset(bakery.LOAVES._replace(name=f"made/{number % 7}"))
        yield run_event(bakery.BAKE, bakery.run_id(bakery.BAKE, 10 + number), at=at, outputs=[made])
