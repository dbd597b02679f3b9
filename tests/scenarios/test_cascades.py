"""Seeded cascades: where failures began is found, though all is told at once and in no order."""

from collections.abc import Callable, Iterator
from functools import reduce
from random import Random
from typing import NamedTuple

import httpx
import pytest
from msgspec import structs

from hub.api.graphql.in_process import answer
from hub.api.graphql.reads import Sources
from hub.api.web.app import WebApp
from hub.api.web.views import WebSources
from hub.app.hub_api import InProcess
from hub.domain.catalog import Catalog, Dataset, Owner, OwnerKind, Product, Receiver, Route
from hub.domain.commands import Answer
from hub.domain.incidents.causes import HEALTHY_GAP
from hub.domain.incidents.incident import MAX_NAMED, BlastRadius
from hub.domain.names import DatasetName
from hub.graph.index import LineageIndex
from hub.store import incident_book
from hub.testing.scenario import RunScript, Scenario, run

ESTATE = Catalog(
    platform=Owner("platform", OwnerKind.PLATFORM, "ops"),
    receivers={"ops": Receiver("ops", "mailbox")},
    route=Route(wait_seconds=30),
)
LAYERS, WIDTH = 8, 40
ROOTS, NOISE = 6, 6
FAILS = 0.8
MINUTE = 60_000_000
# What anybody's job may say: that many do is no trouble that they share.
SAID = ("KeyError: 'id'", "division by zero", "invalid input syntax", "list index out of range")


class Cascade(NamedTuple):
    """What each dataset is made from, and what fails: the minute of each, and where it began."""

    reads: dict[int, list[int]]
    failing: dict[int, int]
    began: set[int]


def drawn(chosen: Random) -> Cascade:
    """Draw an estate in layers, of which some fails with most of what is made from it."""
    reads: dict[int, list[int]] = {}
    for number in range(LAYERS * WIDTH):
        above = range(number // WIDTH * WIDTH - WIDTH, number // WIDTH * WIDTH)
        count = chosen.choice((1, 1, 2)) if number >= WIDTH else 0
        reads[number] = chosen.sample(above, count)
    makes = {number: [made for made in reads if number in reads[made]] for number in reads}
    failing: dict[int, int] = {}
    began: set[int] = set()
    reached: set[int] = set()
    while len(began) < ROOTS + NOISE:
        number = chosen.randrange(LAYERS * WIDTH)
        # The noise is what nothing is made from, or nothing that fails.
        cascade = failing_of(chosen, number, makes) if len(began) < ROOTS else {number: 0}
        near = set(around(cascade, makes)) | set(around(cascade, reads))
        if (len(cascade) > ROOTS or len(began) >= ROOTS) and reached.isdisjoint(near):
            failing |= cascade
            began.add(number)
            reached |= cascade.keys()
    return Cascade(reads, failing, began)


def failing_of(chosen: Random, root: int, makes: dict[int, list[int]]) -> dict[int, int]:
    """Return what fails after a root and in which minute, some of it behind healthy datasets."""
    failing, frontier = {root: 0}, [(root, 0, 0)]
    while frontier:
        at, minute, gap = frontier.pop(0)
        for made in makes[at]:
            if made not in failing and chosen.random() < FAILS:
                failing[made] = minute + 1
                frontier.append((made, minute + 1, 0))
            elif made not in failing and gap < HEALTHY_GAP:
                frontier.append((made, minute + 1, gap + 1))
    return failing


def around(numbers: dict[int, int], behind: dict[int, list[int]]) -> Iterator[int]:
    """Yield datasets, with all as far behind them as correlation looks."""
    frontier = set(numbers)
    for _hop in range(HEALTHY_GAP + 2):
        yield from frontier
        frontier = {far for number in frontier for far in behind[number]}


def making(number: int, reads: dict[int, list[int]]) -> RunScript:
    return run(f"estate/job_{number}").reads(*map(called, reads[number])).writes(called(number))


def called(number: int) -> str:
    return f"layer_{number // WIDTH}.d{number}"


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_each_root_pages_once_and_nothing_that_came_of_it(
    another: Callable[..., Scenario], seed: int, *, restarts: bool
) -> None:
    chosen = Random(seed)
    cascade = drawn(chosen)
    world = another(ESTATE, "2026-11-23 12:00")
    for number in cascade.reads:
        world.append(*making(number, cascade.reads).events(world.now, number + 1))
    world.at("14:00")
    told = [
        making(number, cascade.reads)
        .fails(chosen.choice(SAID))
        .events(world.now - (30 - minute) * MINUTE, 1_000 + number)
        for number, minute in cascade.failing.items()
    ]
    chosen.shuffle(told)
    for number, events in enumerate(told):
        world.append(*events)
        if number % 7 == 0:
            world.settle()
        if restarts and number % 20 == 0:
            world.restart()
    world.at("14:05")

    pages = [line.split()[-1] for line in world.heard()]
    assert sorted(pages) == sorted(map(called, cascade.began))
    # Enough came of the roots that finding them is something.
    assert len(cascade.failing) > 4 * len(cascade.began)


def test_all_of_a_long_chain_is_touched(another: Callable[..., Scenario]) -> None:
    world = another(ESTATE)
    chain = [run(f"x/job-{n}").reads(f"x.{n}").writes(f"x.{n + 1}") for n in range(25)]
    world.at("04:10", *chain)
    world.at("05:00", run("x/load").writes("x.0").fails("no space left on device"))
    world.at("05:05")

    [page] = [sent.body for sent in world.mailbox.notifications]
    assert (page["datasets_touched"], page["held_back_count"]) == (25, 26)


def making_many(job: str, numbers: range) -> RunScript:
    """Return a run that reads x, and writes many datasets."""
    return reduce(lambda script, n: script.writes(f"x.{n}"), numbers, run(job).reads("x"))


def with_a_report_of_tier_1() -> Catalog:
    made = Dataset(DatasetName(ESTATE.lake.namespace, "x.report"))
    return structs.replace(
        ESTATE,
        products={"report": Product(name="report", domain="sales", tier=1, datasets=(made,))},
    )


def test_all_that_is_made_from_a_dataset_with_many_readers_is_touched(
    another: Callable[..., Scenario],
) -> None:
    world = another(with_a_report_of_tier_1())
    world.at(
        "04:10",
        making_many("x/some", range(3_000)),
        making_many("x/others", range(3_000, 6_000)),
        run("x/report").reads("x.5999").writes("x.report"),
    )
    world.at("05:00", run("x/load").writes("x").fails("no space left on device"))
    world.at("05:05")

    [page] = world.mailbox.notifications
    assert (page.body["tier"], page.body["products"]) == ("1", ["report"])
    assert (page.body["datasets_touched"], page.body["held_back_count"]) == (6_001, 6_002)
    # What a product promises is named before all else.
    [blast] = radii(world)
    assert blast.datasets[0].endswith("x.report")
    assert len(blast.datasets) == len(blast.held_back) == MAX_NAMED


def test_what_attaches_to_what_touches_very_much_is_counted_once(
    another: Callable[..., Scenario],
) -> None:
    world = another(ESTATE)
    world.at(
        "04:10",
        making_many("x/all", range(6_000)),
        run("y/below").reads("y").writes("y.below"),
    )
    world.at("05:00", run("x/load").writes("x").fails("no space left on device"))
    world.at("05:01", run("x/last").reads("x").writes("x.5999").fails("KeyError: 'a'"))
    [blast] = radii(world)
    assert (blast.datasets_count, blast.held_back_count) == (6_000, 6_001)
    for minute in ("05:02", "05:03"):
        world.at(minute, run("y/load").writes("y").fails("no space left on device"))
        [blast] = radii(world)
        assert (blast.datasets_count, blast.held_back_count) == (6_002, 6_003)


def test_what_an_incident_touches_and_does_not_name_shows_it_all_the_same(
    another: Callable[..., Scenario],
) -> None:
    world = another(ESTATE)
    world.at(
        "04:10",
        making_many("x/all", range(3_000)),
        *(run(f"y/{n}").reads(f"x.{n}").writes(f"y.{n}") for n in (7, 2_999)),
        run("z/load").writes("z"),
    )
    world.at("05:00", run("x/load").writes("x").fails("no space left on device"))

    [blast] = radii(world)
    unnamed = {f"dataset:lake:x.{n}" for n in range(3_000)} - {*blast.datasets, *blast.held_back}
    assert len(unnamed) > 400
    some = sorted(each.rpartition(":")[2] for each in unnamed)[::100]
    for name in ("x", *some, "y.2999"):
        assert shown_at(world, name) == (1, True)
    assert shown_at(world, "z") == (0, False)


def shown_at(world: Scenario, dataset: str) -> tuple[int, bool]:
    """Return how many incidents GraphQL has at a dataset, and whether its page shows the one."""
    index, here = LineageIndex(lambda: world.catalog), world.store
    asked = Sources(
        database=here.database,
        journal=here.journal,
        lineage=index,
        catalog=lambda: world.catalog,
        clock=world.clock,
        submit=lambda _command: Answer("REFUSED", 0),
    )
    query = 'query ($n: String!) { dataset(namespace: "lake", name: $n) { openIncidents { id } } }'
    found = answer(asked, query, {"n": dataset})["dataset"]["openIncidents"]
    pages = WebSources(
        database=here.database,
        journal=here.journal,
        lineage=index,
        catalog=lambda: world.catalog,
        clock=world.clock,
        checks=dict,
    )
    transport = InProcess(WebApp(pages))
    try:
        page = httpx.Client(transport=transport, base_url="http://hub").get(
            f"/datasets/lake/{dataset}"
        )
    finally:
        transport.close()
    assert page.status_code == 200
    return len(found), "no space left on device" in page.text


def radii(world: Scenario) -> list[BlastRadius]:
    with world.store.database.read() as connection:
        book = incident_book.load_book(connection, now=world.now)
    return [each.explanation.blast for each in book.incidents.values()]
