"""Pages: what they show, where they lead, and that nothing in a name becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import quote

import httpx
import pytest

from hub.api import after_position
from hub.api.raw_path import segments_of
from hub.api.web.addresses import namings
from hub.api.web.app import WebApp
from hub.api.web.views import WebSources
from hub.domain.commands import ApproveAlias, entry_of
from hub.domain.entries import Entry, EntryKind, NewEntry
from hub.domain.incidents.links import address_of
from hub.domain.lineage.inference import SqlOutcome, SqlReading
from hub.domain.names import DatasetName, JobName, NodeKind, dataset_id, node_id
from hub.flow.consumer import run_until_idle
from hub.flow.index import Index
from hub.flow.project import Project
from hub.graph.index import LineageIndex
from hub.store import sql_readings
from hub.store.identity import write_ruling
from hub.store.natural_keys import find_job
from hub.store.opening import Store
from hub.testing.builders import dataset, run_event, schema
from tests.estates import catalog, dataset_name, fill, job_name

NOW = 1_800_000_000_000_000
SECOND = 1_000_000
ODD = DatasetName('s3://bucket:9000/a "b" <i>', "path/<script>alert(1)</script>/x&y;z?q#f%2F.'é")
ODD_JOB = JobName("{{ 7 * 7 }}", "</title><img src=x onerror=alert(1)>")


class Check(NamedTuple):
    is_ok: bool
    detail: str


@pytest.fixture
def pages(sqlite_store: Store) -> httpx.AsyncClient:
    fill(sqlite_store, 3)
    return pages_of(sqlite_store)


def pages_of(store: Store, *, now: int = NOW) -> httpx.AsyncClient:
    app = WebApp(
        WebSources(
            database=store.database,
            journal=store.journal,
            lineage=LineageIndex(),
            catalog=lambda: catalog(3),
            clock=lambda: now,
            checks=lambda: {"store": Check(True, "fine"), "project": Check(False, "behind")},
        )
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub")


@pytest.fixture
def odd(sqlite_store: Store, pages: httpx.AsyncClient) -> httpx.AsyncClient:
    """The same pages, with names that nobody should give to anything."""
    made = dataset(ODD, schema=schema("<b>field</b>"))
    event = run_event(
        ODD_JOB,
        "<u>run</u>",
        at=NOW,
        event_type="FAIL",
        outputs=[made],
        run_facets={"errorMessage": {"message": "<s>no</s>", "programmingLanguage": "SQL"}},
    )
    with sqlite_store.database.write() as connection:
        connection.exec_driver_sql("UPDATE tracking SET position = 6")
    sqlite_store.journal.append([NewEntry(EntryKind.EVENT, event)], recorded_at=NOW)
    run_until_idle([Project(sqlite_store), Index(sqlite_store)])
    return pages


class Links(HTMLParser):
    """Collects addresses, and everything that could run."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.active: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.active += [tag] if tag in {"script", "img", "iframe", "object", "style"} else []
        for name, value in attrs:
            self.active += [name] if name.startswith("on") or name == "style" else []
            if name in {"href", "action"} and value:
                self.addresses.append(value)


def read(response: httpx.Response) -> Links:
    links = Links()
    links.feed(response.text)
    return links


def words(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


async def test_the_overview_shows_incidents_with_their_reasons_and_slos(
    pages: httpx.AsyncClient,
) -> None:
    said = words(await pages.get("/"))
    for expected in (
        "product001.step failed",
        "KeyError: &#39;id&#39;",
        "LOGIC",
        "team-scans",
        "breached",
        "product001.fresh",
        "late",
        "3 open dead letters",
    ):
        assert expected in said


async def test_an_incident_s_page_says_what_why_and_whose(pages: httpx.AsyncClient) -> None:
    said = words(await pages.get("/incidents/incident-001"))
    for expected in (
        "triggered",
        "90 %",
        "exception:KeyError",
        "2026-11",
        "SCHEMA_CONTRACT",
        "domain scans is owned by team-scans",
        "product001",
        "bronze.d002",
        "opened",
        "pager was told",
        "root: run failed",
    ):
        assert expected in said


async def test_a_dataset_s_page_shows_what_is_up_and_down_of_it(pages: httpx.AsyncClient) -> None:
    response = await pages.get(address_of(dataset_id(dataset_name(2))) or "")
    said = words(response)
    up, down = said.index("Upstream"), said.index("Downstream")
    assert up < said.index("bronze.d001") < down < said.index("bronze.d003")
    for expected in ("team:scans", "pii", "long", "not_null", "passed", "run-001-1", "breached"):
        assert expected in said
    happened = said[said.index("What happened to it") :]
    assert "written: " in happened
    addresses = read(response).addresses
    assert address_of(dataset_id(dataset_name(1))) in addresses


async def test_how_far_lineage_is_shown_can_be_chosen(pages: httpx.AsyncClient) -> None:
    path = address_of(dataset_id(dataset_name(1))) or ""
    near = await pages.get(path, params={"depth": 1})
    assert "bronze.d002" in near.text
    assert "bronze.d003" not in near.text
    assert "2 more one hop further" in near.text
    assert "bronze.d004" in (await pages.get(path, params={"depth": 3})).text
    for depth in ("0", "21", "x", "٣", "-1"):
        assert (await pages.get(path, params={"depth": depth})).status_code == 400


async def test_a_page_is_found_under_any_name_and_tells_the_others(
    sqlite_store: Store, pages: httpx.AsyncClient
) -> None:
    kinds = ((NodeKind.DATASET, dataset_name), (NodeKind.JOB, job_name))
    for position, (kind, name) in enumerate(kinds, start=1):
        command = ApproveAlias(kind=kind, first=name(1), second=name(2))
        write(sqlite_store, command, position)
        places = [f"{kind.value}s/{'/'.join(name(number))}" for number in (1, 2)]
        one, other = [(await pages.get(f"/{place}")).text for place in places]
        assert one == other
        [others] = re.findall("Also known as</dt><dd>(.*?)</dd>", one)
        assert " ".join(name(1)) in others
        assert " ".join(name(2)) not in others


def write(store: Store, command: ApproveAlias, position: int) -> None:
    entry = entry_of(command)
    with store.database.write() as connection:
        write_ruling(connection, command, Entry(position, entry.kind, NOW, entry.body, position))


async def test_a_job_s_page_leads_to_the_jobs_that_it_waits_for(
    sqlite_store: Store, pages: httpx.AsyncClient
) -> None:
    first, then = (JobName(*job_name(number)) for number in (1, 2))
    facet = {"jobDependencies": {"upstream": [{"job": first._asdict()}]}}
    event = run_event(then, "waits", at=NOW, run_facets=facet)
    sqlite_store.journal.append([NewEntry(EntryKind.EVENT, event)], recorded_at=NOW)
    with sqlite_store.database.write() as connection:
        connection.exec_driver_sql("UPDATE tracking SET position = 6")
    run_until_idle([Project(sqlite_store), Index(sqlite_store)])
    for here, beyond in ((first, then), (then, first)):
        page = await pages.get(f"/jobs/{here.namespace}/{here.name}")
        assert f"/jobs/{beyond.namespace}/{beyond.name}" in read(page).addresses


async def test_an_application_s_page_shows_what_its_statements_read_and_theirs_leads_to_it(
    sqlite_store: Store, pages: httpx.AsyncClient
) -> None:
    above, below = JobName("spark", "app"), JobName("spark", "app.query")
    started = {"parent": {"run": {"runId": "a"}, "job": above._asdict()}}
    kind = {"jobType": {"processingType": "BATCH", "integration": "SPARK", "jobType": "SQL_JOB"}}
    event = run_event(
        below,
        "q",
        at=NOW,
        inputs=[DatasetName("lake", "read")],
        run_facets=started,
        job_facets=kind,
    )
    sqlite_store.journal.append([NewEntry(EntryKind.EVENT, event)], recorded_at=NOW)
    with sqlite_store.database.write() as connection:
        connection.exec_driver_sql("UPDATE tracking SET position = 6")
    run_until_idle([Project(sqlite_store), Index(sqlite_store)])
    assert "/datasets/lake/read" in read(await pages.get("/jobs/spark/app")).addresses
    assert "/jobs/spark/app" in read(await pages.get("/jobs/spark/app.query")).addresses


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (
            SqlReading(SqlOutcome.NOT_READ, "<i>", "some", "<b>why</b>", 3, 4),
            "not read as &lt;i&gt;: &lt;b&gt;why&lt;/b&gt; (line 3, column 4)",
        ),
        (SqlReading(SqlOutcome.NAMES_NOTHING), "names no table"),
        (SqlReading(SqlOutcome.READ, "postgres", "some"), None),
    ],
)
async def test_a_job_s_page_says_why_its_sql_gave_no_lineage(
    sqlite_store: Store, pages: httpx.AsyncClient, reading: SqlReading, said: str | None
) -> None:
    namespace, name = job_name(2)
    with sqlite_store.database.write() as connection:
        key = find_job(connection, JobName(namespace, name))
        assert key is not None
        sql_readings.put(connection, {key: reading})
    shown = words(await pages.get(f"/jobs/{namespace}/{name}"))
    assert ("Its SQL" in shown) is (said is not None)
    assert said is None or said in shown


async def test_a_job_s_page_shows_its_runs(pages: httpx.AsyncClient) -> None:
    namespace, name = job_name(2)
    said = words(await pages.get(f"/jobs/{namespace}/{name}"))
    for expected in ("COMPLETE", "run-002-1", "run-002-0", "bronze.d002", "bronze.d003"):
        assert expected in said


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/incidents", "product003.step failed"),
        ("/incidents?state=open", "product003.step failed"),
        ("/incidents?state=resolved", "There are none"),
        ("/slos", "product002.fresh"),
        ("/dead-letters", "id is required"),
        ("/dead-letters?state=resolved", "There are none"),
        ("/dead-letters?state=all", "id is required"),
        ("/products/product002", "domain002"),
        ("/producers", "a run did not name the run that started it"),
        ("/health", "behind"),
        ("/response-times", "all: 0 incidents"),
        ("/response-times?by=class&days=365", "There are none"),
        ("/?q=BRONZE.D0", "bronze.d004"),
        ("/?q=product002", "product002.step"),
        ("/?q=100%25", "nothing of that name"),
    ],
)
async def test_each_page_shows_what_it_is_for(
    path: str, expected: str, pages: httpx.AsyncClient
) -> None:
    assert expected in words(await pages.get(path))


async def test_how_incidents_went_is_drawn_for_each_group(
    pages: httpx.AsyncClient, sqlite_store: Store
) -> None:
    del pages
    an_hour_later = 3_600 * SECOND
    response = await pages_of(sqlite_store, now=an_hour_later).get("/response-times?by=owner")

    assert "team-scans: 3 incidents, 3 of them open" in words(response)
    assert 'aria-label="p50 ≥ ' in response.text


@pytest.mark.parametrize("query", ["by=nobody", "days=8", "days=x"])
async def test_what_is_no_choice_is_refused(query: str, pages: httpx.AsyncClient) -> None:
    assert (await pages.get(f"/response-times?{query}")).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/incidents/nope",
        "/datasets/lake/nope",
        "/datasets/lake",
        "/datasets",
        "/jobs//",
        "/products/nope",
        "/health/more",
        "/..%2f..%2fetc/passwd",
        "/datasets/%ff/%00",
    ],
)
async def test_what_is_not_there_is_said_so(path: str, pages: httpx.AsyncClient) -> None:
    response = await pages.get(path)
    assert response.status_code == 404
    assert "Not found" in response.text


async def test_every_link_leads_to_a_page(odd: httpx.AsyncClient) -> None:
    pending, seen = ["/"], set[str]()
    pending += ["/incidents?state=resolved", "/products/product001", "/?q=script", "/?q=step"]
    while pending:
        path = pending.pop().partition("#")[0]
        if path in seen or not path.startswith("/"):
            continue
        seen.add(path)
        response = await odd.get(path)
        assert response.status_code == 200, path
        if response.headers["content-type"].startswith("text/html"):
            pending += read(response).addresses
    assert len(seen) > 20
    assert f"/datasets/{quote(ODD.namespace, safe='')}/{quote(ODD.name, safe='')}" in seen


async def test_no_name_becomes_markup(odd: httpx.AsyncClient) -> None:
    for path in (
        "/",
        "/?q=%3Cscript%3E",
        "/?q=%22%20autofocus%20onfocus=alert(1)",
        address_of(dataset_id(ODD)) or "",
        address_of(node_id(NodeKind.JOB, *ODD_JOB)) or "",
        "/<script>alert(1)</script>",
        "/incidents/<script>alert(1)</script>",
        "/dead-letters?state=<script>alert(1)</script>",
    ):
        response = await odd.get(path)
        assert read(response).active == [], path
        assert "49" not in response.text or "{{" in response.text


async def test_odd_names_are_found_encoded_and_as_they_are(odd: httpx.AsyncClient) -> None:
    whole = f"/datasets/{quote(ODD.namespace, safe='')}/{quote(ODD.name, safe='')}"
    typed = f"/datasets/{quote(ODD.namespace, safe='/:')}/{quote(ODD.name, safe='/')}"
    for path in (whole, typed):
        response = await odd.get(path)
        assert response.status_code == 200
        assert "&lt;b&gt;field&lt;/b&gt;" in response.text


async def test_every_answer_forbids_scripts(pages: httpx.AsyncClient) -> None:
    for path in ("/", "/nope", "/style.css"):
        headers = (await pages.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


async def test_pages_are_only_read(pages: httpx.AsyncClient) -> None:
    assert (await pages.post("/")).status_code == 405
    assert (await pages.head("/")).status_code == 200


async def test_a_page_waits_for_the_position_that_it_is_asked_after(
    pages: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(after_position, "_BOUND_SECONDS", 0.05)
    response = await pages.get("/", headers={"Hub-After-Position": "999"})
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert (await pages.get("/", headers={"Hub-After-Position": "x"})).status_code == 400


async def test_states_are_told_by_words(pages: httpx.AsyncClient) -> None:
    response = await pages.get("/incidents/incident-001")
    badges = re.findall(r'<span class="state [a-z]+">([^<]*)</span>', response.text)
    assert badges
    assert all(badges)


def test_the_sheet_says_every_state_by_a_shape_too() -> None:
    from importlib.resources import files

    sheet = (files("hub.api.web") / "static" / "style.css").read_text()
    for tone in ("bad", "warn", "good", "idle"):
        assert re.search(rf'\.{tone}::before {{ content: "\\', sheet)
    assert "prefers-color-scheme: dark" in sheet
    assert "url(" not in sheet


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"/datasets/a/b", ["datasets", "a", "b"]),
        (b"/datasets/a%2Fb/c?x=/y", ["datasets", "a/b", "c"]),
        (b"/", [""]),
        (b"", [""]),
    ],
)
def test_a_path_is_split_before_it_is_decoded(raw: bytes, expected: list[str]) -> None:
    assert segments_of(raw) == expected


def test_a_path_is_read_in_every_way_that_names_something() -> None:
    def cut(path: str) -> Iterator[tuple[str, str]]:
        return namings(path.split("/"))

    assert list(cut("a/b")) == [("a", "b")]
    assert list(cut("a/b/c")) == [("a", "b/c"), ("a/b", "c")]
    assert list(cut("a")) == []
