"""``hub lineage`` against a store, and against a hub over HTTP."""

from __future__ import annotations

import json
from collections.abc import Sequence

import httpx
import pytest

from hub.cli.commands import root
from hub.cli.exits import run_to_exit
from hub.domain.entries import EntryKind, NewEntry
from hub.domain.incidents.decisions import LineageInferred, encode_decision
from hub.domain.lineage.inference import Inference
from hub.domain.names import DatasetName, JobName, dataset_id, job_id
from hub.flow.consumer import run_until_idle
from hub.flow.index import Index
from hub.flow.project import Project
from hub.store.opening import open_store
from hub.testing.builders import column_lineage, dataset, run_event

SECOND = 1_000_000
RAW = DatasetName("postgres://db:5432", "shop.public.orders")
OTHER = DatasetName("postgres", "//db:5432:shop.public.orders")
MADE = DatasetName("lake", "silver.orders")
LOAD = JobName("shop", "load:orders")
RAW_NODE = "dataset:postgres%3A//db%3A5432:shop.public.orders"


@pytest.fixture
def url(sqlite_url: str) -> str:
    made = dataset(MADE, columnLineage=column_lineage({"id": [(RAW, "id")]}))
    project(sqlite_url, run_event(LOAD, "1", at=SECOND, inputs=[RAW], outputs=[made]))
    return sqlite_url


def project(url: str, *events: bytes, at: int = 0) -> None:
    store = open_store(url)
    store.journal.append([NewEntry(EntryKind.EVENT, event) for event in events], recorded_at=at)
    run_until_idle([Project(store)])
    store.close()


def run(*args: str) -> int:
    return run_to_exit(lambda: root(["lineage", *args]))


def edges(text: str) -> set[tuple[str, str]]:
    return {(edge["source"], edge["target"]) for edge in json.loads(text)["edges"]}


def test_a_tree_shows_what_a_dataset_is_made_from(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("up", "dataset:lake:silver.orders", "--database", url) == 0
    assert capsys.readouterr().out.splitlines() == [
        "dataset:lake:silver.orders",
        "└── job:shop:load%3Aorders",
        f"    └── {RAW_NODE}",
    ]


def test_a_tree_says_what_is_only_inferred_and_how_sure_that_is(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = Inference(
        event_time=1, inputs=(RAW,), outputs=(), fields=(), reader="some", confidence=0.6
    )
    decision = LineageInferred(at=1, job=JobName("shop", "sum"), said=(said,))
    store = open_store(url)
    entry = NewEntry(EntryKind.DECISION, encode_decision(decision))
    store.journal.append([entry], recorded_at=1)
    run_until_idle([Project(store)])
    store.close()

    assert run("down", RAW_NODE, "--database", url) == 0
    assert "└── job:shop:sum (inferred, 0.60)" in capsys.readouterr().out.splitlines()
    assert run("path", RAW_NODE, "job:shop:sum", "--database", url) == 0
    assert capsys.readouterr().out.splitlines() == [RAW_NODE, "job:shop:sum (inferred, 0.60)"]
    assert run("impact", RAW_NODE, "--database", url) == 0
    assert "  job:shop:sum (inferred, 0.60)  1 hop, never read" in capsys.readouterr().out
    before = ("--clock", "knowledge", "--from", "1970-01-01T00:00:00Z")
    assert run("diff", "down", RAW_NODE, *before, "--database", url) == 0
    added = f"+ {RAW_NODE} -> job:shop:sum (inferred, 0.60)"
    assert added in capsys.readouterr().out.splitlines()


def test_dependencies_of_a_job_are_shown_from_either_end(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    waits = {"job": {"namespace": "shop", "name": "extract"}, "dependency_type": "DIRECT"}
    said = {"jobDependencies": {"upstream": [waits]}}
    project(url, run_event(JobName("shop", "sum"), "1", at=SECOND, run_facets=said))
    at = "1970-01-01T00:00:01.000000Z"
    for job, words in (
        ("job:shop:sum", f"waits for  job:shop:extract  DIRECT  {at}"),
        ("job:shop:extract", f"is waited for by  job:shop:sum  DIRECT  {at}"),
    ):
        assert run("dependencies", job, "--database", url) == 0
        assert capsys.readouterr().out.splitlines()[1] == words
    assert run("dependencies", "job:shop:sum", "--database", url, "--json") == 0
    [found] = json.loads(capsys.readouterr().out)["dependencies"]
    assert (found["direction"], found["job"]) == ("UPSTREAM", {"id": "job:shop:extract"})


def test_json_has_nodes_and_edges_in_graphql_s_names(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("down", RAW_NODE, "--database", url, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [node["kind"] for node in said["nodes"]] == ["DATASET", "JOB", "DATASET"]
    assert said["nodes"][1]["name"] == "load:orders"
    edge = {"source": RAW_NODE, "target": "job:shop:load%3Aorders"}
    known = {"origin": "OBSERVED", "confidence": None, "through": 0, "count": 1}
    assert said["edges"][0] == edge | known
    assert (said["truncated"], said["hidden"]) == (False, 0)


@pytest.mark.parametrize(
    "node",
    [
        "dataset:postgres://db:5432:shop.public.orders",
        "job:shop:load:orders",
        "field:postgres://db:5432:shop.public.orders:id",
    ],
)
def test_a_name_as_people_write_it_is_looked_up(
    node: str, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("down", node, "--database", url) == 0
    assert "silver.orders" in capsys.readouterr().out


def test_several_things_of_that_name_are_listed(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project(url, run_event(LOAD, "2", at=2 * SECOND, inputs=[RAW, OTHER], outputs=[MADE]))
    assert run("down", "dataset:postgres://db:5432:shop.public.orders", "--database", url) == 2
    said = capsys.readouterr().err
    assert RAW_NODE in said
    assert "dataset:postgres://db%3A5432%3Ashop.public.orders" in said.replace(
        "postgres:", "postgres:"
    )


def test_a_field_is_followed_between_fields(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("up", "field:lake:silver.orders:id", "--database", url, "--json") == 0
    source = "field:postgres%3A//db%3A5432:shop.public.orders:id"
    assert edges(capsys.readouterr().out) == {(source, "field:lake:silver.orders:id")}


def test_what_was_true_at_a_time_can_be_asked(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("up", "dataset:lake:silver.orders", "--database", url, "--json", "--as-of")
    assert run(*asked, "1970-01-01T00:00:00Z") == 2
    assert "no event has named" in capsys.readouterr().err
    assert run(*asked, "1970-01-01T00:00:01Z") == 0
    assert edges(capsys.readouterr().out) != set()
    by_field = ("down", job_id(LOAD), "--level", "field", "--database", url, "--as-of")
    assert run(*by_field, "1970-01-01T00:00:00Z") == 2
    assert "no event has named" in capsys.readouterr().err
    assert run(*by_field, "1970-01-01T00:00:01Z") == 0


def test_what_the_hub_knew_at_a_time_can_be_asked(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project(url, run_event(LOAD, "0", at=0, inputs=[OTHER], outputs=[MADE]), at=10 * SECOND)
    sources = {}
    for at in ("1970-01-01T00:00:09Z", "1970-01-01T00:00:10Z"):
        assert run("up", "dataset:lake:silver.orders", "--database", url, "--known-at", at) == 0
        sources[at] = capsys.readouterr().out.count("dataset:postgres")
    assert sources == {"1970-01-01T00:00:09Z": 1, "1970-01-01T00:00:10Z": 2}


def test_what_depth_hides_is_told_beside_the_result(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("up", "dataset:lake:silver.orders", "--depth", "0", "--database", url) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == ["dataset:lake:silver.orders"]
    assert "not shown, one hop further: 2" in said.err


def test_what_a_limit_hides_is_told_as_such(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    made, few = "dataset:lake:silver.orders", ("--limit", "1", "--database", url)
    project(url, run_event(JobName("shop", "use"), "u", at=2 * SECOND, inputs=[MADE]))
    begin = ("--from", "1970-01-01T00:00:00Z")
    for args in (
        ("up", made),
        ("up", made, "--level", "product"),
        ("down", RAW_NODE),
        ("up", "field:lake:silver.orders:id"),
        ("impact", RAW_NODE),
        ("diff", "down", RAW_NODE, *begin),
        ("runs", "up", "run:shop:use:u"),
    ):
        assert run(*args, *few) == 0
        assert capsys.readouterr().err.endswith(" (see --limit)\n"), args
        assert run(*args, *few, "--json") == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["truncated"], said["limited"]) == (True, True), args
        assert run(*args, "--depth", "0", "--database", url, "--json") == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["truncated"], said["limited"]) == (True, False), args


def test_what_a_filter_hides_is_told_beside_the_result(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    node = "dataset:lake:silver.orders"
    assert run("up", node, "--namespace", "postgres://db:5432", "--database", url) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [node, f"└── {RAW_NODE}"]
    assert said.err == "not shown, filtered out: 1\n"
    assert run("up", node, "--layer", "silver", "--tag", "pii", "--database", url) == 0
    assert capsys.readouterr().out.splitlines() == [node]
    assert run("up", node, "--domain", "money", "--depth", "0", "--database", url) == 0
    assert capsys.readouterr().err == "not shown, one hop further: 2 (see --depth)\n"


def test_nodes_can_be_folded(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    node = "dataset:lake:silver.orders"
    assert run("up", node, "--level", "product", "--database", url) == 0
    assert capsys.readouterr().out.splitlines() == [
        "namespace:lake",
        "└── namespace:shop",
        "    └── namespace:postgres%3A//db%3A5432",
    ]


def test_a_path_is_shown_node_by_node(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    made = "dataset:lake:silver.orders"
    assert run("path", RAW_NODE, made, "--database", url) == 0
    assert capsys.readouterr().out.splitlines() == [RAW_NODE, "job:shop:load%3Aorders", made]
    assert run("path", RAW_NODE, made, "--level", "field", "--database", url, "--json") == 0
    assert json.loads(capsys.readouterr().out)["hops"] == 1


def test_that_nothing_flows_is_a_finding(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("path", "dataset:lake:silver.orders", RAW_NODE, "--database", url) == 1
    assert "nothing flows" in capsys.readouterr().err
    assert run("path", "dataset:lake:silver.orders", RAW_NODE, "--database", url, "--json") == 1
    assert json.loads(capsys.readouterr().out) is None


def test_what_has_changed_is_shown_line_by_line(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reads = [run_event(LOAD, n, at=int(n) * SECOND, inputs=[OTHER], outputs=[MADE]) for n in "23"]
    project(url, *reads, at=10 * SECOND)
    made, job, other = "dataset:lake:silver.orders", "job:shop:load%3Aorders", dataset_id(OTHER)
    begin = "1970-01-01T00:00:01Z"
    assert run("diff", "up", made, "--from", begin, "--database", url) == 0
    expected = [f"- {RAW_NODE}", f"- {RAW_NODE} -> {job}", f"+ {other}", f"+ {other} -> {job}"]
    assert capsys.readouterr().out.splitlines() == expected
    asked = ("--clock", "knowledge", "--from", begin, "--to", "1970-01-01T00:00:10Z")
    assert run("diff", "down", RAW_NODE, *asked, "--depth", "0", "--database", url) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "more may have changed further off (see --depth)\n")
    late = ("--from", "1970-01-01T00:00:20Z")
    assert run("diff", "up", made, *late, "--database", url) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "nothing has changed\n")


def test_a_change_as_json_is_graphql_s(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    begin = "1970-01-01T00:00:00Z"
    assert run("diff", "down", RAW_NODE, "--from", begin, "--database", url, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [node["kind"] for node in said["addedNodes"]] == ["DATASET", "JOB", "DATASET"]
    assert said["changedEdges"] == []


def test_what_a_run_read_is_shown_with_the_run_that_had_written_it(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    use = JobName("shop", "use")
    project(url, run_event(use, "u", at=2 * SECOND, inputs=[MADE]))
    reader, writer = "run:shop:use:u", "run:shop:load%3Aorders:1"
    shown = [
        f"{reader}  COMPLETE",
        f"  read dataset:lake:silver.orders of {writer} (STARTED)",
        f"{writer}  COMPLETE",
    ]
    assert run("runs", "up", reader, "--database", url) == 0
    assert capsys.readouterr().out.splitlines() == shown
    assert run("runs", "down", writer, "--database", url) == 0
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(shown)
    assert run("runs", "up", reader, "--depth", "0", "--database", url) == 0
    assert capsys.readouterr().err == "not shown, one run further: 1 (see --depth)\n"
    assert run("runs", "up", reader, "--database", url, "--json") == 0
    assert json.loads(capsys.readouterr().out)["edges"][0]["source"] == writer


def test_which_part_was_written_and_which_was_read_is_shown(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def day(side: str) -> dict[str, object]:
        days = {"type": "partition", "partitions": [{"dimensions": {"day": side}}]}
        return {**dataset(MADE), f"{side}Facets": {"subset": {f"{side}Condition": days}}}

    project(
        url,
        run_event(LOAD, "2", at=2 * SECOND, outputs=[day("output")]),
        run_event(JobName("shop", "use"), "u", at=3 * SECOND, inputs=[day("input")]),
    )
    assert run("runs", "up", "run:shop:use:u", "--database", url) == 0
    assert capsys.readouterr().out.splitlines()[1] == (
        "  read dataset:lake:silver.orders where day=input"
        " of run:shop:load%3Aorders:2 where day=output (STARTED)"
    )


def test_consumers_are_shown_with_their_owners_and_their_last_read(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("impact", RAW_NODE, "--database", url) == 0
    assert capsys.readouterr().out.splitlines() == [
        "namespace:lake  owned by nobody that is known",
        "  dataset:lake:silver.orders  1 hop, last read 1970-01-01T00:00:01.000000Z",
        "namespace:shop  owned by nobody that is known",
        "  job:shop:load%3Aorders  1 hop, last read 1970-01-01T00:00:01.000000Z",
    ]
    assert run("impact", RAW_NODE, "--depth", "0", "--database", url) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "nobody\nnot shown, one hop further: 2 (see --depth)\n")


def test_an_impact_as_json_is_graphql_s(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    node = "field:postgres://db:5432:shop.public.orders:id"
    assert run("impact", node, "--database", url, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [each["id"] for each in said["consumers"]] == ["namespace:lake", "namespace:shop"]
    assert said["consumers"][0]["fields"][0]["id"] == "field:lake:silver.orders:id"
    assert said["consumers"][0]["lastReadBy"] == {"id": "run:shop:load%3Aorders:1"}


@pytest.mark.parametrize(
    "args",
    [
        ("impact", "dataset:lake:nope"),
        ("impact", "dataset:lake:silver.orders", "--level", "row"),
        ("impact", "dataset:lake:silver.orders", "--as-of", "yesterday"),
        ("up", "dataset:lake:nope"),
        ("up", "dataset:nothing"),
        ("up", "dataset::"),
        ("up", "nonsense"),
        ("up", "run:a:b:c"),
        ("up", "dataset:lake:silver.orders", "--level", "row"),
        ("up", "dataset:lake:silver.orders", "--layer", "platinum"),
        ("dependencies", "job:shop:nope"),
        ("dependencies", RAW_NODE),
        ("runs", "up", "run:a:b:c"),
        ("runs", "up", "dataset:lake:silver.orders"),
        ("runs", "up", "run:a:b:c", "--depth", "101"),
        ("runs", "up", "run:a:b:c", "--limit", "1001"),
        ("up", "dataset:lake:silver.orders", "--limit", "0"),
        ("diff", "up", "dataset:lake:silver.orders"),
        ("diff", "up", "dataset:lake:silver.orders", "--from", "yesterday"),
        ("diff", "up", "dataset:lake:nope", "--from", "1970-01-01T00:00:00Z"),
        ("diff", "across", "dataset:lake:silver.orders", "--from", "1970-01-01T00:00:00Z"),
        ("up", "product:a:b"),
        ("up", "product:nope"),
        ("up", "dataset:lake:silver.orders", "--as-of", "yesterday"),
        ("up", "dataset:lake:silver.orders", "--known-at", "soon"),
        ("up", "field:lake:silver.orders:id", "--level", "dataset"),
        ("sideways", "dataset:lake:silver.orders"),
    ],
)
def test_nonsense_is_a_usage_error(
    args: Sequence[str], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*args, "--database", url) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "meant"),
    [
        (("up", "dataset:lake:silver.oders"), "did you mean dataset:lake:silver.orders?"),
        (("impact", "dataset:lake:silver.order"), "did you mean dataset:lake:silver.orders?"),
        (("dependencies", "job:shop:load%3Aorder"), "did you mean job:shop:load%3Aorders?"),
        (("down", "dataset:lake:quite.another"), "`hub search` finds names"),
        (("runs", "up", "run:shop:load:2"), "`hub search` finds names"),
    ],
)
def test_a_name_that_nothing_has_is_answered_with_the_nearest(
    args: Sequence[str], meant: str, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_store(url)
    run_until_idle([Index(store)])
    store.close()
    assert run(*args, "--database", url) == 2
    assert capsys.readouterr().err.endswith(f"fix: {meant}\n")


def test_no_hub_is_a_dependency_that_cannot_be_reached(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("up", "dataset:a:b", "--url", "http://127.0.0.1:9") == 3
    assert "no hub answers" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(401), 2),
        (httpx.Response(500, text="oops"), 3),
        (httpx.Response(200, json={"data": {"lineage": None, "search": {"nodes": []}}}), 2),
        (
            httpx.Response(
                200,
                json={"errors": [{"message": "x", "extensions": {"code": "INVALID_INPUT"}}]},
            ),
            2,
        ),
        (
            httpx.Response(
                200, json={"errors": [{"message": "x", "extensions": {"code": "UNAVAILABLE"}}]}
            ),
            3,
        ),
    ],
    ids=["no-key", "broken", "not-there", "refused", "unavailable"],
)
def test_what_a_hub_answers_decides_the_exit_code(
    answer: httpx.Response,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(httpx, "post", lambda *_args, **_options: answer)
    assert run("up", "dataset:a:b", "--url", "http://hub") == code
    assert capsys.readouterr().err
