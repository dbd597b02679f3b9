"""What happened to a dataset or a job, through ``hub timeline`` and against both stores."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.names import DatasetName, JobName
from hub.testing.builders import dataset, run_event, schema
from tests.api.test_lineage_command import project

LOAD, SEND = JobName("shop", "load"), JobName("shop", "send")
RAW, ORDERS = DatasetName("lake", "raw"), DatasetName("lake", "orders")
ORDERS_NODE, LOAD_NODE = "dataset:lake:orders", "job:shop:load"
SECOND = 1_000_000


def written(*fields: str, rows: int, success: bool) -> dict[str, Any]:
    """The output ``ORDERS`` with a schema, a size and two tests of it."""
    tests = [
        {"assertion": name, "success": success, "column": "id"} for name in ("unique", "not_null")
    ]
    return {
        **dataset(ORDERS, schema=schema(*fields), dataQualityAssertions={"assertions": tests}),
        "outputFacets": {"outputStatistics": {"rowCount": rows}},
    }


@pytest.fixture
def url(store_url: str) -> str:
    """``LOAD`` has written twice, and no longer reads ``RAW``; ``SEND`` read in between."""
    first = written("id", "note", rows=3, success=True)
    second = written("id", "total", rows=5, success=False)
    project(
        store_url,
        run_event(LOAD, "1", at=10 * SECOND, event_type="START"),
        run_event(LOAD, "1", at=20 * SECOND, inputs=[RAW], outputs=[first]),
        run_event(SEND, "1", at=25 * SECOND, inputs=[ORDERS]),
        at=100 * SECOND,
    )
    other = DatasetName("lake", "other")
    project(
        store_url,
        run_event(LOAD, "2", at=30 * SECOND, inputs=[other], outputs=[second]),
        run_event(LOAD, "3", at=40 * SECOND, inputs=[other]),
        at=200 * SECOND,
    )
    return store_url


def ask(url: str, node: str, *options: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    given = ["timeline", node, "--json", "--database", url, *options]
    assert run_to_exit(lambda: root(given)) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def told(timeline: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["kind"], each["text"]) for each in timeline["nodes"]]


NEWER = [
    ("SCHEMA_CHANGED", "schema: added: total; removed: note"),
    ("TESTED", "not_null of id failed"),
    ("TESTED", "unique of id failed"),
    ("WRITTEN", "written: 5 rows"),
]
OLDER = [
    ("EDGE_OPENED", "began to read (observed)"),
    ("SCHEMA_CHANGED", "schema: added: id, note"),
    ("TESTED", "not_null of id passed"),
    ("TESTED", "unique of id passed"),
    ("WRITTEN", "written: 3 rows"),
    ("EDGE_OPENED", "began to write (observed)"),
]


def test_a_dataset_tells_of_writes_tests_schemas_and_edges_newest_first(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = ask(url, ORDERS_NODE, capsys=capsys)
    assert sorted(told(found)) == sorted(NEWER + OLDER)
    instants = [each["at"] for each in found["nodes"]]
    assert instants == sorted(instants, reverse=True)
    [second, first] = [each for each in found["nodes"] if each["kind"] == "WRITTEN"]
    assert (first["node"], second["node"]) == ("run:shop:load:1", "run:shop:load:2")
    assert second["size"]["rows"] == 5


def test_a_job_tells_of_runs_and_edges(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = ask(url, LOAD_NODE, capsys=capsys)
    runs = [each for each in found["nodes"] if each["kind"] == "RAN"]
    assert [(each["node"], each["state"]) for each in runs] == [
        ("run:shop:load:3", "COMPLETE"),
        ("run:shop:load:2", "COMPLETE"),
        ("run:shop:load:1", "COMPLETE"),
    ]
    assert runs[2]["text"] == "complete after 10 s"
    closed = [each["node"] for each in found["nodes"] if each["kind"] == "EDGE_CLOSED"]
    assert closed == ["dataset:lake:raw"]


@pytest.mark.parametrize("node", [ORDERS_NODE, LOAD_NODE])
@pytest.mark.parametrize("first", ["1", "2", "3"])
def test_pages_of_any_size_make_the_same_timeline(
    node: str, first: str, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = ask(url, node, capsys=capsys)["nodes"]
    page = ask(url, node, "--first", first, capsys=capsys)
    paged = page["nodes"]
    while page["pageInfo"]["hasNextPage"]:
        after = page["pageInfo"]["endCursor"]
        page = ask(url, node, "--first", first, "--after", after, capsys=capsys)
        assert page["nodes"]
        paged += page["nodes"]
    assert paged == whole


@pytest.mark.parametrize(
    "then", [("--as-of", "1970-01-01T00:00:29Z"), ("--known-at", "1970-01-01T00:02:30Z")]
)
def test_the_past_tells_of_nothing_later(
    then: tuple[str, str], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sorted(told(ask(url, ORDERS_NODE, *then, capsys=capsys))) == sorted(OLDER)
    job = ask(url, LOAD_NODE, *then, capsys=capsys)
    kinds = sorted(each["kind"] for each in job["nodes"])
    assert kinds == ["EDGE_OPENED", "EDGE_OPENED", "RAN"]


# A cursor with one part, one of a kind that there is not, and one of ties that no kind has.
@pytest.mark.parametrize("after", ["x", "kQE=", "kwFjAQ==", "kwEBoWE=", "kwEBz///////////"])
def test_a_cursor_of_another_list_is_refused(
    after: str, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["timeline", ORDERS_NODE, "--after", after, "--database", url]
    assert run_to_exit(lambda: root(given)) == 2
    assert "after: " in capsys.readouterr().err


def test_people_get_a_table_and_are_told_how_to_go_on(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["timeline", LOAD_NODE, "--first", "1", "--database", url]
    assert run_to_exit(lambda: root(given)) == 0
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2
    assert "there is more: --after " in said.err


@pytest.mark.parametrize(
    ("node", "code"), [("dataset:lake:none", 2), ("run:shop:load:1", 2), ("nonsense", 2)]
)
def test_what_has_no_timeline_is_said(
    node: str, code: int, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_to_exit(lambda: root(["timeline", node, "--database", url])) == code
    assert node in capsys.readouterr().err


def test_an_id_may_be_written_as_people_write_it(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ids with colons in their parts lead to what they name, in every command that takes one."""
    job = JobName("spark://host:7077", "sales:load")
    made = DatasetName("s3://lake:443", "orders:daily")
    project(
        sqlite_url,
        *(
            run_event(job, f"at:{second}", at=second * SECOND, inputs=[ORDERS], outputs=[made])
            for second in (1, 2)
        ),
    )
    last = "run:spark://host:7077:sales:load:at:2"
    for args in (
        ("timeline", "dataset:s3://lake:443:orders:daily"),
        ("timeline", "job:spark://host:7077:sales:load"),
        ("lineage", "dependencies", "job:spark://host:7077:sales:load"),
        ("lineage", "runs", "up", last),
        ("lineage", "up", "dataset:s3://lake:443:orders:daily"),
        ("alias", "ls", "dataset:s3://lake:443:orders:daily"),
        ("run-diff", last),
        ("run-diff", last, "run:spark://host:7077:sales:load:at:1"),
    ):
        assert run_to_exit(lambda: root([*args, "--database", sqlite_url])) == 0, args  # noqa: B023
        assert capsys.readouterr().out


def test_what_an_id_may_mean_twice_is_listed(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (DatasetName("a:b", "c"), DatasetName("a", "b:c")):
        project(sqlite_url, run_event(LOAD, name.name, at=SECOND, outputs=[name]))
    given = ["timeline", "dataset:a:b:c", "--database", sqlite_url]
    assert run_to_exit(lambda: root(given)) == 2
    said = capsys.readouterr().err
    assert "dataset:a%3Ab:c" in said
    assert "dataset:a:b%3Ac" in said
