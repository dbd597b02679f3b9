"""Compiled operations give what graphql-core gives, byte for byte, or leave it to graphql-core."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import anyio
import msgspec
import pytest
from graphql import GraphQLError
from hypothesis import event, given, settings

from hub.api.graphql.changes import Changes
from hub.api.graphql.compiled.asked import Unanswered
from hub.api.graphql.query import FINDERS
from hub.api.graphql.schema import build_schema
from hub.api.graphql.sessions import Session
from hub.store.opening import open_store
from tests.api.graphql.conftest import Client
from tests.api.graphql.queries import Operation, operations
from tests.api.graphql.test_statements import ROOT_FIELDS
from tests.estates import catalog, fill

SCHEMA = build_schema().graphql_core
# Said in a request, it makes graphql-core answer: nothing of the compiler knows extensions.
BY_GRAPHQL_CORE: dict[str, object] = {"extensions": {}}


@pytest.fixture(scope="module")
def estate(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A store with a few of everything; nobody writes to it."""
    path = tmp_path_factory.mktemp("estate") / "hub.db"
    shutil.copyfile(_sqlite_template, path)
    store = open_store(f"sqlite:///{path}")
    fill(store, 3)
    yield Client(store, catalog(3))
    store.close()


_MISSING = ("tag", "schema_version", "quality_assertion", "notification", "dataset_metric")


@pytest.fixture(scope="module")
def broken_estate(
    _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """The same, but some of what is nested can't be read, and some is what it must not be."""
    path = tmp_path_factory.mktemp("broken") / "hub.db"
    shutil.copyfile(_sqlite_template, path)
    store = open_store(f"sqlite:///{path}")
    fill(store, 3)
    with store.database.write() as connection:
        for table in (
            "tag",
            "schema_version",
            "quality_assertion",
            "notification",
            "dataset_metric",
        ):
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO missing_{table}")
        connection.exec_driver_sql("UPDATE dataset SET last_seen = 1 << 62 WHERE id = 2")
        connection.exec_driver_sql("UPDATE incident SET version = 1 << 40")
        connection.exec_driver_sql("DELETE FROM job WHERE id = 3")
    yield Client(store, catalog(3))
    store.close()


async def post(client: Client, asked: Operation, **more: object) -> tuple[int, str, bytes]:
    body = {"query": asked.query, "variables": asked.variables, **more}
    answer = await client.http.post("/graphql", json=body)
    return answer.status_code, answer.headers["content-type"], answer.content


def compiled(client: Client, asked: Operation) -> bytes | None:
    """Return what the compiler makes of an operation; None where it leaves it to graphql-core."""
    try:
        operation = client.app.schema.documents.read(asked.query).compiled(None)
    except GraphQLError:
        return None
    if operation is None:
        return None
    session = Session(client.sources, FINDERS, Changes(lambda: 0), "local")
    with closing(session.open()) as reads:
        try:
            return msgspec.json.encode({"data": operation.answer(reads, asked.variables)})
        except Unanswered:
            return None


def check(client: Client, asked: Operation) -> None:
    async def both() -> list[tuple[int, str, bytes]]:
        return [await post(client, asked), await post(client, asked, **BY_GRAPHQL_CORE)]

    ours, theirs = anyio.run(both)
    assert ours == theirs
    has_errors = "errors" in msgspec.json.decode(theirs[2])
    event("has errors" if has_errors else "is answered")
    # It is not by leaving everything to graphql-core that they are equal.
    assert compiled(client, asked) == (None if has_errors else theirs[2])


@settings(max_examples=100)
@given(asked=operations(SCHEMA))
def test_any_query_is_answered_as_graphql_core_answers_it(estate: Client, asked: Operation) -> None:
    check(estate, asked)


@settings(max_examples=100)
@given(asked=operations(SCHEMA))
def test_errors_deep_inside_are_those_of_graphql_core(
    broken_estate: Client, asked: Operation
) -> None:
    check(broken_estate, asked)


@pytest.mark.parametrize("name", sorted(ROOT_FIELDS.keys() - {"explain"}))
def test_no_root_field_that_reads_is_left_to_graphql_core(name: str, estate: Client) -> None:
    assert compiled(estate, Operation(f"{{ {ROOT_FIELDS[name]} }}", {})) is not None


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (f"{{ {ROOT_FIELDS['explain']} }}", {}),
        ('mutation { publishContract(input: {document: ""}) { errors { code } } }', {}),
        ("{ __schema { queryType { name } } }", {}),
        ('{ __type(name: "Hub") { name } }', {}),
        ("query A { hub { version } } query B { hub { version } }", {}),
        ("query ($v: Int!) { datasets(first: $v) { totalCount } }", {}),
        ("{ datasets(first: 0) { totalCount } }", {}),
        ("{ datasets { nonsense } }", {}),
        ("{", {}),
        ("", {}),
    ],
)
def test_what_is_left_to_graphql_core(
    query: str, variables: dict[str, object], estate: Client
) -> None:
    assert compiled(estate, Operation(query, variables)) is None


async def test_one_of_several_operations_is_answered_by_its_name(client: Client) -> None:
    asked = Operation("query A { a: hub { version } } query B { b: hub { version } }", {})
    for more in ({"operationName": "B"}, {"operationName": "C"}, {"operationName": ""}, {}):
        assert await post(client, asked, **more) == await post(
            client, asked, **more, **BY_GRAPHQL_CORE
        )
    status, _, body = await post(client, asked, operationName="B")
    assert (status, list(msgspec.json.decode(body)["data"])) == (200, ["b"])


async def test_conditions_decide_anew_in_every_request(client: Client) -> None:
    query = """query ($a: Boolean!, $b: Boolean = false) {
        hub { version @include(if: $a) ...Far @skip(if: $b) version journalPosition @skip(if: $b) }
    } fragment Far on Hub { projectedPosition @include(if: $b) journalPosition }"""
    for a in (True, False):
        for b in (True, False, None):
            asked = Operation(query, {"a": a} | ({} if b is None else {"b": b}))
            assert compiled(client, asked) is not None
            assert await post(client, asked) == await post(client, asked, **BY_GRAPHQL_CORE)


def test_more_ways_than_are_kept_are_answered_all_the_same(client: Client) -> None:
    names = "abcdefg"
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: version @include(if: ${name})" for name in names)
    for number in range(1 << len(names)):
        chosen = {name: bool(number >> place & 1) for place, name in enumerate(names)}
        found = compiled(client, Operation(f"query ({declared}) {{ hub {{ {fields} }} }}", chosen))
        assert found is not None
        expected = [name for name in names if chosen[name]]
        assert list(msgspec.json.decode(found)["data"]["hub"]) == expected


async def test_a_body_in_pieces_is_one_body(client: Client) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b'{"query": "{ hub', b" { version", b' } }"}'):
            yield piece

    headers = {"content-type": "application/json; charset=utf-8"}
    answer = await client.http.post("/graphql", content=pieces(), headers=headers)
    assert list(answer.json()["data"]) == ["hub"]


def test_a_long_document_is_not_remembered(client: Client) -> None:
    documents = client.app.schema.documents
    short, long = "{ hub { version } }", '{ node(id: "' + "x" * 100_000 + '") { id } }'
    assert documents.read(short) is documents.read(short)
    assert documents.read(long) is not documents.read(long)
