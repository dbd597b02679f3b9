"""Search: how well names are found that were typed with an error, how fast, and at what price.

An estate as warehouses have them: names of few words, many alike, with fields that most datasets
share. Asked for are names as they are, with an error, and with one in the end of the path alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import insert

from hub.domain.catalog import Catalog
from hub.queries.search import find
from hub.store.dialect import stored_bytes
from hub.store.opening import Store, open_store
from hub.store.search_index import index_all
from hub.store.tables import column_node, dataset, namespace
from tests.bench.databases import Place, places

DATASETS: Final = 20_000
FIELDS: Final = 5
ASKED: Final = 300
NOUNS: Final = (
    *(
        "customer",
        "order",
        "payment",
        "invoice",
        "shipment",
        "parcel",
        "route",
        "driver",
        "account",
    ),
    *("ledger", "balance", "product", "price", "discount", "campaign", "click", "session", "visit"),
    *("device", "event", "user", "address", "region", "store", "stock", "supplier", "purchase"),
    *("refund", "claim", "policy", "premium", "risk", "score", "salary", "shift", "ticket", "plan"),
)
ENDS: Final = (
    *("daily", "weekly", "monthly", "summary", "snapshot", "history", "raw", "clean", "joined"),
    *("by_region", "by_day", "v2", "v3", "delta", "archive", "tmp", "fact", "dim", "metrics"),
)
SCHEMAS: Final = ("raw", "staging", "core", "mart", "analytics", "finance", "sales", "public")


def measure() -> dict[str, float]:
    """Return shares that were found, times of a search, and the size of the index."""
    figures: dict[str, float] = {}
    with places() as found:
        for place in found:
            figures |= _measure(place)
    return figures


def _measure(place: Place) -> dict[str, float]:
    rng = random.Random(7)
    names = _names(rng)
    store = open_store(place.empty_store())
    try:
        _fill(store, names, rng)
        before, begun = _bytes(store), time.perf_counter()
        index_all(store.database)
        built, size = time.perf_counter() - begun, _bytes(store) - before
        some = [name for name in rng.sample(names, ASKED) if len(_end(name)) >= 6]
        spent: list[float] = []
        asked: dict[str, Callable[[str], str]] = {
            "exact_first": lambda name: name,
            "typo_in_ten": lambda name: _mistyped(rng, name),
            "typo_in_end_in_ten": lambda name: _mistyped(rng, _end(name)),
        }
        cpu = place.cpu_seconds()
        shares = {
            figure: sum(_is_found(store, typed(name), name, spent) for name in some) / len(some)
            for figure, typed in asked.items()
        }
        cpu = place.cpu_seconds() - cpu
    finally:
        store.close()
    spent.sort()
    figures = {
        **shares,
        "cpu_ms_a_search": cpu / len(spent) * 1_000,
        "p50_ms": spent[len(spent) // 2] * 1_000,
        "p99_ms": spent[len(spent) * 99 // 100] * 1_000,
        "bytes_a_thing": size / (DATASETS * (FIELDS + 1)),
        "index_us_a_thing": built * 1e6 / (DATASETS * (FIELDS + 1)),
    }
    return {f"{place.kind}_{figure}": value for figure, value in figures.items()}


def _is_found(store: Store, text: str, name: str, spent: list[float]) -> bool:
    """Whether a name is first or tied with it, or among the first ten."""
    begun = time.perf_counter()
    with store.database.read() as connection:
        hits = find(connection, Catalog(), text)
    spent.append(time.perf_counter() - begun)
    best = [hit for hit in hits if hit.points == hits[0].points]
    considered = best if text == name else [*best, *hits[len(best) : 10]]
    return name in {hit.node.parts[1] for hit in considered}


def _names(rng: random.Random) -> list[str]:
    found: set[str] = set()
    while len(found) < DATASETS:
        words = rng.sample(NOUNS, rng.choice([1, 2, 2, 3])) + rng.sample(
            ENDS, rng.choice([0, 1, 2])
        )
        humps = words[0] + "".join(word.title().replace("_", "") for word in words[1:])
        own = rng.choice(["_".join(words), "_".join(words), "-".join(words), humps])
        by = rng.choice("./")
        found.add(by.join((rng.choice(["shop", "lake", "erp", "crm"]), rng.choice(SCHEMAS), own)))
    return sorted(found)


def _end(name: str) -> str:
    return name.replace("/", ".").rpartition(".")[2]


def _mistyped(rng: random.Random, name: str) -> str:
    """Return a name with a letter missing, too many, wrong, or swapped with the next one."""
    while True:
        at, letter = rng.randrange(len(name)), rng.choice("abcdefghijklmnopqrstuvwxyz")
        rest = name[at:]
        ways = [rest[1:], letter + rest, letter + rest[1:], rest[1:2] + rest[:1] + rest[2:]]
        typed = name[:at] + rng.choice(ways)
        if typed != name:
            return typed


def _fill(store: Store, names: Sequence[str], rng: random.Random) -> None:
    seen = {"first_seen": 1, "last_seen": 1, "first_position": 1}
    datasets = [
        {"id": key, "namespace_id": 1, "name": name, **seen} for key, name in enumerate(names, 1)
    ]
    fields = [f"{noun}_{end}" for noun in NOUNS for end in ("id", "name", "amount", "status")]
    nodes = enumerate(_nodes(rng, fields), 1)
    with store.database.write() as connection:
        connection.execute(insert(namespace), [{"id": 1, "name": "postgres://db"}])
        connection.execute(insert(dataset), datasets)
        connection.execute(insert(column_node), [{"id": key, **node} for key, node in nodes])


def _nodes(rng: random.Random, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
    for key in range(1, DATASETS + 1):
        for name in ("id", *rng.sample(fields, FIELDS - 1)):
            yield {"dataset_id": key, "name": name, "first_position": 1}


def _bytes(store: Store) -> int:
    with store.database.read() as connection:
        return stored_bytes(connection)
