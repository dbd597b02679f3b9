"""What readers name of a dataset's fields, beside what those say who know all of them."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from hub.domain.names import DatasetName
from hub.queries.datasets import find_datasets
from hub.store import run_context
from tests.producers.telling import ORDERS, Order, Told, dataset, run_event

ASKED = "fields { name type } facets { body } schemaVersions { fields { name type } }"


def day(number: int) -> str:
    return f"2026-03-{number:02}T00:00:00Z"


def schema(*fields: str) -> dict[str, Any]:
    """Return a schema of fields as "name type", or of names alone."""
    said = [dict(zip(("name", "type"), each.split(), strict=False)) for each in fields]
    return {"schema": {"fields": said}}


def shown(*fields: str) -> list[dict[str, str | None]]:
    return [{"type": None, **each} for each in schema(*fields)["schema"]["fields"]]


def written(number: int, *fields: str, name: str = "d", **facets: object) -> dict[str, Any]:
    out = dataset(name, **schema(*fields), **facets)
    return run_event(run=f"w{number}", at=day(number), outputs=[out])


def read(number: int, *fields: str, name: str = "d") -> dict[str, Any]:
    """Return what an engine tells that knows which columns a query reads, and no more."""
    given = [dataset(name, **schema(*fields))]
    return run_event(run=f"r{number}", job="query", at=day(number), inputs=given)


async def seen(hub: Told, when: str = "", asked: str = ASKED) -> Any:  # noqa: ANN401 - JSON
    return await hub.ask(f'dataset(namespace: "n", name: "d"{when}) {{ {asked} }}')


async def names(hub: Told, when: str = "") -> str:
    found = await seen(hub, when, "fields { name }")
    return "".join(each["name"] for each in found["fields"])


@pytest.mark.parametrize("order", ORDERS)
async def test_what_a_reader_names_takes_nothing_from_what_is_known(
    any_hub: Told, order: Order
) -> None:
    any_hub.order = order
    whole = ("a int", "b text")
    any_hub.tell(read(1, "b"), written(2, *whole), read(3, "a"), read(4, "a int", "b"))
    found = await seen(any_hub)
    assert found["fields"] == shown(*whole)
    assert found["facets"] == [{"body": schema(*whole)["schema"]}]
    assert found["schemaVersions"] == [{"fields": shown(*whole)}]
    changes = "timeline { nodes { kind schemaChanges { added removed changed } } }"
    nodes = (await seen(any_hub, asked=changes))["timeline"]["nodes"]
    told = [each["schemaChanges"] for each in nodes if each["kind"] == "SCHEMA_CHANGED"]
    assert told == [{"added": ["a", "b"], "removed": [], "changed": []}]


@pytest.mark.parametrize(
    "event",
    [
        written(3, "a"),
        read(3, "a int"),
        {
            "eventTime": day(3),
            "producer": "https://example.test/catalog",
            "dataset": dataset("d", **schema("a")),
        },
    ],
    ids=["a writer", "a reader that knows types", "a catalog"],
)
@pytest.mark.parametrize("order", ORDERS)
async def test_who_knows_all_fields_changes_them(
    any_hub: Told, order: Order, event: dict[str, Any]
) -> None:
    any_hub.order = order
    any_hub.tell(written(1, "a int", "b text"), event, read(4, "a", "b"))
    assert await names(any_hub) == "a"
    assert len((await seen(any_hub))["schemaVersions"]) == 2


@pytest.mark.parametrize("order", ORDERS)
async def test_what_readers_name_is_shown_while_nobody_has_said_more(
    any_hub: Told, order: Order
) -> None:
    any_hub.order = order
    any_hub.tell(read(1, "a"), read(2, "b"))
    assert await names(any_hub) == "b"
    versions = (await seen(any_hub))["schemaVersions"]
    assert versions == [{"fields": shown(each)} for each in "ba"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_past_knows_what_was_said_by_then(any_hub: Told, order: tuple[int, ...]) -> None:
    events = [read(1, "a"), written(3, "a int", "b text"), read(5, "b")]
    any_hub.tell(*(events[place] for place in order))
    at = [f', asOf: "{day(number)}"' for number in (1, 2, 3, 4, 5)]
    assert [await names(any_hub, each) for each in at] == ["a", "a", "ab", "ab", "ab"]
    versions = (await seen(any_hub, at[1]))["schemaVersions"]
    assert versions == [{"fields": shown("a")}]


async def test_the_hub_had_known_only_what_a_reader_names(any_hub: Told) -> None:
    any_hub.tell(read(5, "b"), at=day(6))
    any_hub.tell(written(1, "a int", "b text"), at=day(8))
    any_hub.tell(read(7, "b"), at=day(9))
    at = [f', knownAt: "{day(number)}"' for number in (6, 7, 8, 9)]
    assert [await names(any_hub, each) for each in at] == ["b", "b", "ab", "ab"]


@pytest.mark.parametrize("order", ORDERS)
async def test_a_reader_does_not_bring_back_what_the_writer_has_dropped(
    any_hub: Told, order: Order
) -> None:
    any_hub.order = order
    any_hub.tell(written(1, "a", "b"), written(2, "b"), read(3, "a", "b"))
    assert await names(any_hub) == "b"
    assert len((await seen(any_hub))["schemaVersions"]) == 2


async def test_readers_that_name_other_fields_than_before_are_no_change(any_hub: Told) -> None:
    any_hub.tell(read(1, "a"), written(2, "a int", "b text"), read(3, "b"), read(4, "a"))
    with any_hub.store.database.read() as connection:
        [found] = find_datasets(connection, [DatasetName("n", "d")]).values()
        assert run_context.schemas_since(connection, [found.id], after=0) is None
    any_hub.tell(written(5, "a int"))
    with any_hub.store.database.read() as connection:
        assert run_context.schemas_since(connection, [found.id], after=0) == ([], ["b"])


@pytest.mark.parametrize("when", ["", f', asOf: "{day(9)}"'])
async def test_what_a_reader_names_under_another_name_takes_nothing_away(
    any_hub: Told, when: str
) -> None:
    link = {"identifiers": [{"namespace": "n", "name": "table", "type": "TABLE"}]}
    any_hub.tell(
        written(1, "a int", "b text", symlinks=link), read(2, "b", name="table"), read(3, "b")
    )
    found = await seen(any_hub, when)
    assert found["fields"] == shown("a int", "b text")
    assert schema("a int", "b text")["schema"] in [each["body"] for each in found["facets"]]
    assert found["schemaVersions"] == [{"fields": shown("a int", "b text")}]
