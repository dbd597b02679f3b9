"""``hub run-diff`` against a store."""

from __future__ import annotations

import json

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.names import DatasetName, JobName
from hub.testing.builders import dataset, run_event
from tests.api.test_lineage_command import project

JOB = JobName("shop", "load")
OLD, NEW = DatasetName("lake", "old"), DatasetName("lake", "new")


@pytest.fixture
def url(sqlite_url: str) -> str:
    project(
        sqlite_url,
        run_event(JOB, "1", at=1_000_000, inputs=[OLD], job_facets={"sql": {"query": "x"}}),
        run_event(JOB, "2", at=2_000_000, inputs=[NEW], job_facets={"sql": {"query": "y"}}),
    )
    return sqlite_url


def run(*args: str) -> int:
    return run_to_exit(lambda: root(["run-diff", *args]))


def test_a_run_is_told_from_the_one_before_it(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run:shop:load:2", "--database", url) == 0
    first, second, _, *rows = capsys.readouterr().out.splitlines()
    assert (first, second) == ("a: run:shop:load:1  COMPLETE", "b: run:shop:load:2  COMPLETE")
    assert [row.split() for row in rows] == [
        ["JOB", "sql", "differs", "(see", "--json)"],
        ["INPUT", "dataset:lake:new", "only", "in", "b"],
        ["INPUT", "dataset:lake:old", "only", "in", "a"],
    ]


def test_how_long_runs_took_and_how_much_they_wrote_is_told(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def took(run_id: str, started: int, ended: int, rows: int) -> tuple[bytes, bytes]:
        out = dataset(NEW) | {"outputFacets": {"outputStatistics": {"rowCount": rows, "size": 9}}}
        return (
            run_event(JOB, run_id, at=started * 1_000_000, event_type="START"),
            run_event(JOB, run_id, at=ended * 1_000_000, outputs=[out]),
        )

    begun = run_event(JOB, "3", at=99_000_000, event_type="START")
    project(sqlite_url, *took("1", 1, 3, 100), *took("2", 10, 55, 5), begun)
    assert run("run:shop:load:2", "--database", sqlite_url) == 0
    first, second, _, size = capsys.readouterr().out.splitlines()
    assert first == "a: run:shop:load:1  COMPLETE after 2 s"
    assert second == "b: run:shop:load:2  COMPLETE after 45 s"
    assert size.split()[2:] == ["outputStatistics", "rowCount:", "100", "→", "5"]
    assert run("run:shop:load:3", "--database", sqlite_url) == 0
    assert capsys.readouterr().out.splitlines()[1] == "b: run:shop:load:3  RUNNING"


def test_what_each_of_two_runs_said_is_json(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run:shop:load:1", "run:shop:load:2", "--json", "--database", url) == 0
    [code, *_] = json.loads(capsys.readouterr().out)["differences"]
    assert (code["before"], code["after"]) == ({"query": "y"}, {"query": "x"})


def test_runs_are_compared_as_of_a_time(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    project(url, run_event(JOB, "3", at=3_000_000), at=10_000_000)
    asked = ("run:shop:load:3", "--database", url)
    assert run(*asked, "--known-at", "1970-01-01T00:00:10Z") == 0
    assert capsys.readouterr().out.splitlines()[0] == "a: run:shop:load:2  COMPLETE"
    for clock in (("--known-at", "1970-01-01T00:00:09Z"), ("--as-of", "1970-01-01T00:00:02Z")):
        assert run(*asked, *clock) != 0
        assert "no event has named run:shop:load:3" in capsys.readouterr().err


def test_a_first_run_has_none_to_differ_from(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run:shop:load:1", "--database", url) != 0
    assert "completed before it" in capsys.readouterr().err
